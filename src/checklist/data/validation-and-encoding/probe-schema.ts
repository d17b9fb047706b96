import type { JsonSchema } from '../../../kernel/surface.ts'

/**
 * A small reading of JSON Schema, apart from the server's: what a value breaks. Lenient where it does not know a keyword
 * or a format, so that what it calls wrong is wrong for certain.
 */
export const fits = (schema: JsonSchema, value: unknown): boolean => misfit(schema, value) === null

/**
 * Where a value leaves its schema, as `/notes/0/title is not declared`, or `null`. Properties that no schema names are misfits.
 */
export function misfit(schema: JsonSchema, value: unknown, at = ''): string | null {
  const branches = schema.anyOf ?? schema.oneOf
  if (Array.isArray(branches)) {
    const found = branches.map((branch: JsonSchema) => misfit(branch, value, at))
    return found.includes(null) ? null : (found[0] ?? null)
  }
  if ('const' in schema) return schema.const === value ? null : `${at} has another value`
  if (Array.isArray(schema.enum)) return schema.enum.includes(value) ? null : `${at} has another value`
  const types = Array.isArray(schema.type) ? schema.type : [schema.type]
  if (!types.some((type) => hasType(value, type))) return `${at} has another type`
  if (typeof value === 'string') return textMisfit(schema, value, at)
  if (typeof value === 'number') return numberMisfit(schema, value, at)
  if (Array.isArray(value)) return listMisfit(schema, value, at)
  return typeof value === 'object' && value !== null ? objectMisfit(schema, value, at) : null
}

/** A value that fits, made from the schema alone; `undefined` where that takes more than the schema says. */
export function sampleOf(schema: JsonSchema): unknown {
  const branches = schema.anyOf ?? schema.oneOf
  if (Array.isArray(branches)) return sampleOf(branches[0] as JsonSchema)
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object') {
    const required = Array.isArray(schema.required) ? schema.required : []
    const properties = propertiesOf(schema)
    return Object.fromEntries(required.map((name: string) => [name, sampleOf(properties[name] ?? {})]))
  }
  if (type === 'array') {
    return Array.from({ length: Number(schema.minItems ?? 0) }, () => sampleOf((schema.items ?? {}) as JsonSchema))
  }
  if (type === 'string') return sampleText(schema)
  if (type === 'integer' || type === 'number') return sampleNumber(schema)
  return type === 'boolean' ? true : null
}

export const propertiesOf = (schema: JsonSchema): Readonly<Record<string, JsonSchema>> =>
  (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>

/** The types a value may have, through unions. */
export function typesOf(schema: JsonSchema): readonly string[] {
  const branches = schema.anyOf ?? schema.oneOf
  if (Array.isArray(branches)) return branches.flatMap((branch: JsonSchema) => typesOf(branch))
  if (typeof schema.type === 'string') return [schema.type]
  return Array.isArray(schema.type) ? schema.type : []
}

function sampleNumber({ type, minimum, exclusiveMinimum, maximum }: JsonSchema): number {
  if (typeof exclusiveMinimum !== 'number') return Math.ceil(Number(minimum ?? 0))
  return type === 'number' && typeof maximum === 'number'
    ? (exclusiveMinimum + maximum) / 2
    : Math.floor(exclusiveMinimum) + 1
}

function sampleText(schema: JsonSchema): string | undefined {
  const known = schema.format === undefined ? undefined : SAMPLES[String(schema.format)]
  const text = known ?? 'a'.repeat(Math.max(1, Number(schema.minLength ?? 0)))
  return fits(schema, text) ? text : undefined
}

const SAMPLES: Readonly<Record<string, string>> = {
  uuid: '0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee',
  email: 'somebody@example.test',
  'date-time': '2026-11-23T20:50:00Z',
  date: '2026-11-23',
}

function hasType(value: unknown, type: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'number') return Number.isFinite(value)
  return typeof value === type
}

function textMisfit(schema: JsonSchema, text: string, at: string): string | null {
  const length = [...text].length
  if (length > Number(schema.maxLength ?? Number.POSITIVE_INFINITY)) return `${at} is too long`
  if (length < Number(schema.minLength ?? 0)) return `${at} is too short`
  if (typeof schema.pattern === 'string' && !new RegExp(schema.pattern, 'u').test(text)) return `${at} has another form`
  const format = FORMATS[String(schema.format)]
  return format === undefined || format.test(text) ? null : `${at} has another form`
}

/** What these formats can't be without. */
const FORMATS: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  email: /^[^\s@]+@[^\s@]+$/,
  'date-time': /^\d{4}-[01]\d-[0-3]\d[Tt ]\d\d:\d\d:\d\d/,
  date: /^\d{4}-[01]\d-[0-3]\d$/,
}

function numberMisfit(schema: JsonSchema, number: number, at: string): string | null {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  const outside =
    (typeof minimum === 'number' && number < minimum) ||
    (typeof maximum === 'number' && number > maximum) ||
    (typeof exclusiveMinimum === 'number' && number <= exclusiveMinimum) ||
    (typeof exclusiveMaximum === 'number' && number >= exclusiveMaximum) ||
    (typeof multipleOf === 'number' && number % multipleOf !== 0)
  return outside ? `${at} is out of bounds` : null
}

function listMisfit(schema: JsonSchema, list: readonly unknown[], at: string): string | null {
  if (list.length > Number(schema.maxItems ?? Number.POSITIVE_INFINITY)) return `${at} has too many entries`
  if (list.length < Number(schema.minItems ?? 0)) return `${at} has too few entries`
  if (schema.uniqueItems === true && new Set(list.map((entry) => JSON.stringify(entry))).size < list.length) {
    return `${at} repeats an entry`
  }
  const { items } = schema
  if (typeof items !== 'object' || items === null) return null
  for (const [i, entry] of list.entries()) {
    const found = misfit((Array.isArray(items) ? (items[i] ?? {}) : items) as JsonSchema, entry, `${at}/${i}`)
    if (found !== null) return found
  }
  return null
}

function objectMisfit(schema: JsonSchema, object: object, at: string): string | null {
  for (const name of Array.isArray(schema.required) ? schema.required : []) {
    if (!Object.hasOwn(object, name)) return `${at}/${name} is missing`
  }
  const properties = propertiesOf(schema)
  const patterns = Object.entries((schema.patternProperties ?? {}) as Record<string, JsonSchema>)
  for (const [name, value] of Object.entries(object)) {
    const byName = Object.hasOwn(properties, name) ? properties[name] : undefined
    const byPattern = patterns.find(([pattern]) => new RegExp(pattern, 'u').test(name))?.[1]
    const rest =
      typeof schema.additionalProperties === 'object' ? (schema.additionalProperties as JsonSchema) : undefined
    const part = byName ?? byPattern ?? rest
    if (part === undefined) return `${at}/${name} is not declared`
    const found = misfit(part, value, `${at}/${name}`)
    if (found !== null) return found
  }
  return null
}
