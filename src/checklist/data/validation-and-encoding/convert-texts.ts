import type { JsonSchema } from '../../../kernel/surface.ts'

/** Where texts come from: only a form has checkboxes and sends fields left empty. */
export type TextSource = 'params' | 'query' | 'form'

/** What a parameter's text is to become. */
type Kind = 'text' | 'integer' | 'number' | 'boolean' | 'list'

interface Field {
  readonly name: string
  readonly kind: Kind
  /** Of a list's entries. */
  readonly entries: Kind
  /** A form field left empty means that nothing was entered. */
  readonly emptyIsAbsent: boolean
}

/** Changes texts into the declared types in place, where they are exactly that; everything else is left to the check to refuse. */
export type Convert = (values: Record<string, unknown>) => void

/**
 * Parameters arrive as text. A number is what JSON calls a number, in its shortest form; a boolean is `true` or `false`
 * (`on` in a form, as a checkbox sends it); a list may come as one value. `' 1'`, `1e3`, `0x1`, `''` and `yes` stay texts, and are refused.
 *
 * @returns `null` where there is nothing to convert.
 */
export function converterFor(schema: JsonSchema, source: TextSource): Convert | null {
  const fields = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
    .map(([name, part]) => fieldOf(name, part, source, requiredOf(schema)))
    .filter((field) => field.kind !== 'text' || field.emptyIsAbsent)
  if (fields.length === 0) return null
  return (values) => {
    for (const field of fields) convert(values, field, source)
  }
}

function convert(values: Record<string, unknown>, field: Field, source: TextSource): void {
  const value = values[field.name]
  if (value === undefined) return
  if (field.emptyIsAbsent && value === '') {
    delete values[field.name]
    return
  }
  if (field.kind === 'list') {
    const entries = Array.isArray(value) ? value : [value]
    values[field.name] = entries.map((entry) => converted(entry, field.entries, source))
  } else values[field.name] = converted(value, field.kind, source)
}

function converted(value: unknown, kind: Kind, source: TextSource): unknown {
  if (typeof value !== 'string') return value // given twice: a list, which the check refuses
  if (kind === 'integer') return INTEGER.test(value) ? Number(value) : value
  if (kind === 'number') return NUMBER.test(value) ? Number(value) : value
  if (kind !== 'boolean') return value
  if (value === 'true' || (source === 'form' && value === 'on')) return true
  return value === 'false' ? false : value
}

/** No leading zeros, no plus, no `-0`; at most as many digits as a number keeps. */
const INTEGER = /^(?:0|-?[1-9]\d{0,15})$/
const NUMBER = /^(?:0|-?[1-9]\d{0,15}|-?(?:0|[1-9]\d{0,8})\.\d{1,6})$/

function fieldOf(name: string, schema: JsonSchema, source: TextSource, required: readonly string[]): Field {
  const kind = kindOf(schema)
  const items = schema.items
  return {
    name,
    kind,
    entries: kind === 'list' && typeof items === 'object' && items !== null ? kindOf(items as JsonSchema) : 'text',
    emptyIsAbsent: source === 'form' && !required.includes(name) && !takesEmpty(schema, kind),
  }
}

function kindOf(schema: JsonSchema): Kind {
  const types = new Set(typesOf(schema))
  types.delete('null')
  const [type, ...others] = types
  if (others.length > 0) return 'text'
  if (type === 'integer' || type === 'number' || type === 'boolean') return type
  return type === 'array' ? 'list' : 'text'
}

function typesOf(schema: JsonSchema): readonly string[] {
  const branches = schema.anyOf ?? schema.oneOf
  if (Array.isArray(branches)) return branches.flatMap((branch: JsonSchema) => typesOf(branch))
  if (typeof schema.type === 'string') return [schema.type]
  if (Array.isArray(schema.type)) return schema.type
  const values = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : []
  return values.map((value) => (value === null ? 'null' : typeof value))
}

/** Whether an empty text is a value of its own: for a plain optional text it is, for a date it can't be. */
const takesEmpty = (schema: JsonSchema, kind: Kind): boolean =>
  kind === 'text' && schema.type === 'string' && !TELLING.some((keyword) => keyword in schema)

const TELLING = ['minLength', 'format', 'pattern', 'enum', 'const'] as const

const requiredOf = (schema: JsonSchema): readonly string[] =>
  Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : []
