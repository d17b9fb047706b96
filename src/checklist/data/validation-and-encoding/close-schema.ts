import { StartRefusal } from '../../../kernel/refusal.ts'
import type { JsonSchema } from '../../../kernel/surface.ts'

/** The bounds that hold where a declaration sets none. */
export const BOUNDS = Object.freeze({
  /** Characters of a text. */
  maxLength: 10_000,
  /** Entries of a list. */
  maxItems: 1_000,
  /** Properties of an object whose names are free. */
  maxProperties: 100,
  /** Size of a number, up and down: beyond it, JSON numbers lose digits. */
  magnitude: Number.MAX_SAFE_INTEGER,
})

/**
 * The schema of a request part with its gaps closed: objects take their declared properties only, texts, lists and numbers
 * have bounds. What is to be checked can then be bounded before it is looked at.
 *
 * @param where - `POST /notes body`, for the message.
 *
 * @throws {@link StartRefusal} for a schema that takes anything, and for keywords whose meaning changes when objects are closed.
 */
export function closeRequestSchema(schema: JsonSchema, where: string): JsonSchema {
  return walk(schema, where, bounded)
}

/**
 * The schema of a response with its gaps closed, so that what it doesn't name does not leave. Objects stand without
 * `additionalProperties`: the serializer then writes the named properties only, and a value with more of them still
 * fits its branch of a union.
 *
 * @throws {@link StartRefusal} for a schema, at any depth, that lets anything through.
 */
export function closeResponseSchema(schema: JsonSchema, where: string): JsonSchema {
  return walk(schema, where, ({ additionalProperties: rest, ...closed }) =>
    isRecord(rest) ? { ...closed, additionalProperties: rest } : closed,
  )
}

type Finish = (schema: Record<string, unknown>, type: string) => Record<string, unknown>

function walk(schema: unknown, where: string, finish: Finish): JsonSchema {
  if (!isRecord(schema)) throw new StartRefusal(where, 'takes anything; say what it is')
  for (const keyword of REFUSED) {
    if (keyword in schema) throw new StartRefusal(where, `uses "${keyword}"; write the object out, or use a union`)
  }
  for (const keyword of UNIONS) {
    const branches = schema[keyword]
    if (branches === undefined) continue
    if (!Array.isArray(branches) || branches.length === 0) throw new StartRefusal(where, `has an empty "${keyword}"`)
    return { ...schema, [keyword]: branches.map((branch) => walk(branch, where, finish)) }
  }
  if ('const' in schema || 'enum' in schema) return schema
  const { type } = schema
  if (Array.isArray(type)) {
    if (type.includes('object') || type.includes('array')) {
      throw new StartRefusal(where, 'is several types at once; use a union')
    }
    return type.reduce<Record<string, unknown>>((closed, one) => finish(closed, String(one)), { ...schema })
  }
  if (type === 'object') return closeObject(schema, where, finish)
  if (type === 'array') return closeArray(schema, where, finish)
  if (typeof type !== 'string' || !SIMPLE.has(type)) throw new StartRefusal(where, 'takes anything; say what it is')
  return finish({ ...schema }, type)
}

function closeObject(schema: JsonSchema, where: string, finish: Finish): JsonSchema {
  const closed: Record<string, unknown> = { ...schema }
  if (isRecord(schema.properties)) {
    closed.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, part]) => [name, walk(part, `${where}/${name}`, finish)]),
    )
  }
  if (isRecord(schema.patternProperties)) {
    closed.patternProperties = Object.fromEntries(
      Object.entries(schema.patternProperties).map(([name, part]) => [name, walk(part, `${where}/*`, finish)]),
    )
  }
  const rest = schema.additionalProperties
  if (rest === true) throw new StartRefusal(where, 'takes properties it does not name')
  closed.additionalProperties = isRecord(rest) ? walk(rest, `${where}/*`, finish) : false
  return finish(closed, 'object')
}

function closeArray(schema: JsonSchema, where: string, finish: Finish): JsonSchema {
  const { items } = schema
  if (items === undefined) throw new StartRefusal(where, 'is a list of anything; say of what')
  const closed = Array.isArray(items)
    ? { ...schema, items: items.map((item, i) => walk(item, `${where}/${i}`, finish)), additionalItems: false }
    : { ...schema, items: walk(items, `${where}/*`, finish) }
  return finish(closed, 'array')
}

const bounded: Finish = (schema, type) => {
  if (type === 'string') return 'maxLength' in schema ? schema : { ...schema, maxLength: BOUNDS.maxLength }
  if (type === 'array') return 'maxItems' in schema ? schema : { ...schema, maxItems: BOUNDS.maxItems }
  if (type === 'integer' || type === 'number') {
    const above = 'maximum' in schema || 'exclusiveMaximum' in schema ? {} : { maximum: BOUNDS.magnitude }
    const below = 'minimum' in schema || 'exclusiveMinimum' in schema ? {} : { minimum: -BOUNDS.magnitude }
    return { ...schema, ...above, ...below }
  }
  const free = type === 'object' && (schema.additionalProperties !== false || 'patternProperties' in schema)
  return free && !('maxProperties' in schema) ? { ...schema, maxProperties: BOUNDS.maxProperties } : schema
}

const SIMPLE = new Set(['string', 'integer', 'number', 'boolean', 'null'])
const UNIONS = ['anyOf', 'oneOf'] as const
/** Closing each part of an intersection would refuse the other parts' properties; references hide what they hold. */
const REFUSED = ['allOf', 'not', 'if', '$ref', 'unevaluatedProperties', 'dependentSchemas', 'contentEncoding'] as const

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
