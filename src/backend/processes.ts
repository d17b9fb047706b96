import { join } from 'node:path'
import { type Configuration, withoutSecrets } from '../checklist/server/secure-configuration/index.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { spawnHasher } from '../platform/hasher/index.ts'
import type { Keyrings } from '../platform/keys/index.ts'
import { openLogFile } from './log-file.ts'
import type { OperatorTask, ServerTask } from './messages.ts'
import { removeRunning, writeRunning } from './running-file.ts'
import { serverPermissions } from './server-permissions.ts'
import { SERVER_KEYRING, type StateDirectory } from './state-directory.ts'
import { Supervisor } from './supervisor.ts'

export interface ProcessesOptions {
  readonly definition: BackendDefinition
  readonly configuration: Configuration
  readonly state: StateDirectory
  readonly keyrings: Keyrings
  readonly server: ServerTask
  readonly operator: OperatorTask
  readonly environment: NodeJS.ProcessEnv
  readonly tell: (line: string) => void
}

/** The processes of a backend that runs on a database that runs. */
export interface Processes {
  /** Starts server and operator anew. */
  reload(): Promise<void>
  stop(): Promise<void>
}

/** Starts operator, hasher and server; rejects with the one line of whichever refuses. */
export async function startProcesses(options: ProcessesOptions): Promise<Processes> {
  const { definition, configuration, state, keyrings, server, tell } = options
  const log = openLogFile(join(state.log, 'server.log'))
  const certificate = server.certificate === null ? [] : Object.values(server.certificate)
  const supervisor = new Supervisor({
    serverTask: server,
    operatorTask: options.operator,
    permissions: serverPermissions(server.application, state.root, [join(state.root, SERVER_KEYRING), ...certificate]),
    startHasher: async () => {
      const hasher = await spawnHasher({
        pepper:
          configuration.pepper === null ? keyrings.hasher.all('pepper') : [{ version: 1, key: configuration.pepper }],
      })
      return { child: hasher.child, pipe: hasher.stream, stop: () => hasher.stop() }
    },
    // Each process has its secrets from its keyring, and the pepper is the hasher's alone.
    environment: withoutSecrets(options.environment),
    onReport: (report) => {
      if (report.type !== 'prepared') return
      for (const migration of report.migrations) tell(`migrated ${migration}`)
      if (report.enrolment !== null) tell(invitation(report.enrolment))
    },
    onReady: ({ origins, startedInMs }) => {
      writeRunning(state, { pid: process.pid, origins, database: server.database })
      tell(`${definition.title} is running (${startedInMs} ms)\n${origins.map((origin) => `  ${origin}`).join('\n')}`)
    },
    onLog: (line) => log.write(line),
    onTell: tell,
  })
  try {
    await supervisor.start()
  } catch (error) {
    await supervisor.stop()
    log.close()
    throw error
  }
  return {
    reload: () => supervisor.reload(),
    async stop() {
      await supervisor.stop()
      removeRunning(state)
      log.close()
    },
  }
}

const invitation = (link: string): string => `
Nobody owns this backend yet. Become its owner with this link; it works once, within an hour:

  ${link}
`
