import { Unproved } from '../../../kernel/claim.ts'
import type { Scope } from '../../../kernel/principal.ts'
import type { Surface, SurfaceRoute } from '../../../kernel/surface.ts'
import type { NetworkRequest, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { fits, sampleOf } from './probe-schema.ts'

/** A route with a request that it would take, of which claims spoil one thing at a time. */
export interface Subject {
  readonly route: SurfaceRoute
  /** `POST /notes`. */
  readonly name: string
  /** Who may call it, as request options. */
  readonly who: Pick<NetworkRequest, 'as' | 'token'>
  /** A form's fields are texts. */
  readonly body: unknown
  readonly query: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, string>>
  /** Fields of the example's header. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether `valid` may be sent: it has an example and does no harm to other claims. */
  readonly callable: boolean
}

/** Every route of the running server that a claim is about, each with its valid request. */
export async function subjectsOf(
  context: ProbeContext,
  about: (route: SurfaceRoute) => boolean,
): Promise<readonly Subject[]> {
  const tokens = new Map<string, Promise<string>>()
  const subjects: Subject[] = []
  for (const route of context.surface.routes.filter(about)) subjects.push(await subjectOf(context, route, tokens))
  if (subjects.length === 0) throw new Unproved('no route has what this is about')
  return subjects
}

/** The request of a subject, with parts of it replaced. Replies are asked for as JSON. */
export function requestOf(
  context: ProbeContext,
  subject: Subject,
  replaced: {
    readonly path?: string
    readonly query?: string
    readonly body?: unknown
    readonly headers?: Record<string, string>
  } = {},
): NetworkRequest {
  const { route, who } = subject
  const path = replaced.path ?? pathOf(route, subject.params)
  const query = replaced.query ?? new URLSearchParams(subject.query).toString()
  const headers: Record<string, string> = {
    accept: 'application/json, application/problem+json',
    ...subject.headers,
    ...replaced.headers,
  }
  if (route.method !== 'GET') headers.origin ??= context.network.origin
  const body = 'body' in replaced ? replaced.body : route.accepts === 'form' ? formOf(subject.body) : subject.body
  if (typeof body === 'string' || body instanceof Uint8Array) headers['content-type'] ??= TYPES[route.accepts]
  return {
    method: route.method,
    path: query === '' ? path : `${path}?${query}`,
    headers,
    ...who,
    ...(body === undefined ? {} : { body }),
  }
}

/** The path with its parameters filled in; those in `raw` are put in as they are, encoded already. */
export const pathOf = (
  route: SurfaceRoute,
  params: Readonly<Record<string, string>>,
  raw: Readonly<Record<string, string>> = {},
): string =>
  route.path.replace(/:([A-Za-z_]\w*)/g, (_, name: string) => raw[name] ?? encodeURIComponent(params[name] ?? ''))

export const formOf = (body: unknown): string =>
  new URLSearchParams(Object.entries(body ?? {}).map(([name, value]) => [name, String(value)])).toString()

const TYPES = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  nothing: 'application/json',
} as const

async function subjectOf(
  context: ProbeContext,
  route: SurfaceRoute,
  tokens: Map<string, Promise<string>>,
): Promise<Subject> {
  const name = `${route.method} ${route.path}`
  const exampleFor = async (as: TwinIdentity): Promise<NetworkRequest | undefined> =>
    route.examples === undefined ? undefined : await context.example(route, { as, object: 'own' })
  const anybody = callerOf(context, route, [])
  const tried = await exampleFor(anybody)
  const named = Object.keys((readBody(route, tried?.body) ?? {}) as object)
  const identity = callerOf(context, route, named)
  const example = identity === anybody ? tried : await exampleFor(identity)
  const [path = '', query = ''] = example?.path.split('?', 2) ?? []
  return {
    route,
    name,
    who: await whoOf(context, route, identity, tokens),
    params: example === undefined ? sampleParams(route, name) : readParams(route, path),
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: readHeaders(example?.headers),
    body: example === undefined ? sampleBody(route, name) : readBody(route, example.body),
    callable: route.onlyRefusals === undefined && (example !== undefined || takesNothing(route)),
  }
}

/**
 * Somebody who may call a route, proves as much as it asks for, and may write what its body names: the widest permission first, so that refusals are about the
 * input.
 */
function callerOf(context: ProbeContext, route: SurfaceRoute, named: readonly string[]): TwinIdentity {
  const { access } = route
  const asksForTwo = access.kind !== 'public' && access.stepUp?.assurance !== undefined
  const reach = (identity: TwinIdentity): number => {
    if (asksForTwo && identity.passkey === undefined) return -1
    const best = mayWrite(context.surface, route, identity.role, named) ? WRITES : 0
    if (access.kind !== 'permission') return best + (identity.tenant === 'A' ? 1 : 0)
    const scope = context.surface.roles[identity.role]?.[access.permission]
    return scope === undefined ? -1 : best + REACH[scope] + (identity.tenant === 'A' ? 0.5 : 0)
  }
  const [best] = [...context.identities].sort((a, b) => reach(b) - reach(a))
  if (best === undefined || reach(best) < 0) {
    throw new Unproved(`no identity holds ${access.kind === 'permission' ? access.permission : 'a session'}`)
  }
  return best
}

const REACH: Readonly<Record<Scope, number>> = { own: 1, tenant: 2, all: 3 }
/** Counts for more than any reach. */
const WRITES = 10

/** Whether the field rules about a route's object let a role write every column that is named. */
function mayWrite(surface: Surface, { object }: SurfaceRoute, role: string, named: readonly string[]): boolean {
  const { fields, tables } = surface
  if (object === undefined || fields === undefined || !Object.hasOwn(fields, object)) return true
  const columns = tables.find(({ name }) => name === object)?.columns ?? []
  const open = fields[object]?.[role]?.writable ?? []
  return columns.every(({ name }) => !named.includes(name) || open.includes(name))
}

async function whoOf(
  context: ProbeContext,
  { access }: SurfaceRoute,
  identity: TwinIdentity,
  tokens: Map<string, Promise<string>>,
): Promise<Subject['who']> {
  if (access.kind === 'public') return {}
  if (access.stepUp === undefined) return { as: identity }
  // Such a route asks for a recent proof of who it is: a session made now.
  const token = tokens.get(identity.name) ?? context.network.signIn(identity)
  tokens.set(identity.name, token)
  return { token: await token }
}

function readParams(route: SurfaceRoute, path: string): Record<string, string> {
  const steps = path.split('/')
  const params: Record<string, string> = {}
  for (const [i, step] of route.path.split('/').entries()) {
    if (step.startsWith(':')) params[step.slice(1)] = decodeURIComponent(steps[i] ?? '')
  }
  return params
}

/** What kind the body is follows from the body. */
const readHeaders = (given: NetworkRequest['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given ?? {}).flatMap(([name, value]) =>
      name === 'content-type' ? [] : [[name.toLowerCase(), typeof value === 'string' ? value : value.join(', ')]],
    ),
  )

const readBody = (route: SurfaceRoute, body: unknown): unknown =>
  route.accepts === 'form' && typeof body === 'string' ? Object.fromEntries(new URLSearchParams(body)) : body

function sampleParams(route: SurfaceRoute, name: string): Record<string, string> {
  if (route.schema.params === undefined) return {}
  return needed(sampleOf(route.schema.params), route.schema.params, name) as Record<string, string>
}

function sampleBody(route: SurfaceRoute, name: string): unknown {
  const { body } = route.schema
  return body === undefined ? undefined : needed(sampleOf(body), body, name)
}

function needed(sample: unknown, schema: Parameters<typeof fits>[0], name: string): unknown {
  if (!fits(schema, sample)) throw new Unproved(`no example: ${name}`)
  return sample
}

const takesNothing = ({ schema, path }: SurfaceRoute): boolean =>
  schema.body === undefined && !path.includes(':') && !Array.isArray(schema.query?.required)
