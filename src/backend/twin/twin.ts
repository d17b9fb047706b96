import { randomBytes, randomUUID } from 'node:crypto'
import { chmod, constants, cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Configuration } from '../../checklist/server/secure-configuration/index.ts'
import { Unproved } from '../../kernel/claim.ts'
import type { Surface } from '../../kernel/surface.ts'
import type { Clock, Seconds } from '../../kernel/time.ts'
import type {
  BreachVantage,
  DatabaseConnection,
  DatabaseRole,
  DatabaseVantage,
  ExampleOptions,
  ProbeContext,
  ReceivedMail,
  TelemetryEvent,
  TwinIdentity,
} from '../../kernel/vantage.ts'
import { createBreachService } from '../../platform/breaches/index.ts'
import { secureDatabase } from '../../platform/database/migrate.ts'
import { openSession } from '../../platform/database/open-session.ts'
import { roleName } from '../../platform/declaration/database-roles.ts'
import { spawnHasher } from '../../platform/hasher/index.ts'
import { createSealer } from '../../platform/keys/index.ts'
import { createLog } from '../../platform/log/log.ts'
import type { OpenIdProvider } from '../../platform/openid/index.ts'
import { removePlace } from '../../platform/postgres/index.ts'
import { openLogFile } from '../log-file.ts'
import { runWorker } from '../run-worker.ts'
import { type RunningBackend, runBackend } from '../running-backend.ts'
import type { Words } from '../words/en/index.ts'
import { buildOwnFilter, startBreachDouble } from './breach-double.ts'
import { changedResults } from './changed-results.ts'
import { openCuttableLink } from './cuttable-link.ts'
import { freePorts } from './free-ports.ts'
import { cloneIdentities } from './identities.ts'
import { startOpenIdDouble } from './openid-double.ts'
import { allSettled, retryTakenPorts } from './retry-taken-ports.ts'
import { absentRows, type SeedRows, seedRows } from './seeds.ts'
import { faultsOf, type TwinFault } from './twin-faults.ts'
import { SEED_ROLES, type TwinHost } from './twin-host.ts'

/** A running twin: two server nodes on one database of its own, with a clock that can be moved and faults that can be forced. */
export interface RunningTwin {
  readonly surface: Surface
  readonly identities: readonly TwinIdentity[]
  /** People for one claim: the host's own at first, then the same again, in tenants of their own. */
  people(): Promise<readonly TwinIdentity[]>
  readonly origins: readonly [string, string]
  readonly ports: readonly number[]
  readonly ca: string
  readonly database: DatabaseVantage
  readonly databaseName: string
  readonly stateDirectory: string
  readonly backends: readonly RunningBackend[]
  readonly clock: { now(): number; advance(by: Seconds): Promise<void> }
  readonly faults: {
    database(state: 'down' | 'up'): Promise<void>
    revocationChannel(state: 'down' | 'up'): Promise<void>
    results(extra: Parameters<ProbeContext['faults']['results']>[0]): Promise<number>
    mail(state: 'slow' | 'quick'): Promise<void>
  }
  readonly breaches: BreachVantage
  /** @param names - what of it is asked for; absent: everything. A session that nobody asks for is not made. */
  seed(as: TwinIdentity, object: ExampleOptions['object'], names?: ReadonlySet<string>): Promise<SeedRows>
  eventMark(): Promise<number>
  /** What the backend sent, oldest first; the list only grows. */
  readonly mails: readonly ReceivedMail[]
  eventsAfter(mark: number): Promise<readonly TelemetryEvent[]>
  logs(): readonly Readonly<Record<string, unknown>>[]
  stop(): Promise<void>
}

export interface TwinOptions {
  readonly configuration: Configuration
  readonly fault?: TwinFault
  /** A hasher of its own, so that a flood in one twin is nothing to those beside it. Default false: the host's. */
  readonly ownHasher?: boolean
  /** OpenID providers in place of the twin's double of one. */
  readonly openid?: readonly OpenIdProvider[]
  /** What pages say. Default English. */
  readonly words?: Words
  /** Server nodes. Default 2. */
  readonly nodes?: 1 | 2
}

/** Below a twin's state directory: that of its starts in development. */
export const DEVELOPMENT = 'development'

/** Starts a twin on a host. What was opened is closed again when a step fails. */
export const startTwin = (host: TwinHost, options: TwinOptions): Promise<RunningTwin> =>
  retryTakenPorts(() => startOnce(host, options))

async function startOnce(host: TwinHost, options: TwinOptions): Promise<RunningTwin> {
  const { definition, cluster, passwords } = host
  const undo: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.reverse()) await step().catch(() => undefined)
  }
  try {
    const [databaseName, hasher] = await Promise.all([
      host.cloneDatabase(),
      options.ownHasher === true ? spawnHasher({ pepper: host.keyrings.hasher.all('pepper') }) : host.hasher,
    ])
    if (hasher !== host.hasher) undo.push(() => hasher.stop())
    undo.push(() => host.dropDatabase(databaseName))
    const admin = await host.admin(databaseName)
    undo.push(() => admin.close())
    await secureDatabase({ admin, definition })
    for (const { statement, undo: back } of options.fault?.statements ?? []) {
      await admin.script(statement)
      if (back !== undefined) undo.push(() => admin.script(back))
    }

    const stateDirectory = join(host.directory, databaseName)
    await mkdir(stateDirectory, { mode: 0o700 })
    await cp(join(host.directory, 'keys'), join(stateDirectory, 'keys'), {
      recursive: true,
      mode: constants.COPYFILE_EXCL,
    })
    await chmod(join(stateDirectory, 'keys'), 0o700)
    undo.push(async () => {
      await removePlace(join(stateDirectory, DEVELOPMENT, 'database'))
      await rm(stateDirectory, { recursive: true, force: true })
    })
    let offset = 0
    let seededRoles = 0
    const clock: Clock = { now: () => Date.now() + offset }
    const lines: Readonly<Record<string, unknown>>[] = []
    await mkdir(join(stateDirectory, 'log'), { mode: 0o700 })
    const logFile = openLogFile(join(stateDirectory, 'log', 'server.log'), () => undefined)
    undo.push(async () => logFile.close())
    const log = createLog({
      name: 'server',
      level: 'debug',
      destination: {
        write(line) {
          logFile.write(line.trimEnd())
          if (lines.length < MOST_LINES) lines.push(JSON.parse(line))
        },
      },
    })
    const as = (role: 'runtime' | 'accounts' | 'jobs') =>
      cluster.connection(databaseName, roleName(definition, role), passwords[role])
    const links = await Promise.all([openCuttableLink(as('accounts')), openCuttableLink(as('accounts'))])
    undo.push(() => Promise.all(links.map((link) => link.close())))

    const openid = await startOpenIdDouble(clock)
    undo.push(() => openid.close())
    const breaches = await startBreachDouble()
    undo.push(() => breaches.close())
    const filter = buildOwnFilter(stateDirectory)
    const results = changedResults()
    const ports = await freePorts(2)
    const origins = ports.map((port) => `https://localhost:${port}`) as unknown as readonly [string, string]
    const configuration = {
      ...options.configuration,
      passwordFilter: options.configuration.passwordFilter ?? filter.file,
      ...options.fault?.settings,
    } as Configuration
    const backends = await allSettled(
      links.slice(0, options.nodes ?? 2).map(async (link, index) => {
        const backend = await runBackend({
          definition,
          configuration,
          clock,
          hasher: hasher.hasher(),
          log,
          data: host.keyrings.data,
          runtime: as('runtime'),
          accounts: as('accounts'),
          announcements: link.connection,
          listeners: [
            {
              certificate: { key: host.certificate.key, cert: host.certificate.cert },
              host: '127.0.0.1',
              port: ports[index] ?? 0,
            },
          ],
          publicOrigins: origins,
          words: options.words,
          hsts: true,
          openid: options.openid ?? [openid.provider],
          // Never the configured one: a twin asks nobody outside.
          breaches: createBreachService({ url: breaches.url, clock }),
          onUnrecoverable: (cause) => log.fatal({ cause }, 'unrecoverable'),
          connections: { lanes: 1, transactions: 3, ...PATIENT },
          faults: results.over(faultsOf(options.fault)),
        })
        undo.push(() => backend.stop())
        return backend
      }),
    )
    const [first] = backends
    if (first === undefined) throw new Error('a twin has a node')
    const mails: ReceivedMail[] = []
    let mailTakes = 0
    const worker = runWorker({
      definition,
      connection: as('jobs'),
      runtime: as('runtime'),
      clock,
      application: `${definition.name} worker`,
      sealer: createSealer(host.keyrings.data, randomBytes),
      transport: {
        async send(mail) {
          if (mailTakes > 0) await sleep(mailTakes)
          if (mails.length < MOST_MAILS) mails.push(mail)
        },
        close: async () => undefined,
      },
      log,
      report: (event) => first.report(event),
      connections: 1,
      supervise: false,
    })
    // Not waited for: what is staged meanwhile is found when it runs.
    worker.catch((cause: unknown) => log.error({ cause }, 'the worker did not start'))
    undo.push(async () => (await worker).stop())

    const connected = async <T>(
      role: DatabaseRole,
      how: { readonly replication?: boolean },
      work: (connection: DatabaseConnection) => Promise<T>,
    ): Promise<T> => {
      const session = await openSession({
        connection: cluster.connection(databaseName, roleName(definition, role), passwords[role]),
        application: `probe as ${role}`,
        connectTimeout: PATIENT.connectTimeout,
        ...how,
      })
      try {
        return await work(session)
      } finally {
        await session.close()
      }
    }
    const run = (text: string, values: readonly unknown[]): Promise<unknown> => admin.query(text, values)
    /** People who know each other: those of the host, and those made for single claims. */
    const groups: (readonly TwinIdentity[])[] = [host.identities]
    let made = 0
    return {
      surface: first.surface,
      identities: host.identities,
      async people() {
        const serial = made++
        if (serial === 0) return host.identities
        const clones = await cloneIdentities(host.identities, admin, serial)
        groups.push(clones)
        return clones
      },
      origins,
      ports,
      ca: host.certificate.ca,
      databaseName,
      stateDirectory,
      backends,
      database: {
        admin,
        as: (role, work) => connected(role, {}, work),
        replicating: (role, work) => connected(role, { replication: true }, work),
        roleName: (role) => roleName(definition, role),
        connection: { host: cluster.socketDirectory, port: cluster.port, database: databaseName },
      },
      clock: {
        now: () => clock.now(),
        async advance(by) {
          offset += by * 1000
        },
      },
      faults: {
        async database(state) {
          const administrator = await host.admin('postgres')
          try {
            await administrator.query(`alter database ${databaseName} allow_connections ${state === 'up'}`)
            if (state === 'down') {
              await administrator.query(
                'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name not in ($2)',
                [databaseName, 'twin administrator'],
              )
            } else await Promise.all(backends.map((backend) => until(() => ready(backend))))
          } finally {
            await administrator.close()
          }
        },
        async revocationChannel(state) {
          for (const link of links) link.set(state)
        },
        results: async (extra) => results.put(extra),
        async mail(state) {
          mailTakes = state === 'slow' ? SLOW_MAIL_MS : 0
        },
      },
      async seed(as, object, names) {
        if (object === 'absent') return { ...absentRows(definition), ...absentBuiltIn() }
        const group = groups.find((people) => people.some(({ accountId }) => accountId === as.accountId))
        const whose = ownerOf(group ?? host.identities, as, object)
        const rows = await seedRows(definition, whose, run)
        const role = `seed-${++seededRoles}`
        // Beyond what the template has in store; each role that is made is announced to all nodes, and looked up anew by them.
        if (seededRoles > SEED_ROLES) {
          await run(`insert into holdfast.role (name, origin, grants, inherits) values ($1, 'custom', '{}', '{}')`, [
            role,
          ])
        }
        // An account has a hundred sessions at most: of more examples than that, the first would have lost theirs to the last.
        const session = names === undefined || names.has('session') ? await seedSession(whose, clock, run) : {}
        return {
          ...rows,
          account: { id: whose.accountId },
          tenant: { id: whose.tenantId },
          ...session,
          role: { name: role },
        }
      },
      async eventMark() {
        const { rows } = await admin.query('select coalesce(max(n), 0)::integer as mark from holdfast.event_staging')
        return Number(rows[0]?.mark ?? 0)
      },
      async eventsAfter(mark) {
        const { rows } = await admin.query(
          `select id::text, name, result, request_id as "requestId", account_id::text as "accountId", fields, count
           from holdfast.event_staging where n > $1 order by n limit 10000`,
          [mark],
        )
        return rows as unknown as readonly TelemetryEvent[]
      },
      breaches: {
        listed: filter.listed,
        see: breaches.see,
        asked: () => breaches.asked,
        service: breaches.set,
      },
      mails,
      logs: () => lines,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function ownerOf(
  identities: readonly TwinIdentity[],
  as: TwinIdentity,
  object: 'own' | 'another' | 'other-tenant',
): TwinIdentity {
  if (object === 'own') return as
  const tenant = object === 'another' ? as.tenant : as.tenant === 'A' ? 'B' : 'A'
  const found = identities.find(
    (other) => other.role === 'member' && other.tenant === tenant && other.accountId !== as.accountId,
  )
  if (found === undefined) throw new Unproved(`no other member in tenant ${tenant}`)
  return found
}

/** A session that nobody uses. */
async function seedSession(
  owner: TwinIdentity,
  clock: Clock,
  run: (text: string, values: readonly unknown[]) => Promise<unknown>,
): Promise<SeedRows> {
  const session = randomUUID()
  const now = new Date(clock.now())
  await run(
    `insert into holdfast.session (id, token_hash, account_id, tenant_id, assurance, created_at, authenticated_at, used_at, expires_at, address, device)
     values ($1, $2, $3, $4, 1, $5, $5, $5, $6, '127.0.0.1', 'seed')`,
    [session, randomBytes(32), owner.accountId, owner.tenantId, now, new Date(now.getTime() + 3_600_000)],
  )
  return { session: { id: session } }
}

const absentBuiltIn = (): SeedRows => ({
  account: { id: randomUUID() },
  tenant: { id: randomUUID() },
  session: { id: randomUUID() },
  role: { name: `absent-${randomBytes(8).toString('hex')}` },
})

async function ready(backend: RunningBackend): Promise<boolean> {
  const reply = await backend.servers[0]?.inject({
    method: 'GET',
    url: '/health/ready',
    headers: { host: 'localhost' },
  })
  return reply?.statusCode === 200
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the twin did not recover within 5 s')
}

const SLOW_MAIL_MS = 1_000
/** A twin that is flooded must not fill the memory of its prober. */
const MOST_LINES = 200_000
const MOST_MAILS = 20_000
/** Milliseconds. Several twins and what they are asked may share two busy cores: that it takes long there is no answer of the backend. */
const PATIENT = { connectTimeout: 30_000, statementTimeout: 30_000 } as const
