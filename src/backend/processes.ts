import { join } from 'node:path'
import { type Configuration, openingsOf, withoutSecrets } from '../checklist/server/secure-configuration/index.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { spawnHasher } from '../platform/hasher/index.ts'
import type { Keyrings } from '../platform/keys/index.ts'
import { openLogFile } from './log-file.ts'
import type { DatabasePlace, ServerTask } from './messages.ts'
import { removeRunning, writeRunning } from './running-file.ts'
import { serverPermissions } from './server-permissions.ts'
import { SERVER_KEYRING, type StateDirectory } from './state-directory.ts'
import { Supervisor, type Tasks } from './supervisor.ts'

export interface ProcessesOptions {
  readonly definition: BackendDefinition
  readonly configuration: Configuration
  readonly state: StateDirectory
  readonly keyrings: Keyrings
  /** Absolute path of the application's module. */
  readonly application: string
  readonly certificate: ServerTask['certificate']
  readonly environment: NodeJS.ProcessEnv
  /** Lines for people. */
  readonly tell: (line: string) => void
  /** Told what the application prints, which is otherwise found in the log. Absent: it is for the log alone. */
  readonly print?: (line: string) => void
  /** Keeps a server at hand, so that a reload is quick. */
  readonly spare: boolean
  /** Ends the start when aborted. */
  readonly signal: AbortSignal
}

/** The processes of a backend. */
export interface Processes {
  /** Starts server and operator anew. @param code - whether Holdfast's own code may have changed. */
  reload(code: boolean): Promise<void>
  stop(): Promise<void>
}

/** Processes that load their code and wait for a database. */
export interface StartingProcesses extends Processes {
  /** Starts operator, hasher and server on a database that runs; rejects with the one line of whichever refuses. */
  start(tasks: Tasks): Promise<void>
}

/** Begins what needs no database. Call `stop` when the start goes no further. */
export function openProcesses(options: ProcessesOptions): StartingProcesses {
  const { application, definition, configuration, state, keyrings, certificate, tell, print } = options
  const log = openLogFile(join(state.log, 'server.log'), tell)
  const files = certificate === null ? [] : Object.values(certificate)
  const openings = openingsOf(configuration)
  for (const { variable, what } of openings) tell(`${variable} ${what}`)
  let database: DatabasePlace | undefined
  const supervisor = new Supervisor({
    permissions: serverPermissions(application, state.root, [join(state.root, SERVER_KEYRING), ...files]),
    startHasher: async () => {
      const hasher = await spawnHasher({
        pepper:
          configuration.pepper === null ? keyrings.hasher.all('pepper') : [{ version: 1, key: configuration.pepper }],
      })
      return { pipe: hasher.stream, stop: () => hasher.stop() }
    },
    // Each process has its secrets from its keyring, and the pepper is the hasher's alone.
    environment: withoutSecrets(options.environment),
    spare: options.spare,
    onPrepared: ({ migrations, enrolment }) => {
      for (const migration of migrations) tell(`migrated ${migration}`)
      if (enrolment !== null) tell(invitation(enrolment))
    },
    onReady: ({ origins, startedInMs, definitionHash }) => {
      const opens = openings.map(({ variable }) => variable)
      if (database !== undefined) writeRunning(state, { pid: process.pid, origins, database, definitionHash, opens })
      tell(`${definition.title} is running (${startedInMs} ms)\n${origins.map((origin) => `  ${origin}`).join('\n')}`)
    },
    onLine: (line) => {
      log.write(line)
      if (!line.startsWith('{')) print?.(line)
    },
    onTell: tell,
  })
  const abort = (): void => void supervisor.stop()
  options.signal.addEventListener('abort', abort)
  supervisor.warm()
  return {
    async start(tasks) {
      database = tasks.server.database
      await supervisor.start(tasks)
      options.signal.removeEventListener('abort', abort)
    },
    reload: (code) => supervisor.reload(code),
    async stop() {
      options.signal.removeEventListener('abort', abort)
      await supervisor.stop()
      if (database !== undefined) removeRunning(state)
      log.close()
    },
  }
}

const invitation = (link: string): string => `
Nobody owns this backend yet. Become its owner with this link; it works once, within an hour:

  ${link}
`
