import { StartRefusal } from '../../kernel/refusal.ts'
import type { JsonSchema } from '../../kernel/surface.ts'

/**
 * A schema of an input as the server compiles it: plain JSON Schema, every object closed to unknown properties.
 *
 * @param where - for the refusal: `POST /notes body`.
 * @param open - header fields: others than those read always come along.
 * @throws StartRefusal for what has no bound (texts, lists, numbers, records) or is not understood here.
 */
export function closeInput(where: string, schema: unknown, open = false): JsonSchema {
  const walk = (node: unknown, at: string): JsonSchema => {
    const given = asSchema(at, node)
    const unknown = Object.keys(given).find((keyword) => !INPUT_KEYWORDS.has(keyword))
    if (unknown !== undefined) throw new StartRefusal(at, `has ${unknown}, which inputs can not use`)
    const types = typesOf(at, given)
    if (!('const' in given) && !('enum' in given)) {
      for (const type of types) BOUNDS[type]?.(given, at)
    }
    return close(given, at, walk)
  }
  const closed = walk(schema, where)
  return open ? { ...closed, additionalProperties: true } : closed
}

/** A schema of a reply: every object closed, and nothing that would let anything through. */
export function closeResponse(where: string, schema: unknown): JsonSchema {
  const walk = (node: unknown, at: string): JsonSchema => {
    const given = asSchema(at, node)
    typesOf(at, given)
    if (given.additionalProperties === true) throw new StartRefusal(at, 'would let undeclared properties out')
    return close(given, at, walk)
  }
  return walk(schema, where)
}

type Walk = (node: unknown, at: string) => JsonSchema

/** A copy of a node with its children walked and its object closed. */
function close(given: JsonSchema, at: string, walk: Walk): JsonSchema {
  const closed: Record<string, unknown> = { ...given }
  for (const keyword of ['properties', 'patternProperties'] as const) {
    const children = given[keyword]
    if (typeof children !== 'object' || children === null) continue
    closed[keyword] = Object.fromEntries(
      Object.entries(children).map(([name, child]) => [name, walk(child, `${at}/${name}`)]),
    )
  }
  if (given.items !== undefined) closed.items = walk(given.items, `${at}/*`)
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const children = given[keyword]
    if (Array.isArray(children)) closed[keyword] = children.map((child) => walk(child, at))
  }
  if (given.pattern instanceof RegExp) closed.pattern = given.pattern.source
  if (includesType(given, 'object')) {
    const extra = given.additionalProperties
    closed.additionalProperties = typeof extra === 'object' && extra !== null ? walk(extra, `${at}/*`) : false
  }
  return closed
}

/** Takes enumerable properties only: TypeBox keeps its marks in hidden ones. */
function asSchema(at: string, node: unknown): JsonSchema {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) throw new StartRefusal(at, 'is no schema')
  return { ...node }
}

const includesType = (schema: JsonSchema, type: string): boolean =>
  schema.type === type || (Array.isArray(schema.type) && schema.type.includes(type))

function typesOf(at: string, schema: JsonSchema): readonly string[] {
  const type = schema.type
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type
  if (['const', 'enum', 'anyOf', 'oneOf'].some((keyword) => keyword in schema)) return []
  throw new StartRefusal(at, 'takes anything; say a type')
}

const needs = (schema: JsonSchema, at: string, keywords: readonly (readonly string[])[]): void => {
  for (const alternatives of keywords) {
    const bound = alternatives.some(
      (keyword) => typeof schema[keyword] === 'number' && Number.isFinite(schema[keyword]),
    )
    if (!bound) throw new StartRefusal(at, `has no bound; say ${alternatives[0]}`)
  }
}

/** What makes each type bounded. */
const BOUNDS: Readonly<Record<string, (schema: JsonSchema, at: string) => void>> = {
  string(schema, at) {
    if (!BOUNDED_FORMATS.has(String(schema.format))) needs(schema, at, [['maxLength']])
  },
  array(schema, at) {
    needs(schema, at, [['maxItems']])
    if (schema.items === undefined) throw new StartRefusal(at, 'takes a list of anything; say items')
  },
  number: (schema, at) =>
    needs(schema, at, [
      ['minimum', 'exclusiveMinimum'],
      ['maximum', 'exclusiveMaximum'],
    ]),
  integer: (schema, at) => BOUNDS.number?.(schema, at),
  object(schema, at) {
    const extra = schema.additionalProperties
    if (extra === true) throw new StartRefusal(at, 'is open to undeclared properties')
    if (schema.patternProperties !== undefined || (typeof extra === 'object' && extra !== null))
      needs(schema, at, [['maxProperties']])
  },
}

const BOUNDED_FORMATS = new Set(['uuid', 'date-time', 'date', 'time', 'ipv4', 'ipv6'])

const INPUT_KEYWORDS = new Set(
  `type title description default examples const enum anyOf oneOf properties required additionalProperties patternProperties
  minProperties maxProperties items minItems maxItems uniqueItems minLength maxLength pattern format minimum maximum
  exclusiveMinimum exclusiveMaximum multipleOf readOnly writeOnly`.split(/\s+/),
)
