import { join, resolve } from 'node:path'
import { type Configuration, openingsOf, withoutSecrets } from '../checklist/server/secure-configuration/index.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { spawnHasher } from '../platform/hasher/index.ts'
import type { Keyrings } from '../platform/keys/index.ts'
import { openLogFile } from './log-file.ts'
import { mailPlace } from './mail-place.ts'
import type { DatabasePlace, ServerTask } from './messages.ts'
import { processPermissions } from './process-permissions.ts'
import { type Running, removeRunning, writeRunning } from './running-file.ts'
import { DATA_KEYRING, SERVER_KEYRING, type StateDirectory, WORKER_KEYRING } from './state-directory.ts'
import { Supervisor, type Tasks } from './supervisor.ts'
import { KeptWorker } from './worker-child.ts'

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
  let tls: Running['tls'] = null
  const mail = mailPlace(configuration, state, definition)
  const outbox = mail.kind === 'outbox' ? [mail.folder] : []
  const onLine = (line: string): void => {
    log.write(line)
    if (!line.startsWith('{')) print?.(line)
  }
  // Each process has its secrets from its keyring, and the pepper is the hasher's alone.
  const ownEnvironment = withoutSecrets(options.environment)
  const worker = new KeptWorker({
    permissions: processPermissions(
      application,
      state.root,
      [WORKER_KEYRING, DATA_KEYRING].map((name) => join(state.root, name)),
      outbox,
    ),
    environment: ownEnvironment,
    onLine,
    onTell: tell,
  })
  const supervisor = new Supervisor({
    permissions: processPermissions(application, state.root, [
      join(state.root, SERVER_KEYRING),
      join(state.root, DATA_KEYRING),
      ...outbox,
      ...files,
      ...[configuration.openidProviders, configuration.passwordFilter].flatMap((file) =>
        file === null ? [] : [resolve(file)],
      ),
    ]),
    startHasher: async () => {
      const hasher = await spawnHasher({
        pepper:
          configuration.pepper === null ? keyrings.hasher.all('pepper') : [{ version: 1, key: configuration.pepper }],
      })
      return { pipe: hasher.stream, stop: () => hasher.stop() }
    },
    environment: ownEnvironment,
    spare: options.spare,
    onPrepared: ({ migrations, enrolment }) => {
      for (const migration of migrations) tell(`migrated ${migration}`)
      if (enrolment !== null) tell(invitation(enrolment))
    },
    onReady: ({ origins, startedInMs, definitionHash }) => {
      const opens = openings.map(({ variable }) => variable)
      const { factorResetHours } = configuration
      if (database !== undefined)
        writeRunning(state, { pid: process.pid, origins, tls, database, definitionHash, opens, factorResetHours })
      tell(`${definition.title} is running (${startedInMs} ms)\n${origins.map((origin) => `  ${origin}`).join('\n')}`)
    },
    onLine,
    onTell: tell,
  })
  const abort = (): void => void supervisor.stop()
  options.signal.addEventListener('abort', abort)
  supervisor.warm()
  return {
    async start(tasks) {
      database = tasks.server.database
      tls = tlsOf(tasks.server)
      await supervisor.start(tasks)
      // Nobody waits for it: jobs do.
      const { mode, stateDirectory } = tasks.server
      worker.start({ mode, application, stateDirectory, database, mail })
      options.signal.removeEventListener('abort', abort)
    },
    async reload(code) {
      await supervisor.reload(code)
      await worker.restart()
    },
    async stop() {
      options.signal.removeEventListener('abort', abort)
      await Promise.all([supervisor.stop(), worker.stop()])
      if (database !== undefined) removeRunning(state)
      log.close()
    },
  }
}

const tlsOf = ({ certificate, host, httpsPort }: ServerTask): Running['tls'] =>
  certificate === null || httpsPort === null
    ? null
    : {
        host,
        port: httpsPort,
        certificateFile: resolve(certificate.certificateFile),
        keyFile: resolve(certificate.keyFile),
      }

const invitation = (link: string): string => `
Nobody owns this backend yet. Become its owner with this link; it works once, within an hour:

  ${link}
`
