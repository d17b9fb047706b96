import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changedResults } from '../src/backend/twin/changed-results.ts'
import { faultsOf } from '../src/backend/twin/twin-faults.ts'
import { twinTarget } from '../src/check/context.ts'
import type { PlantedFault } from '../src/check/fault.ts'
import { openNetwork } from '../src/check/network.ts'
import { type ProvedClaim, proveClaim } from '../src/check/prove.ts'
import type { Twin } from '../src/check/twin.ts'
import { createValidation, type Validation } from '../src/checklist/data/validation-and-encoding/index.ts'
import { createErrorHandling, type ErrorHandling } from '../src/checklist/server/error-handling/index.ts'
import type { Claim } from '../src/kernel/claim.ts'
import type { SecurityEvent } from '../src/kernel/event.ts'
import type { Principal } from '../src/kernel/principal.ts'
import { Refusal } from '../src/kernel/refusal.ts'
import type { JsonSchema } from '../src/kernel/surface.ts'
import { systemClock } from '../src/kernel/time.ts'
import type { TelemetryEvent, TwinIdentity } from '../src/kernel/vantage.ts'
import { answer, type HandlerContext, type RouteDefinition, redirect } from '../src/platform/declaration/definition.ts'
import { Csv } from '../src/platform/html/csv.ts'
import { html } from '../src/platform/html/html.ts'
import { createHttpServer } from '../src/platform/http/server.ts'
import { createLog } from '../src/platform/log/log.ts'
import { localCertificate } from '../src/platform/tls/authority.ts'

/** A twin of HTTP alone: real sockets and TLS, the two controls, notes in memory instead of a database. */
export interface HttpTwin {
  readonly twin: Twin
  /** Runs a claim against it. */
  prove(item: string, claim: Claim): Promise<ProvedClaim>
  stop(): Promise<void>
}

export async function startHttpTwin(fault?: PlantedFault): Promise<HttpTwin> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-http-'))
  const certificate = await localCertificate(directory)
  const lines: Record<string, unknown>[] = []
  const events: TelemetryEvent[] = []
  const log = createLog({ name: 'twin', destination: { write: (line) => void lines.push(JSON.parse(line)) } })
  const report = (event: SecurityEvent): void => void events.push(asSeen(event))
  const results = changedResults()
  const { wrap } = results.over(faultsOf(fault))

  const validation: Validation = wrap('data/validation-and-encoding', createValidation({ hsts: false }))
  const errors: ErrorHandling = wrap(
    'server/error-handling',
    createErrorHandling({
      hsts: false,
      log,
      report,
      renderPage: ({ title, code, id }) => html`<h1>${title}</h1><p>${code} ${id}</p>`,
      onUnrecoverable: () => {},
    }),
  )
  const server = createHttpServer({
    tls: certificate,
    requestId: () => randomUUID(),
    trustedProxies: [],
    ...validation.serverOptions(),
    onRefused: (refused) => errors.refused(refused),
  })
  for (const change of fault?.server ?? []) change(server)
  errors.install(server)
  server.decorateRequest('principal', null)
  server.addHook('onRequest', (request, _reply, done) => {
    request.principal = /__Host-session=member/.test(request.headers.cookie ?? '') ? MEMBER : null
    done()
  })
  validation.install(server)
  const store: Store = { state: 'up', notes: new Map() }
  const routes = routesOf(store)
  for (const route of routes) {
    const options = validation.routeOptions(route)
    const admit = options.onRequest
    server.route({
      ...options,
      onRequest: [
        (request, _reply, done) =>
          done(
            route.access.kind !== 'public' && request.principal === null
              ? new Refusal('authentication-required')
              : undefined,
          ),
        ...(admit === undefined ? [] : Array.isArray(admit) ? admit : [admit]),
      ],
      handler: async (request, reply) => {
        validation.send(request, reply, route, await route.handler(request as unknown as HandlerContext))
        return reply
      },
    })
  }
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo
  const origin = `https://localhost:${port}`
  const network = openNetwork({ origins: [origin, origin], ca: certificate.ca })

  const twin: Twin = {
    surface: {
      name: 'http',
      routes: routes.map(({ handler: _handler, maxBody: _maxBody, ...route }) => route),
      roles: { member: { 'note:read': 'own', 'note:write': 'own' } },
      permissions: ['note:read', 'note:write'],
      tables: [{ name: 'note', schema: 'http', columns: [] }],
    },
    people: async () => (['A', 'B'] as const).flatMap((tenant) => [identity(tenant, 1), identity(tenant, 2)]),
    origins: [origin, origin],
    ca: certificate.ca,
    database: {
      admin: {
        query: async (text) => {
          if (text.startsWith('alter table')) store.state = text.endsWith('_gone"') ? 'broken' : 'up'
          return { rows: text.startsWith('select') ? [{ secret: '$argon2id$the-hash' }] : [], rowCount: 0 }
        },
      },
      as: async () => {
        throw new Error('there is no database')
      },
      roleName: (role) => role,
      connection: { host: '', port: 0, database: '' },
    },
    host: {
      stateDirectory: directory,
      files: async () => [],
      start: async () => ({ outcome: 0, stdout: '', stderr: '' }),
    },
    clock: { now: () => systemClock.now(), advance: async () => {} },
    faults: {
      database: async (state) => {
        store.state = state
      },
      revocationChannel: async () => {},
      results: async (extra) => results.put(extra),
      mail: async () => {},
    },
    seed: async () => {
      const id = randomUUID()
      store.notes.set(id, { id, title: 'Seed', body: 'Words.', tags: [], priority: 1, done: false })
      return { note: { id } }
    },
    eventMark: async () => events.length,
    eventsAfter: async (mark) => events.slice(mark),
    mails: [],
    logs: () => lines,
    definitionHash: '',
    stop: async () => {},
  }
  const target = twinTarget(twin, network)
  return {
    twin,
    prove: (item, claim) => proveClaim(item, claim, target, { clock: systemClock }),
    async stop() {
      network.close()
      await server.close()
      await rm(directory, { recursive: true })
    },
  }
}

interface Store {
  state: 'up' | 'down' | 'broken'
  readonly notes: Map<string, Record<string, unknown>>
}

const MEMBER: Principal = {
  accountId: '0190aaaa-0000-7000-8000-000000000001',
  sessionId: '0190aaaa-0000-7000-8000-000000000002',
  tenantId: null,
  roles: ['member'],
  effectiveRoles: ['member'],
  permissions: new Map(),
  assurance: 1,
  authenticatedAt: 0,
}

const identity = (tenant: 'A' | 'B', number: number): TwinIdentity => ({
  name: `member-${tenant}${number}`,
  accountId: randomUUID(),
  email: `member-${tenant}${number}@example.test`,
  password: 'gravel lantern member',
  role: 'member',
  tenant,
  tenantId: `0190aaaa-0000-7000-8000-00000000000${tenant === 'A' ? 'a' : 'b'}`,
})

const asSeen = (event: SecurityEvent): TelemetryEvent => ({
  id: randomUUID(),
  name: event.name,
  result: event.result,
  requestId: event.requestId ?? null,
  accountId: event.accountId ?? null,
  fields: { ...event.fields },
  count: 1,
})

const object = (properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const text = (maxLength: number): JsonSchema => ({ type: 'string', maxLength })
const id: JsonSchema = { type: 'string', format: 'uuid' }
const priority: JsonSchema = { type: 'integer', minimum: 1, maximum: 5 }
const tags: JsonSchema = {
  type: 'array',
  maxItems: 5,
  uniqueItems: true,
  items: { type: 'string', pattern: '^[a-z]{1,10}$' },
}
const Note = object({ id, title: text(200), body: text(2000), tags, priority, done: { type: 'boolean' } }, [
  'id',
  'title',
])

function routesOf(store: Store): readonly RouteDefinition[] {
  const all = (): Record<string, unknown>[] => {
    if (store.state === 'down') {
      const cause = new Error('connect ECONNREFUSED 127.0.0.1:5432')
      throw new Refusal('database-unavailable', undefined, { cause: new Error('no connection', { cause }) })
    }
    if (store.state === 'broken') throw Object.assign(new Error('relation "note" does not exist'), { code: '42P01' })
    return [...store.notes.values()]
  }
  const add = (fields: Record<string, unknown>): Record<string, unknown> => {
    all()
    const note: Record<string, unknown> = { id: randomUUID(), ...fields }
    store.notes.set(String(note.id), note)
    return note
  }
  const find = ({ search = '' }: { readonly search?: string }): Record<string, unknown>[] =>
    all().filter((note) => String(note.title).includes(search))

  return [
    route({
      method: 'GET',
      path: '/health/live',
      schema: { response: { 200: object({ status: { const: 'ok' } }, ['status']) } },
      examples: () => ({}),
      handler: () => ({ status: 'ok' }),
    }),
    route({
      method: 'POST',
      path: '/auth/sign-in',
      accepts: 'json',
      schema: {
        body: object({ email: { type: 'string', format: 'email' }, password: text(100) }, ['email', 'password']),
        response: { 204: 'empty' },
      },
      examples: ({ caller }) => ({ body: { email: caller.email, password: caller.password } }),
      handler: () => answer(204, undefined, { 'set-cookie': '__Host-session=member; Path=/; Secure; HttpOnly' }),
    }),
    route({
      method: 'GET',
      path: '/auth/session',
      access: { kind: 'signed-in' },
      schema: { response: { 200: object({ account: id }, ['account']) } },
      examples: () => ({}),
      handler: () => ({ account: MEMBER.accountId }),
    }),
    route({
      method: 'GET',
      path: '/api/notes',
      access: { kind: 'permission', permission: 'note:read' },
      schema: {
        query: object({
          search: text(100),
          page: { type: 'integer', minimum: 1, maximum: 50 },
          done: { type: 'boolean' },
          tag: tags,
        }),
        response: { 200: object({ notes: { type: 'array', items: Note } }) },
      },
      examples: () => ({ query: { page: '1' } }),
      handler: ({ query }) => ({ notes: find(query) }),
    }),
    route({
      method: 'GET',
      path: '/api/notes/:id',
      access: { kind: 'permission', permission: 'note:read' },
      schema: { params: object({ id }, ['id']), response: { 200: Note } },
      examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
      handler: ({ params }) => all().find((note) => note.id === params.id),
    }),
    route({
      method: 'POST',
      path: '/api/notes',
      access: { kind: 'permission', permission: 'note:write' },
      accepts: 'json',
      schema: {
        body: object(
          {
            title: { type: 'string', minLength: 1, maxLength: 200 },
            body: { anyOf: [text(2000), { type: 'null' }] },
            tags,
            priority,
            done: { type: 'boolean' },
            place: object({ name: text(50), at: { type: 'number', minimum: -90, maximum: 90 } }, ['name']),
          },
          ['title'],
        ),
        response: { 201: Note },
      },
      examples: ({ unique }) => ({
        body: { title: `Note ${unique()}`, body: 'Words.', tags: ['example'], place: { name: 'Here', at: 1.5 } },
      }),
      handler: ({ body: { place: _place, body, ...fields } }) => answer(201, add({ body: body ?? '', ...fields })),
    }),
    route({
      method: 'DELETE',
      path: '/api/notes/:id',
      access: { kind: 'permission', permission: 'note:write' },
      schema: { params: object({ id }, ['id']), response: { 204: 'empty' } },
      examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
      handler: ({ params }) => (store.notes.delete(params.id) ? answer(204) : undefined),
    }),
    route({
      method: 'GET',
      path: '/notes',
      access: { kind: 'permission', permission: 'note:read' },
      schema: { query: object({ search: text(200) }), response: { 200: 'html' } },
      examples: () => ({}),
      handler: ({ query, nonce }) =>
        html`<script nonce="${nonce}"></script><input value="${query.search}"><ul>${all().map(({ title }) => html`<li title="${String(title)}">${String(title)}</li>`)}</ul>`,
    }),
    route({
      method: 'POST',
      path: '/notes',
      access: { kind: 'permission', permission: 'note:write' },
      accepts: 'form',
      schema: {
        body: object({ title: { type: 'string', minLength: 1, maxLength: 200 }, priority, done: { type: 'boolean' } }, [
          'title',
        ]),
        response: { 303: 'redirect' },
      },
      examples: ({ unique }) => ({ body: { title: `Note ${unique()}`, priority: '2', done: 'on' } }),
      handler: ({ body }) => {
        add(body)
        return redirect('/notes')
      },
    }),
    route({
      method: 'GET',
      path: '/notes/export',
      access: { kind: 'permission', permission: 'note:read' },
      schema: { response: { 200: 'csv' } },
      examples: () => ({}),
      handler: () =>
        new Csv(
          'notes.csv',
          ['title', 'body'],
          all().map(({ title, body }) => [String(title), String(body ?? '')]),
        ),
    }),
  ]
}

const route = (
  given: Pick<RouteDefinition, 'method' | 'path' | 'schema' | 'handler'> & Partial<RouteDefinition>,
): RouteDefinition => ({
  access: { kind: 'public' },
  accepts: 'nothing',
  maxBody: 65_536,
  builtIn: false,
  ...given,
})
