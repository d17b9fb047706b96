import { _, Ajv, type ErrorObject, type Options } from 'ajv'
import formats from 'ajv-formats'
import type { JsonSchema } from '../../kernel/surface.ts'

/** Checks a value against a schema; on `false` its `errors` tell where. Fills in declared defaults. */
export type Check = ((value: unknown) => boolean) & { errors?: null | ErrorObject[] }

export type SchemaError = Pick<ErrorObject, 'instancePath' | 'keyword' | 'params'>

/** How strictly values are taken. Both exist so that a test can see what their absence does. */
export interface CompileOptions {
  /** Changes a value's type to fit. */
  readonly coerceTypes: boolean | 'array'
  /** Drops what the schema does not know, instead of refusing it. */
  readonly removeAdditional: boolean | 'all'
}

export const STRICT: CompileOptions = Object.freeze({ coerceTypes: false, removeAdditional: false })

/**
 * A compiler of JSON Schemas: strict (an unknown keyword or format throws), stops at the first error (so that the work is
 * bounded by the schema and not by the input), changes nothing but to fill in declared defaults.
 *
 * Compilers of the same strictness share what they compiled: a schema is compiled once a process, however many servers
 * have it (twins, tests), and the schema of schemas too, which costs more than all others together.
 */
export function createSchemaCompiler(options: CompileOptions = STRICT): (schema: JsonSchema) => Check {
  const strictness = `${options.coerceTypes} ${options.removeAdditional}`
  const known = compilers.get(strictness)
  if (known !== undefined) return known
  const ajv = new Ajv({ ...SETTINGS, ...options })
  formats.default(ajv, { mode: 'full' })
  for (const [name, test] of Object.entries(FORMATS)) ajv.addFormat(name, test)
  addLengthKeywords(ajv)
  /** By what the schema says: servers make their own copies of it. As many as are declared. */
  const checks = new Map<string, Check>()
  const compile = (schema: JsonSchema): Check => {
    const text = JSON.stringify(schema)
    let check = checks.get(text)
    if (check === undefined) {
      check = ajv.compile(schema) as Check
      checks.set(text, check)
    }
    return check
  }
  compilers.set(strictness, compile)
  return compile
}

/** By strictness, of which there are six. */
const compilers = new Map<string, (schema: JsonSchema) => Check>()

/** What an error asks for, in words. Quotes the schema, never the value. */
export function describeSchemaError({ keyword, params }: SchemaError): string {
  const say = WORDS[keyword]
  return say === undefined ? 'does not fit' : say(params)
}

const SETTINGS: Options = {
  strict: true,
  strictRequired: false,
  strictTypes: true,
  allowUnionTypes: true,
  strictTuples: false, // TypeBox writes tuples with their bounds
  allErrors: false,
  useDefaults: true,
  validateFormats: true,
  addUsedSchema: false,
  inlineRefs: true,
  logger: false,
}

/** Formats taken more narrowly than ajv-formats does: what passes here, PostgreSQL takes too. */
const FORMATS: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, // theirs takes `urn:uuid:` as well
}

/**
 * Lengths count code points, as JSON Schema says and PostgreSQL does; ajv's own keywords count them one by one even where
 * the number of code units already decides.
 */
function addLengthKeywords(ajv: Ajv): void {
  for (const keyword of ['maxLength', 'minLength'] as const) {
    ajv.removeKeyword(keyword)
    ajv.addKeyword({
      keyword,
      type: 'string',
      schemaType: 'number',
      error: { message: 'length', params: ({ schemaCode }) => _`{limit: ${schemaCode}}` },
      code(context) {
        const { gen, data, schema } = context
        const limit: number = schema
        const points = gen.scopeValue('func', { ref: countCodePoints })
        context.fail(
          keyword === 'maxLength'
            ? _`${data}.length > ${limit} && (${data}.length > ${limit * 2} || ${points}(${data}) > ${limit})`
            : _`${data}.length < ${limit * 2} && (${data}.length < ${limit} || ${points}(${data}) < ${limit})`,
        )
      },
    })
  }
}

function countCodePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(i + 1)
      if (next >= 0xdc00 && next <= 0xdfff) {
        count--
        i++
      }
    }
  }
  return count
}

const listed = (values: unknown): string =>
  Array.isArray(values)
    ? values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(', ')
    : ''

const WORDS: Readonly<Record<string, (params: Record<string, unknown>) => string>> = {
  type: ({ type }) => `must be ${TYPES[String(type)] ?? `of type ${String(type)}`}`,
  required: () => 'is required',
  additionalProperties: () => 'is not known here',
  maxLength: ({ limit }) => `must have at most ${limit} characters`,
  minLength: ({ limit }) => `must have at least ${limit} characters`,
  maximum: ({ limit }) => `must be at most ${limit}`,
  minimum: ({ limit }) => `must be at least ${limit}`,
  exclusiveMaximum: ({ limit }) => `must be below ${limit}`,
  exclusiveMinimum: ({ limit }) => `must be above ${limit}`,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${multipleOf}`,
  maxItems: ({ limit }) => `must have at most ${limit} entries`,
  minItems: ({ limit }) => `must have at least ${limit} entries`,
  uniqueItems: () => 'must not repeat an entry',
  maxProperties: ({ limit }) => `must have at most ${limit} properties`,
  minProperties: ({ limit }) => `must have at least ${limit} properties`,
  pattern: () => 'does not have the right form',
  format: ({ format }) => `must be ${NAMES[String(format)] ?? `of the form ${String(format)}`}`,
  enum: ({ allowedValues }) => `must be one of ${listed(allowedValues)}`,
  const: ({ allowedValue }) => `must be ${listed([allowedValue])}`,
  anyOf: () => 'fits none of the accepted forms',
  oneOf: () => 'fits none of the accepted forms',
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
}

const NAMES: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  email: 'an e-mail address',
  date: 'a date like 2026-11-23',
  'date-time': 'a moment like 2026-11-23T20:50:00Z',
  uri: 'an address like https://example.org/',
}
