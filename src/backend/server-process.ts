/**
 * The server process: started by the supervisor under Node's permission model. It reads its code, its own keyring and its
 * certificate; it writes no file, starts and signals no process, loads no add-on. The hasher is the descriptor it inherits.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installCrashPolicy } from '../checklist/server/error-handling/index.ts'
import {
  openingsOf,
  readOpenIdProviders,
  resolveConfiguration,
} from '../checklist/server/secure-configuration/index.ts'
import { Refusal, StartRefusal } from '../kernel/refusal.ts'
import { systemClock } from '../kernel/time.ts'
import { createBreachService } from '../platform/breaches/index.ts'
import type { Connection } from '../platform/database/database.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import { inheritedHasher } from '../platform/hasher/index.ts'
import { openKeyring } from '../platform/keys/index.ts'
import { createLog } from '../platform/log/log.ts'
import { type KeptMail, readOutbox } from '../platform/mail/index.ts'
import { connectionAt } from './database-place.ts'
import { databaseRefusal } from './database-refusal.ts'
import { definitionHash } from './definition-hash.ts'
import { loadDefinition } from './load-definition.ts'
import type { ServerMessage, ServerTask } from './messages.ts'
import { type RunningBackend, runBackend } from './running-backend.ts'
import { forgetSignals } from './signals.ts'
import { DATA_KEYRING, SERVER_KEYRING } from './state-directory.ts'

/** Where the supervisor put the pipe to the hasher. */
const HASHER_DESCRIPTOR = 3

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

process.once('message', (task: ServerTask) => {
  const begun = performance.now()
  serve(task, begun).catch((error: unknown) => {
    const message = describe(databaseRefusal(error, 'database', task.database))
    // Exits by itself: the pipe to the hasher would keep it alive.
    tell({ type: 'refused', message }, () => process.exit(3))
  })
})

async function serve(task: ServerTask, begun: number): Promise<void> {
  const configuration = resolveConfiguration({ environment: process.env, mode: task.mode, secrets: 'without' })
  const log = createLog({ name: 'server', level: configuration.logLevel })
  const definition = await loadDefinition(task.application)
  const keyring = openKeyring(join(task.stateDirectory, SERVER_KEYRING))
  const as = (role: 'runtime' | 'accounts'): Connection =>
    connectionAt(task.database, roleName(definition, role), keyring.password(role))
  const certificate =
    task.certificate === null
      ? null
      : {
          key: readFileSync(task.certificate.keyFile, 'utf8'),
          cert: readFileSync(task.certificate.certificateFile, 'utf8'),
        }

  let backend: RunningBackend | undefined
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= (backend?.stop() ?? Promise.resolve()).finally(() => log.flush())
    return stopping
  }
  const crash = installCrashPolicy(process, { log, report: (event) => backend?.report(event), drain: stop })
  end = () => {
    // Nobody waits any longer when the supervisor is gone, and a slow visitor must not keep the process.
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
    if (stopping !== undefined) return
    backend?.report({ name: 'sys_shutdown', result: 'success', fields: {} })
    stop().finally(() => process.exit(0))
  }

  const listeners = [
    ...(task.httpsPort === null || certificate === null
      ? []
      : [{ certificate, host: task.host, port: task.httpsPort }]),
    ...(task.httpPort === null ? [] : [{ certificate: null, host: task.host, port: task.httpPort }]),
  ]
  backend = await runBackend({
    definition,
    configuration,
    clock: systemClock,
    hasher: inheritedHasher(HASHER_DESCRIPTOR, {
      // A hash that was made with less than what is set now is made anew at the next sign-in.
      parameters: { memoryKiB: configuration.argon2MemoryKiB, passes: configuration.argon2Passes },
      onLost: (why) => {
        // Without it nobody can sign in: the supervisor starts both anew.
        if (stopping === undefined) crash(new Error(`the hasher is lost: ${why}`))
      },
    }),
    log,
    data: openKeyring(join(task.stateDirectory, DATA_KEYRING)),
    runtime: as('runtime'),
    accounts: as('accounts'),
    announcements: as('accounts'),
    listeners,
    publicOrigins: task.publicOrigins,
    hsts: task.mode === 'start',
    outbox: outboxOf(task),
    openid: readOpenIdProviders(configuration),
    breaches:
      configuration.breachService === null
        ? undefined
        : createBreachService({ url: configuration.breachService, clock: systemClock }),
    onUnrecoverable: crash,
  })
  backend.report({ name: 'sys_startup', result: 'success', fields: { mode: task.mode } })
  log.info({ origins: task.publicOrigins, opens: openingsOf(configuration) }, 'listening')
  tell({
    type: 'ready',
    origins: task.publicOrigins,
    startedInMs: Math.round(performance.now() - begun),
    definitionHash: definitionHash(definition),
  })
}

/** Never in production, whatever the task says. */
const outboxOf = ({ mode, outbox }: ServerTask): (() => readonly KeptMail[]) | undefined =>
  mode === 'dev' && outbox !== null ? () => readOutbox(outbox) : undefined

const tell = (message: ServerMessage, sent: () => void = () => {}): void => {
  process.send?.(message, undefined, undefined, sent)
}

/** What a person can act on in one line; anything unforeseen keeps its stack. */
const describe = (error: unknown): string => {
  if (error instanceof StartRefusal || error instanceof Refusal) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Longer than the supervisor waits. */
const STOP_LIMIT_MS = 12_000
