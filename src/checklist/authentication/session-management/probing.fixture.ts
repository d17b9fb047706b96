import type { InjectOptions } from 'fastify'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { checkEffort } from '../../../kernel/effort.ts'
import { keepEvidence } from '../../../kernel/evidence.fixture.ts'
import type { SabotagePlan } from '../../../kernel/sabotage.ts'
import type {
  NetworkReply,
  NetworkRequest,
  ProbeContext,
  TelemetryEvent,
  TwinIdentity,
} from '../../../kernel/vantage.ts'
import type { Sessions } from './sessions.ts'
import { ORIGINS, type RigOptions, type SharedDatabase, startTwoNodes, type TwoNodes } from './two-nodes.fixture.ts'

/** What came of a claim against two nodes: `broken` when something was not as expected. */
export interface Outcome {
  readonly verdict: 'holds' | 'broken' | 'unproved'
  readonly failed: readonly string[]
}

/** Runs claims against two nodes of their own, each claim after the other. */
export async function runClaims(
  database: SharedDatabase,
  claims: readonly Claim[],
  rig: RigOptions & { readonly statements?: readonly string[] } = {},
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  for (const statement of rig.statements ?? []) await database.admin.script(statement)
  const two = await startTwoNodes(database, rig)
  try {
    for (const claim of claims) outcomes.set(claim.id, await runClaim(two, claim))
  } finally {
    await two.stop()
  }
  return outcomes
}

/** What a sabotage plants, as options of the nodes. */
export function planted(
  plant: (plan: SabotagePlan<Sessions>) => void,
): RigOptions & { readonly statements: readonly string[] } {
  const statements: string[] = []
  const rig: { wrap?: (sessions: Sessions) => Sessions; server?: (server: unknown) => void } = {}
  plant({
    control: (wrap) => {
      rig.wrap = wrap
    },
    server: (change) => {
      rig.server = change
    },
    sql: (statement) => void statements.push(statement),
    setting: () => undefined,
    host: () => undefined,
  })
  return { ...rig, statements }
}

async function runClaim(two: TwoNodes, claim: Claim): Promise<Outcome> {
  const { evidence, ...keeping } = keepEvidence()
  const context = await contextOf(two, keeping)
  let reason = ''
  try {
    if (claim.present !== undefined) {
      const present = await claim.present(context)
      if (present !== true) throw new Unproved(present)
    }
    await claim.prove(context)
  } catch (error) {
    reason = String(error)
  }
  const failed = evidence.filter(({ ok }) => !ok).map(({ tried, saw, expected }) => `${tried}: ${saw}, not ${expected}`)
  if (failed.length > 0) return { verdict: 'broken', failed }
  const bothSides = (['positive', 'negative'] as const).every((side) => evidence.some((one) => one.side === side))
  return { verdict: reason === '' && bothSides ? 'holds' : 'unproved', failed: [reason] }
}

async function contextOf(two: TwoNodes, keeping: Pick<ProbeContext, 'record' | 'expect'>): Promise<ProbeContext> {
  const people = new Map<string, TwinIdentity>()
  for (const role of ['owner', 'admin', 'auditor', 'member']) {
    const { id, email, password, tenantId } = await two.person([role])
    people.set(role, { name: role, accountId: id, email, password, role, tenant: 'A', tenantId })
  }
  const request = (wanted: NetworkRequest): Promise<NetworkReply> => inject(two, wanted)
  const { rows } = await two.admin.query('select coalesce(max(n), 0)::int4 as mark from holdfast.event_staging')
  const absent = (): never => {
    throw new Unproved('not in this fixture')
  }
  const identity = (role: string): TwinIdentity => people.get(role) ?? absent()
  return {
    effort: checkEffort(0),
    surface: {
      name: 'test',
      routes: [GET_SESSION, BUTTON].map((route) => ({ ...route, schema: { response: {} } })),
      roles: {},
      permissions: [],
      tables: [],
    },
    identities: [...people.values()],
    identity,
    async example(route, { as }) {
      const { setToken = '' } = await request({
        method: 'POST',
        path: '/auth/sign-in',
        body: { email: as.email, password: as.password },
      })
      return { method: route.method, path: route.path, token: setToken }
    },
    network: {
      origin: ORIGINS[0],
      request,
      raw: absent,
      async signIn({ email, password }) {
        return (
          (await request({ method: 'POST', path: '/auth/sign-in', body: { email, password } })).setToken ?? absent()
        )
      },
    },
    database: {
      admin: two.admin,
      as: absent,
      roleName: (role) => `t_${role}`,
      connection: { host: '', port: 0, database: 'postgres' },
    },
    host: { stateDirectory: '', files: absent, start: absent },
    repository: { root: '' },
    telemetry: {
      logs: () => [],
      async events(until, timeout = 2_000) {
        const latest = Date.now() + timeout
        for (;;) {
          const found = await two.admin.query(
            'select id::text, name, result, request_id as "requestId", account_id::text as "accountId", fields, count from holdfast.event_staging where n > $1 order by n',
            [rows[0]?.mark],
          )
          const events = found.rows as unknown as readonly TelemetryEvent[]
          if (until(events) || Date.now() > latest) return events
          await new Promise((resolve) => setTimeout(resolve, 30))
        }
      },
    },
    mail: { received: async (to) => two.mails.filter((mail) => mail.to === to) },
    clock: { now: () => two.clock.now(), advance: async (by) => two.clock.advance(by) },
    faults: { database: absent, revocationChannel: async (state) => two.channel(state), results: absent, mail: absent },
    ...keeping,
  }
}

/** As the network vantage of a check does it, without sockets. */
export async function inject(two: TwoNodes, wanted: NetworkRequest): Promise<NetworkReply> {
  const { path, token, node = 0, body } = wanted
  const method = (wanted.method ?? 'GET') as NonNullable<InjectOptions['method']>
  const headers: Record<string, string> = {}
  if (token !== undefined) {
    headers.cookie = `__Host-session=${token}`
    if (method !== 'GET') headers.origin = ORIGINS[node]
  }
  for (const [name, value] of Object.entries(wanted.headers ?? {})) {
    if (value.length === 0) delete headers[name]
    else headers[name] = typeof value === 'string' ? value : value.join(', ')
  }
  const payload = body === undefined ? {} : { payload: body as NonNullable<InjectOptions['payload']> }
  const reply = await two.nodes[node].server.inject({ method, url: path, headers, ...payload })
  const cookies = [reply.headers['set-cookie'] ?? []].flat()
  const session = cookies.find((field) => field.startsWith('__Host-session='))
  return {
    status: reply.statusCode,
    headers: Object.fromEntries(
      Object.entries(reply.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join('\n') : String(value),
      ]),
    ),
    body: reply.rawPayload,
    text: () => reply.payload,
    json: () => JSON.parse(reply.payload) as unknown,
    setToken:
      session === undefined ? undefined : session.includes('Max-Age=0') ? '' : session.slice(15, session.indexOf(';')),
  }
}

const GET_SESSION = {
  method: 'GET',
  path: '/auth/session',
  access: { kind: 'signed-in' },
  accepts: 'nothing',
  builtIn: true,
} as const
const BUTTON = {
  method: 'POST',
  path: '/sign-in/link/:token',
  access: { kind: 'public' },
  accepts: 'nothing',
  builtIn: true,
} as const
