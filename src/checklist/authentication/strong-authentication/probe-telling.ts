import type { SurfaceRoute } from '../../../kernel/surface.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { type Person, textAt } from './probe-people.ts'

/** Routes whose answer has a place for a password or a hash, whatever is put there today. */
export const routesThatCouldTell = (routes: readonly SurfaceRoute[]): readonly SurfaceRoute[] =>
  routes.filter(({ schema }) =>
    Object.values(schema.response).some((response) => typeof response !== 'string' && hasPlace(response)),
  )

/** What the routes that can be asked without knowing an id really answered, to the owner of a password and to an administrator. */
export interface Answers {
  /** Served, of either. */
  readonly served: number
  /** `GET /path`, each that held the password, its hash, or the hash's salt or tag. */
  readonly telling: readonly string[]
  /** Whether one of them told the owner's address: they are about the owner. */
  readonly aboutOwner: boolean
}

/** @param hash - as it is stored, a PHC string. */
export async function askAll(context: ProbeContext, owner: Person, hash: string): Promise<Answers> {
  const secrets = [owner.password, hash, ...hash.split('$').slice(-2)]
  const telling = new Set<string>()
  let served = 0
  let aboutOwner = false
  for (const { method, path, schema } of context.surface.routes) {
    if (method !== 'GET' || path.includes(':') || typeof schema.response['200'] !== 'object') continue
    for (const who of [{ token: owner.token }, { as: context.identity('admin') }]) {
      const reply = await context.network.request({ path, ...who })
      if (reply.status !== 200) continue
      served += 1
      const text = reply.text()
      if (secrets.some((secret) => text.includes(secret))) telling.add(`GET ${path}`)
      aboutOwner ||= text.includes(owner.email)
    }
  }
  return { served, telling: [...telling], aboutOwner }
}

/** Whether somewhere in a schema a property named like a password or a hash can hold text. */
function hasPlace(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false
  return Object.entries(schema).some(([key, value]) =>
    key === 'properties' && typeof value === 'object' && value !== null
      ? Object.entries(value).some(([name, of]) => (TELLING.test(name) && holdsText(of)) || hasPlace(of))
      : hasPlace(value),
  )
}

/**
 * Whether a value of this schema can be or contain text that is no moment: that there is a password, and since when, is no
 * secret to its owner. What the schema leaves open counts as text.
 */
function holdsText(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return true
  const { anyOf, oneOf, items, properties, additionalProperties } = schema as Readonly<Record<string, unknown>>
  const either = anyOf ?? oneOf
  if (Array.isArray(either)) return either.some(holdsText)
  switch (textAt(schema, 'type')) {
    case 'null':
    case 'boolean':
    case 'integer':
    case 'number':
      return false
    case 'string':
      return textAt(schema, 'format') !== 'date-time'
    case 'array':
      return holdsText(items)
    case 'object':
      return additionalProperties !== false || Object.values(properties ?? {}).some(holdsText)
    default:
      return true
  }
}

const TELLING = /passw|^hash$|_hash$|pepper|phc/i
