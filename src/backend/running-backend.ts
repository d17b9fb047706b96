import { randomBytes } from 'node:crypto'
import { ANNOUNCEMENTS } from '../checklist/authentication/session-management/index.ts'
import type { Configuration } from '../checklist/server/secure-configuration/index.ts'
import type { SecurityEvent } from '../kernel/event.ts'
import type { Clock } from '../kernel/time.ts'
import type { BreachService } from '../platform/breaches/index.ts'
import { openChannel } from '../platform/database/channel.ts'
import type { Connection, DatabaseOptions } from '../platform/database/database.ts'
import { openDatabase } from '../platform/database/open-database.ts'
import type { HoldfastTables } from '../platform/database/tables.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { createEvents } from '../platform/events/index.ts'
import type { Hasher } from '../platform/hasher/index.ts'
import { createSealer, type Keyring } from '../platform/keys/index.ts'
import type { Log } from '../platform/log/log.ts'
import { createMailQueue, type KeptMail } from '../platform/mail/index.ts'
import { createOpenIdClient, type OpenIdProvider } from '../platform/openid/index.ts'
import { type Backend, composeBackend, EVERYBODY, type Listener } from './compose.ts'
import type { Faults } from './controls.ts'
import type { Words } from './words/en/index.ts'

/** Everything a backend needs that differs between a server, a twin and a test. */
export interface RunningOptions {
  readonly definition: BackendDefinition
  readonly configuration: Configuration
  readonly clock: Clock
  readonly hasher: Hasher
  readonly log: Log
  /** The keys that seal what is stored. */
  readonly data: Keyring
  readonly runtime: Connection
  readonly accounts: Connection
  /** The way of the announcements; the accounts role's, apart so that a twin can cut it. */
  readonly announcements: Connection
  readonly listeners: readonly (Listener & { readonly host: string; readonly port: number })[]
  readonly publicOrigins: readonly string[]
  readonly hsts: boolean
  /** See {@link BackendParts.outbox}. */
  readonly outbox?: (() => readonly KeptMail[]) | undefined
  /** See {@link BackendParts.words}. */
  readonly words?: Words | undefined
  /** See {@link BackendParts.openid}. Default none. */
  readonly openid?: readonly OpenIdProvider[]
  /** See {@link BackendParts.breaches}. Default none. */
  readonly breaches?: BreachService | undefined
  readonly onUnrecoverable: (error: unknown) => void
  /** Connections each role opens; small in twins, of which there are many. */
  readonly connections?: Omit<DatabaseOptions, 'connection' | 'application'>
  readonly faults?: Faults
}

export interface RunningBackend extends Backend {
  /** Writes a security event of the process itself. */
  report(event: SecurityEvent): void
  /** Stops listening, answers what is in flight, writes the events, closes the database. */
  stop(): Promise<void>
}

/** Opens the database, composes the backend on it and listens. What was opened is closed again when a step fails. */
export async function runBackend(options: RunningOptions): Promise<RunningBackend> {
  const { definition, clock, log } = options
  const opened: { close(): Promise<void> }[] = []
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one)
    return one
  }
  const closeAll = async (): Promise<void> => {
    for (const one of opened.reverse())
      await one.close().catch((cause: unknown) => log.warn({ cause }, 'closing failed'))
  }
  try {
    const application = `${definition.name} server`
    const runtime = keep(await openDatabase({ connection: options.runtime, application, ...options.connections }))
    const accounts = keep(
      await openDatabase<HoldfastTables>({ connection: options.accounts, application, ...options.connections }),
    )
    const staging = keep(
      await openDatabase<HoldfastTables>({
        connection: options.accounts,
        application: `${definition.name} events`,
        ...options.connections,
        lanes: 1,
        transactions: 1,
      }),
    )
    const events = keep(
      createEvents({
        database: staging,
        clock,
        random: randomBytes,
        onLoss: (loss) => log.error({ ...loss }, 'events were lost'),
      }),
    )
    const sealer = createSealer(options.data, randomBytes)
    let backend: Backend | undefined
    const channel = keep(
      openChannel({
        connection: options.announcements,
        application: `${definition.name} announcements`,
        channel: ANNOUNCEMENTS,
        onPayload: (payload) => backend?.receive(payload),
        onUp: () => {
          // What was announced while nobody listened was not heard, also before the first time.
          backend?.receive(EVERYBODY)
          events.report({ name: 'sys_revocation_channel_up', result: 'success', fields: {} })
        },
        onDown: () => events.report({ name: 'sys_revocation_channel_down', result: 'failure', fields: {} }),
      }),
    )
    const running = await composeBackend(
      {
        definition,
        configuration: options.configuration,
        clock,
        random: randomBytes,
        runtime,
        accounts,
        events,
        channel,
        hasher: options.hasher,
        log,
        sealer,
        mail: createMailQueue({ sealer, clock, random: randomBytes }),
        outbox: options.outbox,
        words: options.words,
        openid: createOpenIdClient({ providers: options.openid ?? [], clock }),
        breaches: options.breaches,
        hsts: options.hsts,
        publicOrigins: options.publicOrigins,
        onUnrecoverable: options.onUnrecoverable,
      },
      options.listeners,
      options.faults,
    )
    backend = running
    if (channel.up) running.receive(EVERYBODY)
    opened.push(running)
    for (const [index, { host, port }] of options.listeners.entries())
      await running.servers[index]?.listen({ host, port })
    return { ...running, report: (event) => events.report(event), stop: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}
