/**
 * The worker process: started by the supervisor beside the server, under Node's permission model. It takes jobs out of the queue,
 * sends mails and runs the application's own jobs. It reads its code, its keyring and the data keys; it writes nothing but
 * the outbox of a development; it starts and signals no process, loads no add-on and listens nowhere.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { installCrashPolicy } from '../checklist/server/error-handling/index.ts'
import { resolveConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { Refusal, StartRefusal } from '../kernel/refusal.ts'
import { Secret } from '../kernel/secret.ts'
import { systemClock } from '../kernel/time.ts'
import { openDatabase } from '../platform/database/open-database.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import { createEvents, type Events } from '../platform/events/index.ts'
import { createSealer, openKeyring } from '../platform/keys/index.ts'
import { createLog } from '../platform/log/log.ts'
import { type MailTransport, openOutbox, smtpTransport } from '../platform/mail/index.ts'
import { connectionAt } from './database-place.ts'
import { databaseRefusal } from './database-refusal.ts'
import { loadDefinition } from './load-definition.ts'
import type { MailPlace, WorkerMessage, WorkerTask } from './messages.ts'
import { type RunningWorker, runWorker } from './run-worker.ts'
import { forgetSignals } from './signals.ts'
import { DATA_KEYRING, WORKER_KEYRING } from './state-directory.ts'

/** Ends the process; replaced by what ends it gracefully once there is something to end. */
let end = (): void => process.exit(0)

// Before the application is loaded.
forgetSignals()
// At a terminal Ctrl-C reaches every process of the group; the supervisor decides what it means.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => end())
// The supervisor is gone: nobody would ever stop or restart this process.
process.on('disconnect', () => end())
if (!process.connected) end()

process.once('message', (task: WorkerTask) => {
  work(task).catch((error: unknown) => {
    const message = describe(databaseRefusal(error, 'database', task.database))
    tell({ type: 'refused', message }, () => process.exit(3))
  })
})

async function work(task: WorkerTask): Promise<void> {
  const { logLevel } = resolveConfiguration({ environment: process.env, mode: task.mode, secrets: 'without' })
  const log = createLog({ name: 'worker', level: logLevel })
  const definition = await loadDefinition(task.application)
  const keyring = openKeyring(join(task.stateDirectory, WORKER_KEYRING))
  const application = `${definition.name} worker`
  const connection = connectionAt(task.database, roleName(definition, 'jobs'), keyring.password('jobs'))

  let events: Events | undefined
  let worker: RunningWorker | undefined
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= (worker?.stop() ?? Promise.resolve()).then(() => events?.close()).finally(() => log.flush())
    return stopping
  }
  installCrashPolicy(process, { log, report: (event) => events?.report(event), drain: stop })
  end = () => {
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
    if (stopping === undefined) stop().finally(() => process.exit(0))
  }

  const staging = await openDatabase({ connection, application: `${application} events`, lanes: 1, transactions: 1 })
  events = createEvents({
    database: staging,
    clock: systemClock,
    random: randomBytes,
    onLoss: (loss) => log.error({ ...loss }, 'events were lost'),
  })
  worker = await runWorker({
    definition,
    connection,
    runtime: connectionAt(task.database, roleName(definition, 'runtime'), keyring.password('runtime')),
    clock: systemClock,
    application,
    sealer: createSealer(openKeyring(join(task.stateDirectory, DATA_KEYRING)), randomBytes),
    transport: transportTo(task.mail),
    log,
    report: (event) => events?.report(event),
  })
  log.info({ mail: task.mail.kind }, 'working')
  tell({ type: 'ready' })
}

function transportTo(place: MailPlace): MailTransport {
  if (place.kind === 'outbox') return openOutbox(place.folder, systemClock)
  return smtpTransport({ ...place, password: place.password === null ? null : new Secret(place.password) })
}

const tell = (message: WorkerMessage, sent: () => void = () => {}): void => {
  process.send?.(message, undefined, undefined, sent)
}

/** What a person can act on in one line; anything unforeseen keeps its stack. */
const describe = (error: unknown): string => {
  if (error instanceof StartRefusal || error instanceof Refusal) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Longer than the supervisor waits. */
const STOP_LIMIT_MS = 12_000
