import { StartRefusal } from '../../kernel/refusal.ts'
import type { Access, Examples, JsonSchema, ResponseContract, StepUp } from '../../kernel/surface.ts'
import type { Seconds } from '../../kernel/time.ts'
import { closeInput, closeResponse } from './close-schema.ts'
import type { RouteDefinition } from './definition.ts'
import type { Kind } from './routes.ts'

/** A route as anybody may hand it over; JavaScript knows no types. */
export interface Untyped {
  readonly permission?: unknown
  readonly public?: unknown
  readonly signedIn?: unknown
  readonly stepUp?: unknown
  readonly schema?: Readonly<Record<string, unknown>>
  readonly accepts?: 'json' | 'form'
  readonly maxBody?: number
  readonly object?: string
  readonly examples?: Examples
  readonly onlyRefusals?: string
  readonly handler?: RouteDefinition['handler']
}

/**
 * Judges a route and takes its types off.
 *
 * @throws StartRefusal `GET /notes: …`
 */
export function describeRoute(
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
  const stepUp = stepUpOf(given.stepUp, refuse)
  if (given.public === true)
    return stepUp === undefined ? { kind: 'public' } : refuse('is public, so it can not ask for a step-up')
  const recent = stepUp === undefined ? {} : { stepUp }
  if (given.signedIn === true) return { kind: 'signed-in', ...recent }
  const permission = given.permission
  if (typeof permission !== 'string' || !permissions.includes(permission))
    return refuse(`asks for ${String(permission)}, but no such permission is declared`)
  return { kind: 'permission', permission, ...recent }
}

/** A length of time alone asks for what somebody has; with an assurance, for that. */
function stepUpOf(given: unknown, refuse: Refuse): StepUp | undefined {
  if (given === undefined) return undefined
  const asked: Readonly<Record<string, unknown>> =
    typeof given === 'object' && given !== null ? { ...given } : { within: given }
  const { within, assurance } = asked
  if (typeof within !== 'number' || !Number.isFinite(within) || within <= 0)
    return refuse('stepUp is a length of time above zero, or { within, assurance }')
  const unknown = Object.keys(asked).find((name) => name !== 'within' && name !== 'assurance')
  if (unknown !== undefined) refuse(`${unknown} is not an option of stepUp`)
  if (assurance === undefined) return { within: within as Seconds }
  if (assurance !== 2 && assurance !== 3) return refuse('stepUp asks for assurance 2 or 3')
  return { within: within as Seconds, assurance }
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
      // A page may be shown again with what was wrong; everything else that refuses is a problem reply.
      if (!(/^[23]\d\d$/.test(status) || (contract === 'html' && /^4\d\d$/.test(status))))
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

const KINDS: ReadonlySet<string> = new Set<Kind>([
  'html',
  'redirect',
  'csv',
  'empty',
  'text',
  'document',
  'css',
  'script',
])

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
