import { randomBytes, randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { NOBODY, type Principal } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Clock } from '../../../kernel/time.ts'
import type { ReceivedMail } from '../../../kernel/vantage.ts'
import type { Session } from '../../../platform/database/open-session.ts'
import type { RouteDefinition } from '../../../platform/declaration/definition.ts'
import type { RequestOrigin, Sessions } from './sessions.ts'
import type { Accounts } from './store.ts'

export interface Known {
  readonly id: string
  readonly email: string
  password: string
  readonly tenantId: string
}

interface Parts {
  readonly sessions: Sessions
  readonly accounts: Accounts
  readonly people: Map<string, Known>
  /** What was sent, on whichever node. */
  readonly mails: ReceivedMail[]
  readonly clock: Clock
}

/** The routes of a backend that have to do with sessions; passwords are compared as they are. */
export function addRoutes(server: FastifyInstance, { sessions, accounts, people, mails, clock }: Parts): void {
  const links = new Map<string, string>()
  type Handler = (
    request: FastifyRequest,
    from: RequestOrigin,
  ) => Promise<{ status: number; body?: unknown; headers?: object }>
  const route = (
    method: RouteDefinition['method'],
    path: string,
    access: 'public' | 'signed-in',
    handler: Handler,
    more: Partial<RouteDefinition> = {},
  ): void => {
    const declared = { method, path, schema: { response: {} }, ...more } as RouteDefinition
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

  route('POST', '/auth/sign-up', 'public', async (request) => {
    const email = String(field(request, 'email'))
    const token = randomBytes(32).toString('base64url')
    links.set(token, email)
    mails.push({ to: email, subject: '', text: `/sign-up/${token}`, html: '' })
    return { status: 202, body: { next: 'mail' } }
  })
  route('POST', '/auth/sign-up/complete', 'public', async (request, from) => {
    const email = links.get(String(field(request, 'token')))
    if (email === undefined) throw new Refusal('link-invalid')
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
  route('POST', '/auth/sign-in-link', 'public', async (request) => {
    const email = String(field(request, 'email'))
    const token = randomBytes(32).toString('base64url')
    links.set(token, email)
    mails.push({ to: email, subject: '', text: `/sign-in/link/${token}`, html: '' })
    return { status: 202, body: { next: 'mail' } }
  })
  route(
    'POST',
    '/sign-in/link/:token',
    'public',
    async (request, from) => {
      const { token } = request.params as { token: string }
      const known = people.get(links.get(token) ?? '')
      if (known === undefined) throw new Refusal('link-invalid')
      links.delete(token)
      const { headers } = await signIn(known.id, request, from)
      return { status: 303, headers: { ...headers, location: '/' } }
    },
    { builtIn: true, access: { kind: 'public' }, accepts: 'nothing' },
  )
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

/** An account with a tenant of its own and these roles. */
export async function newAccount(
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
  await accounts.transaction(NOBODY, async (tx) => {
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
