import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Clock, Seconds } from '../../../kernel/time.ts'
import type { ReceivedMail } from '../../../kernel/vantage.ts'
import { openChannel } from '../../../platform/database/channel.ts'
import type { Channel, Connection } from '../../../platform/database/database.ts'
import { openDatabase } from '../../../platform/database/open-database.ts'
import { openSession, type Session } from '../../../platform/database/open-session.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import { createEvents } from '../../../platform/events/index.ts'
import { generatePassword, scramVerifier, startScratchCluster } from '../../../platform/postgres/index.ts'
import { createSessions } from './control.ts'
import { addRoutes, type Known, newAccount } from './routes.fixture.ts'
import { ANNOUNCEMENTS, type Sessions, type SessionsOptions } from './sessions.ts'
import type { Accounts } from './store.ts'

export const ORIGINS = ['https://localhost:7443', 'https://localhost:7444'] as const
export const PAGES = 'https://pages.holdfast.test'

/** A scratch cluster with Holdfast's tables, shared by the tests of a file. */
export interface SharedDatabase {
  readonly admin: Session
  readonly accounts: Connection
  stop(): Promise<void>
}

export async function startDatabase(): Promise<SharedDatabase> {
  const cluster = await startScratchCluster()
  const admin = await openSession({ connection: cluster.admin, application: 'test admin' })
  const password = generatePassword()
  for (const role of ROLES) await admin.script(`create role t_${role} login password '${scramVerifier(password)}'`)
  const folder = new URL('../../../../migrations/', import.meta.url)
  for (const file of (await readdir(folder)).sort()) {
    const text = await readFile(new URL(file, folder), 'utf8')
    await admin.script(text.replace(/(?<!:):(owner|runtime|accounts|jobs|readonly|backup|auditor)\b/g, 't_$1'))
  }
  return {
    admin,
    accounts: cluster.connection('postgres', 't_accounts', password),
    async stop() {
      await admin.close()
      await cluster.stop()
    },
  }
}

export interface Node {
  readonly server: FastifyInstance
  readonly sessions: Sessions
  readonly accounts: Accounts
}

/** Two servers on one database, with the routes that sessions have in a backend; passwords are compared as they are. */
export interface TwoNodes {
  readonly nodes: readonly [Node, Node]
  readonly admin: Session
  readonly people: Map<string, Known>
  /** What was sent. */
  readonly mails: readonly ReceivedMail[]
  readonly clock: Clock & { advance(by: Seconds): void }
  /** Makes both nodes deaf, or hear again. */
  channel(state: 'down' | 'up'): void
  /** An account with roles. */
  person(roles?: readonly string[]): Promise<Known>
  /** Statements that both nodes have sent, so that a test can tell whether the database was asked. */
  statements(): number
  stop(): Promise<void>
}

export interface RigOptions {
  readonly wrap?: (sessions: Sessions) => Sessions
  readonly server?: (server: unknown) => void
  readonly options?: Partial<SessionsOptions>
}

export async function startTwoNodes(database: SharedDatabase, rig: RigOptions = {}): Promise<TwoNodes> {
  const people = new Map<string, Known>()
  const mails: ReceivedMail[] = []
  let offset = 0
  let asked = 0
  const clock = {
    now: () => Date.now() + offset,
    advance: (by: Seconds) => {
      offset += by * 1000
    },
  }
  const deaf = { now: false, gaps: 0 }
  const closers: (() => Promise<unknown>)[] = []

  const startNode = async (): Promise<Node> => {
    const options = { connection: database.accounts, application: 'test', lanes: 1, transactions: 2 }
    const opened = await openDatabase<HoldfastTables>(options)
    const accounts: Accounts = {
      ...opened,
      batch: (identity, statements) => {
        asked++
        return opened.batch(identity, statements)
      },
    }
    const eventsDatabase = await openDatabase(options)
    const events = createEvents({ database: eventsDatabase, clock, random: randomBytes, onLoss: () => undefined })
    let sessions: Sessions
    const heard = openChannel({
      connection: database.accounts,
      channel: ANNOUNCEMENTS,
      onPayload: (payload) => {
        if (!deaf.now) sessions.receive(payload)
      },
    })
    const made = createSessions({
      accounts,
      channel: deafened(heard, deaf),
      clock,
      random: randomBytes,
      events,
      permissionsOf: async (roles) => new Map(roles.includes('admin') ? [['session:manage', 'all']] : []),
      publicOrigins: ORIGINS,
      allowedOrigins: [PAGES],
      secure: true,
      ...rig.options,
    })
    sessions = rig.wrap?.(made) ?? made
    const server = Fastify()
    rig.server?.(server)
    server.decorateRequest('clientAddress', '')
    server.addHook('onRequest', (request, _reply, done) => {
      request.clientAddress = request.ip
      done()
    })
    server.setErrorHandler((error, _request, reply) => {
      const refusal = error instanceof Refusal ? error : new Refusal('unexpected', undefined, { cause: error })
      return reply.code(refusal.status).send({ code: refusal.code })
    })
    sessions.install(server)
    addRoutes(server, { sessions, accounts, people, mails, clock })
    await server.ready()
    closers.push(async () => {
      await server.close()
      await events.close()
      await heard.close()
      await Promise.all([opened.close(), eventsDatabase.close()])
    })
    while (!heard.up) await new Promise((resolve) => setTimeout(resolve, 5))
    return { server, sessions, accounts }
  }

  const nodes = [await startNode(), await startNode()] as const
  return {
    nodes,
    admin: database.admin,
    people,
    mails,
    clock,
    statements: () => asked,
    channel(state) {
      deaf.now = state === 'down'
      if (deaf.now) deaf.gaps++
    },
    person: (roles = ['member']) => newAccount(nodes[0].accounts, people, database.admin, roles, clock),
    async stop() {
      await Promise.all(closers.map((close) => close()))
    },
  }
}

/** A channel as it looks to a node while it can be made deaf. */
const deafened = (
  channel: Channel,
  deaf: { readonly now: boolean; readonly gaps: number },
): Pick<Channel, 'up' | 'upSince'> => ({
  get up() {
    return channel.up && !deaf.now
  },
  get upSince() {
    return deaf.now || channel.upSince === null ? null : channel.upSince + deaf.gaps
  },
})

const ROLES = ['owner', 'runtime', 'accounts', 'jobs', 'readonly', 'backup', 'auditor'] as const
