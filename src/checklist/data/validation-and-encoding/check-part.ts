import type { FieldProblem } from '../../../kernel/refusal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { JsonSchema } from '../../../kernel/surface.ts'
import { type Check, describeSchemaError, type SchemaError } from '../../../platform/http/compile-schema.ts'
import { type Convert, converterFor, type TextSource } from './convert-texts.ts'
import { MalformedQuery } from './strict-form.ts'

/** Where in a request something stands. */
export type Part = 'params' | 'query' | 'headers' | 'body'

/** One part of one route's requests, ready to be checked. */
export interface PartCheck {
  readonly part: Part
  readonly check: Check
  /** Changes texts into declared types; `null` for JSON, which has types. */
  readonly convert: Convert | null
  /** Whether nothing at all is fine as it is: no property is required and none has a default. */
  readonly mayBeEmpty: boolean
}

export function partCheck(
  part: Part,
  schema: JsonSchema,
  compile: (schema: JsonSchema) => Check,
  form: boolean,
): PartCheck {
  const source: TextSource | null = part === 'query' || part === 'params' ? part : form ? 'form' : null
  return {
    part,
    check: compile(schema),
    convert: source === null ? null : converterFor(schema, source),
    mayBeEmpty: part === 'query' && !Array.isArray(schema.required) && !JSON.stringify(schema).includes('"default"'),
  }
}

/** Why the value of a part is refused, or `null`. Converts in place. */
export function verdictOn({ part, check, convert, mayBeEmpty }: PartCheck, value: unknown): Refusal | null {
  if (value instanceof MalformedQuery) return value.refusal
  if (mayBeEmpty && isEmpty(value)) return null
  if (part === 'params' && hasNul(value)) return new Refusal('request-malformed', 'the path has a NUL character')
  if (convert !== null && isRecord(value)) convert(value)
  return check(value) ? null : inputInvalid(part, check.errors ?? [])
}

function inputInvalid(part: Part, errors: readonly SchemaError[]): Refusal {
  // Of a union, the branches' errors come first and its own last.
  const last = errors.at(-1)
  const error = last !== undefined && (last.keyword === 'anyOf' || last.keyword === 'oneOf') ? last : errors[0]
  const field: FieldProblem =
    error === undefined
      ? { at: part, problem: 'does not fit' }
      : { at: placeOf(part, error), problem: describeSchemaError(error) }
  return new Refusal('input-invalid', `${field.at} ${field.problem}`, { fields: [field] })
}

/** `body/title`. Names that the sender chose are told only where they look like names. */
function placeOf(part: Part, { instancePath, params }: SchemaError): string {
  const further: unknown = params.missingProperty ?? params.additionalProperty ?? params.propertyName
  const path = typeof further === 'string' ? `${instancePath}/${further}` : instancePath
  return (
    part +
    path
      .split('/')
      .map((step) => (/^[\w.-]{0,64}$/.test(step) ? step : '?'))
      .join('/')
  )
}

const isEmpty = (value: unknown): boolean => {
  for (const _name in value as object) return false
  return true
}

const hasNul = (params: unknown): boolean =>
  isRecord(params) && Object.values(params).some((value) => typeof value === 'string' && value.includes('\0'))

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
