import type { Static, TSchema } from 'typebox'
import type { Principal } from '../../kernel/principal.ts'
import { StartRefusal } from '../../kernel/refusal.ts'
import type { Access, Examples, JsonSchema, ResponseContract } from '../../kernel/surface.ts'
import type { Seconds } from '../../kernel/time.ts'
import type { Csv } from '../html/csv.ts'
import type { Html } from '../html/html.ts'
import { closeInput, closeResponse } from './close-schema.ts'
import type { Answer, HandlerContext, RouteDefinition } from './definition.ts'

/** What `routes(app)` is given: a list that grows. `DB` and `Permission` are inferred by `defineBackend`. */
export interface App<DB, Permission extends string> {
  get: AddRoute<DB, Permission>
  post: AddRoute<DB, Permission>
  put: AddRoute<DB, Permission>
  patch: AddRoute<DB, Permission>
  delete: AddRoute<DB, Permission>
}

type AddRoute<DB, Permission extends string> = <
  const Responses extends Readonly<Record<number, TSchema | Kind>>,
  Params extends TSchema = never,
  Query extends TSchema = never,
  Body extends TSchema = never,
  Headers extends TSchema = never,
  const Public extends true | undefined = undefined,
>(
  path: string,
  options: RouteOptions<DB, Permission, Responses, Params, Query, Body, Headers, Public>,
) => void

export type RouteOptions<
  DB,
  Permission extends string,
  Responses extends Readonly<Record<number, TSchema | Kind>>,
  Params extends TSchema,
  Query extends TSchema,
  Body extends TSchema,
  Headers extends TSchema,
  Public extends true | undefined,
> = AccessOptions<Permission> & {
  /** Anybody may call it, without signing in. */
  readonly public?: Public
  readonly schema: {
    readonly params?: Params
    readonly query?: Query
    /** The header fields the handler reads, in lower case. */
    readonly headers?: Headers
    readonly body?: Body
    /** By status: a schema, or the kind of a reply that is no JSON. */
    readonly response: Responses
  }
  /** Form of the body. Default `json` where there is a body. */
  readonly accepts?: 'json' | 'form'
  /** Largest body in bytes. Default 64 KiB. */
  readonly maxBody?: number
  /** The table its body and reply are about, where field rules are to apply. */
  readonly object?: string
  /** A request that succeeds, so that the matrix can call it. Reading `seed.note` says that the route is about that note. */
  readonly examples?: Examples
  /** Why the matrix can't call it to success: then only refusals are tested. */
  readonly onlyRefusals?: string
  readonly handler: (
    context: HandlerContext<
      DB,
      Given<Params>,
      Given<Query>,
      Given<Body>,
      Given<Headers>,
      Public extends true ? Principal | null : Principal
    >,
  ) => Result<Responses> | Promise<Result<Responses>>
}

/** Exactly one of the three. */
type AccessOptions<Permission extends string> =
  | {
      /** Who holds it may call this. */
      readonly permission: Permission
      /** How recent the last authentication must be. */
      readonly stepUp?: Seconds
      readonly signedIn?: undefined
      readonly public?: undefined
    }
  | {
      /** Everybody who is signed in: for what is one's own account. */
      readonly signedIn: true
      readonly stepUp?: Seconds
      readonly permission?: undefined
      readonly public?: undefined
    }
  | {
      readonly public: true
      readonly permission?: undefined
      readonly signedIn?: undefined
      readonly stepUp?: undefined
    }

type Kind = Exclude<ResponseContract, JsonSchema>

/** `undefined` where there is no schema: nothing was checked, so there is nothing to read. */
type Given<Schema extends TSchema> = [Schema] extends [never] ? undefined : Static<Schema>

/** `undefined` is 404; a bare value is the body of the 200; anything else an {@link Answer} with a declared status. */
export type Result<Responses> =
  | undefined
  | (Responses extends { readonly 200: infer Contract } ? Contents<Contract> : never)
  | { [Status in keyof Responses & number]: Answer<Status, Contents<Responses[Status]>> }[keyof Responses & number]

type Contents<Contract> = Contract extends 'html'
  ? Html
  : Contract extends 'text' | 'css' | 'script'
    ? string
    : Contract extends 'csv'
      ? Csv
      : Contract extends 'redirect' | 'empty'
        ? undefined
        : Contract extends TSchema
          ? Static<Contract>
          : never

/**
 * Runs `routes` and checks what it declares.
 *
 * @throws StartRefusal `GET /notes: …`, for what is missing, contradicts itself or has no bound.
 */
export function collectRoutes<DB, Permission extends string>(
  routes: (app: App<DB, Permission>) => void,
  options: { readonly permissions: readonly string[]; readonly builtIn: boolean; readonly tables: readonly string[] },
): readonly RouteDefinition[] {
  const collected: RouteDefinition[] = []
  const adder =
    (method: RouteDefinition['method']): AddRoute<DB, Permission> =>
    (path, given) => {
      // The types are for whoever writes a route; here it is judged anew, since JavaScript can call this as well.
      collected.push(describeRoute(method, path, given as unknown as Untyped, options))
    }
  routes({ get: adder('GET'), post: adder('POST'), put: adder('PUT'), patch: adder('PATCH'), delete: adder('DELETE') })
  refuseDuplicates(collected)
  return collected
}

/** @throws StartRefusal where two routes answer the same requests. Parameter names make no difference. */
export function refuseDuplicates(routes: readonly RouteDefinition[]): void {
  const seen = new Set<string>()
  for (const { method, path } of routes) {
    const shape = `${method} ${path.replaceAll(/:[^/]+/g, ':')}`
    if (seen.has(shape)) throw new StartRefusal(`${method} ${path}`, 'is declared twice')
    seen.add(shape)
  }
}

interface Untyped {
  readonly permission?: unknown
  readonly public?: unknown
  readonly signedIn?: unknown
  readonly stepUp?: Seconds
  readonly schema?: Readonly<Record<string, unknown>>
  readonly accepts?: 'json' | 'form'
  readonly maxBody?: number
  readonly object?: string
  readonly examples?: Examples
  readonly onlyRefusals?: string
  readonly handler?: RouteDefinition['handler']
}

function describeRoute(
  method: RouteDefinition['method'],
  path: string,
  given: Untyped,
  {
    permissions,
    builtIn,
    tables,
  }: { readonly permissions: readonly string[]; readonly builtIn: boolean; readonly tables: readonly string[] },
): RouteDefinition {
  const where = `${method} ${path}`
  const refuse = (message: string): never => {
    throw new StartRefusal(where, message)
  }
  const parameters = checkPath(path, refuse)
  const unknown = Object.keys(given).find((name) => !OPTIONS.has(name))
  if (unknown !== undefined) refuse(`${unknown} is not an option of a route`)
  const access = accessOf(given, permissions, refuse)
  const schema = given.schema ?? refuse('has no schema')
  if (typeof given.handler !== 'function') refuse('has no handler')
  const part = (name: 'params' | 'query' | 'headers' | 'body'): Record<string, JsonSchema> =>
    schema[name] === undefined
      ? {}
      : { [name]: objectOf(`${where} ${name}`, closeInput(`${where} ${name}`, schema[name], name === 'headers')) }
  const parts = { ...part('params'), ...part('query'), ...part('headers'), ...part('body') }
  checkParameters(parameters, parts.params, refuse)
  const upper = Object.keys(properties(parts.headers)).find((name) => name !== name.toLowerCase())
  if (upper !== undefined) refuse(`header ${upper} is written in lower case`)
  if (parts.body && (method === 'GET' || method === 'DELETE')) refuse(`a ${method} has no body`)
  if (given.accepts && !parts.body) refuse('accepts a body without a schema for it')
  if (given.object !== undefined && !tables.includes(given.object))
    refuse(`is about ${given.object}, but no such table is declared`)
  const maxBody = given.maxBody ?? 65_536
  if (!Number.isSafeInteger(maxBody) || maxBody < 1 || maxBody > 16_777_216)
    refuse('maxBody is whole bytes, 16 MiB at most')
  return Object.freeze({
    method,
    path,
    access,
    schema: { ...parts, response: responseOf(where, schema.response, refuse) },
    accepts: parts.body ? (given.accepts ?? 'json') : 'nothing',
    maxBody,
    builtIn,
    ...(given.object === undefined ? {} : { object: given.object }),
    ...(given.examples === undefined ? {} : { examples: given.examples }),
    ...(given.onlyRefusals === undefined ? {} : { onlyRefusals: given.onlyRefusals }),
    handler: given.handler as RouteDefinition['handler'],
  })
}

type Refuse = (message: string) => never

/** The parameters' names, in order. */
function checkPath(path: string, refuse: Refuse): readonly string[] {
  if (!/^\/(?:(?::[a-zA-Z][a-zA-Z0-9]*|[a-z0-9._~-]+)(?:\/(?!$)|$))*$/.test(path))
    refuse('a path is /words and /:parameters in lower case, without a slash at its end')
  if (/\/\.{1,2}(\/|$)/.test(path)) refuse('a path has no dot segments')
  const names = path
    .split('/')
    .filter((segment) => segment.startsWith(':'))
    .map((segment) => segment.slice(1))
  if (new Set(names).size !== names.length) refuse('names a parameter twice')
  return names
}

function accessOf(given: Untyped, permissions: readonly string[], refuse: Refuse): Access {
  const said = [given.permission !== undefined, given.public === true, given.signedIn === true].filter(Boolean).length
  if (said === 0) return refuse('says neither a permission, nor signedIn, nor public')
  if (said > 1) return refuse('says more than one of permission, signedIn and public')
  const stepUp = given.stepUp
  if (stepUp !== undefined && !(Number.isFinite(stepUp) && stepUp > 0)) refuse('stepUp is a length of time above zero')
  if (given.public === true)
    return stepUp === undefined ? { kind: 'public' } : refuse('is public, so it can not ask for a step-up')
  const recent = stepUp === undefined ? {} : { stepUp }
  if (given.signedIn === true) return { kind: 'signed-in', ...recent }
  const permission = given.permission
  if (typeof permission !== 'string' || !permissions.includes(permission))
    return refuse(`asks for ${String(permission)}, but no such permission is declared`)
  return { kind: 'permission', permission, ...recent }
}

function checkParameters(names: readonly string[], schema: JsonSchema | undefined, refuse: Refuse): void {
  const declared = Object.keys(properties(schema))
  const missing = names.find((name) => !declared.includes(name))
  if (missing !== undefined) refuse(`its path has :${missing}, its params schema has not`)
  const extra = declared.find((name) => !names.includes(name))
  if (extra !== undefined) refuse(`its params schema has ${extra}, its path has not`)
  const required = schema?.required
  const optional = names.find((name) => !Array.isArray(required) || !required.includes(name))
  if (optional !== undefined) refuse(`:${optional} is always there, so it is not optional`)
}

function responseOf(where: string, responses: unknown, refuse: Refuse): Readonly<Record<string, ResponseContract>> {
  if (typeof responses !== 'object' || responses === null || Object.keys(responses).length === 0)
    return refuse('has no response schema')
  return Object.fromEntries(
    Object.entries(responses).map(([status, contract]) => {
      if (!/^[23]\d\d$/.test(status))
        refuse(`response ${status} is not a status of success; refusals are problems by themselves`)
      if (typeof contract !== 'string') return [status, closeResponse(`${where} response ${status}`, contract)]
      if (!KINDS.has(contract)) refuse(`response ${status} is ${contract}, which is no kind of reply`)
      return [status, contract as Kind]
    }),
  )
}

function objectOf(where: string, schema: JsonSchema): JsonSchema {
  if (schema.type !== 'object') throw new StartRefusal(where, 'is not the schema of an object')
  return schema
}

const properties = (schema: JsonSchema | undefined): Readonly<Record<string, unknown>> =>
  (schema?.properties as Readonly<Record<string, unknown>> | undefined) ?? {}

const KINDS: ReadonlySet<string> = new Set<Kind>(['html', 'redirect', 'csv', 'empty', 'text', 'css', 'script'])

const OPTIONS = new Set([
  'permission',
  'public',
  'signedIn',
  'stepUp',
  'schema',
  'accepts',
  'maxBody',
  'object',
  'examples',
  'onlyRefusals',
  'handler',
])
