import { randomBytes, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Principal } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Clock, Seconds } from '../../../kernel/time.ts'
import { openChannel } from '../../../platform/database/channel.ts'
import type { Channel, Connection } from '../../../platform/database/database.ts'
import { openDatabase } from '../../../platform/database/open-database.ts'
import { openSession, type Session } from '../../../platform/database/open-session.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import type { RouteDefinition } from '../../../platform/declaration/definition.ts'
import { createEvents } from '../../../platform/events/index.ts'
import { generatePassword, scramVerifier, startScratchCluster } from '../../../platform/postgres/index.ts'
import { createSessions } from './control.ts'
import { ANNOUNCEMENTS, type RequestOrigin, type Sessions, type SessionsOptions } from './sessions.ts'
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
    await admin.script(text.replace(/(?<!:):(owner|runtime|accounts|readonly|backup|auditor)\b/g, 't_$1'))
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
  readonly clock: Clock & { advance(by: Seconds): void }
  /** Makes both nodes deaf, or hear again. */
  channel(state: 'down' | 'up'): void
  /** An account with roles. */
  person(roles?: readonly string[]): Promise<Known>
  /** Statements that both nodes have sent, so that a test can tell whether the database was asked. */
  statements(): number
  stop(): Promise<void>
}

export interface Known {
  readonly id: string
  readonly email: string
  password: string
  readonly tenantId: string
}

export interface RigOptions {
  readonly wrap?: (sessions: Sessions) => Sessions
  readonly server?: (server: unknown) => void
  readonly options?: Partial<SessionsOptions>
}

export async function startTwoNodes(database: SharedDatabase, rig: RigOptions = {}): Promise<TwoNodes> {
  const people = new Map<string, Known>()
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
    addRoutes(server, { sessions, accounts, people, clock })
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

interface Parts {
  readonly sessions: Sessions
  readonly accounts: Accounts
  readonly people: Map<string, Known>
  readonly clock: Clock
}

function addRoutes(server: FastifyInstance, { sessions, accounts, people, clock }: Parts): void {
  type Handler = (
    request: FastifyRequest,
    from: RequestOrigin,
  ) => Promise<{ status: number; body?: unknown; headers?: object }>
  const route = (
    method: RouteDefinition['method'],
    path: string,
    access: 'public' | 'signed-in',
    handler: Handler,
  ): void => {
    const declared = { method, path, schema: { response: {} } } as RouteDefinition
    server.route({
      method,
      url: path,
      config: { declared },
      handler: async (request, reply) => {
        if (access === 'signed-in' && request.principal === null) throw new Refusal('authentication-required')
        const from = { address: request.ip, device: request.headers['user-agent'] ?? '', requestId: request.id }
        const { status, body, headers = {} } = await handler(request, from)
        return reply.code(status).headers(headers).send(body)
      },
    })
  }
  const who = (request: FastifyRequest): Principal => {
    if (request.principal === null) throw new Refusal('authentication-required')
    return request.principal
  }
  const check = (email: unknown, password: unknown): Known => {
    const known = people.get(String(email))
    if (known === undefined || known.password !== password) throw new Refusal('credentials-wrong')
    return known
  }
  const mine = (request: FastifyRequest): Known => {
    const known = [...people.values()].find(({ id }) => id === who(request).accountId)
    if (known === undefined) throw new Refusal('not-found')
    return known
  }
  const field = (request: FastifyRequest, name: string): unknown =>
    (request.body as Record<string, unknown> | null)?.[name]
  const signIn = (accountId: string, request: FastifyRequest, from: RequestOrigin) =>
    sessions.change((tx) => sessions.create(tx, { accountId, assurance: 1, presented: request.principal }, from))

  route('POST', '/auth/sign-up', 'public', async (request, from) => {
    const email = String(field(request, 'email'))
    const known = await newAccount(accounts, people, null, [], clock, {
      email,
      password: String(field(request, 'password')),
    })
    const { headers } = await signIn(known.id, request, from)
    return { status: 201, body: { account: { id: known.id } }, headers }
  })
  route('POST', '/auth/sign-in', 'public', async (request, from) => {
    const known = check(field(request, 'email'), field(request, 'password'))
    const { headers } = await signIn(known.id, request, from)
    return { status: 200, body: { account: { id: known.id } }, headers }
  })
  route('POST', '/auth/sign-out', 'signed-in', async (request, from) => {
    await sessions.change((tx) => sessions.signOut(tx, who(request), from))
    return { status: 204, headers: sessions.signOutHeaders() }
  })
  route('GET', '/auth/session', 'signed-in', async (request) => {
    const { accountId, roles, assurance, tenantId, authenticatedAt } = who(request)
    const { expiresAt } = sessions.expiryOf(who(request))
    return { status: 200, body: { account: { id: accountId }, roles, assurance, tenantId, authenticatedAt, expiresAt } }
  })
  route('GET', '/auth/sessions', 'signed-in', async (request) => {
    const listed = await sessions.list(who(request))
    const texts = listed.map((one) => ({ ...one, usedAt: new Date(one.usedAt).toISOString() }))
    return { status: 200, body: { sessions: texts } }
  })
  route('DELETE', '/auth/sessions', 'signed-in', async (request, from) => {
    await sessions.change((tx) => sessions.endOthers(tx, who(request), 'self', from))
    return { status: 204 }
  })
  route('DELETE', '/auth/sessions/:id', 'signed-in', async (request, from) => {
    const { id } = request.params as { id: string }
    if (!(await sessions.change((tx) => sessions.end(tx, who(request), id, from)))) throw new Refusal('not-found')
    return { status: 204 }
  })
  route('POST', '/auth/step-up', 'signed-in', async (request, from) => {
    check(mine(request).email, field(request, 'password'))
    const rotation = { reason: 'step-up', authenticated: 1 } as const
    const { headers } = await sessions.change((tx) => sessions.rotate(tx, who(request), rotation, from))
    return { status: 204, headers }
  })
  route('POST', '/auth/password', 'signed-in', async (request, from) => {
    const known = check(mine(request).email, field(request, 'current'))
    const { headers } = await sessions.change(async (tx) => {
      await sessions.endOthers(tx, who(request), 'password-change', from)
      return sessions.rotate(tx, who(request), { reason: 'password-change', authenticated: 1 }, from)
    })
    known.password = String(field(request, 'password'))
    return { status: 204, headers }
  })
  route('GET', '/auth/tenants', 'signed-in', async (request) => ({
    status: 200,
    body: { tenants: [{ id: mine(request).tenantId }] },
  }))
  route('PUT', '/auth/tenant', 'signed-in', async (request, from) => {
    const { tenantId } = mine(request)
    const { headers } = await sessions.change((tx) =>
      sessions.rotate(tx, who(request), { reason: 'tenant', tenantId }, from),
    )
    return { status: 204, headers }
  })
  route('DELETE', '/admin/users/:id/sessions', 'signed-in', async (request, from) => {
    if (!who(request).permissions.has('session:manage')) throw new Refusal('permission-missing')
    const { id } = request.params as { id: string }
    await sessions.change((tx) => sessions.endAll(tx, id, who(request), from))
    return { status: 204 }
  })
}

async function newAccount(
  accounts: Accounts,
  people: Map<string, Known>,
  admin: Session | null,
  roles: readonly string[],
  clock: Clock,
  given: { readonly email: string; readonly password: string } = {
    email: `${randomUUID()}@example.test`,
    password: randomUUID(),
  },
): Promise<Known> {
  const known = { id: randomUUID(), tenantId: randomUUID(), ...given }
  const at = new Date(clock.now())
  await accounts.transaction({ accountId: null, tenantId: null, scope: 'own' }, async (tx) => {
    const account = { id: known.id, email: known.email, name: 'Somebody', created_at: at, disabled_at: null }
    await tx.insertInto('holdfast.account').values(account).execute()
    await tx.insertInto('holdfast.tenant').values({ id: known.tenantId, name: 'Tenant', created_at: at }).execute()
    const member = { tenant_id: known.tenantId, account_id: known.id, manages: true, joined_at: at }
    await tx.insertInto('holdfast.tenant_member').values(member).execute()
  })
  for (const role of roles) {
    await admin?.query(
      "insert into holdfast.role (name, origin, grants, inherits) values ($1, 'declared', '{}', '{}') on conflict do nothing",
      [role],
    )
    await admin?.query('insert into holdfast.account_role (account_id, role, granted_at) values ($1, $2, $3)', [
      known.id,
      role,
      at,
    ])
  }
  people.set(known.email, known)
  return known
}

const ROLES = ['owner', 'runtime', 'accounts', 'readonly', 'backup', 'auditor'] as const
