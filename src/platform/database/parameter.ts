import type { WireValue } from './wire-writer.ts'

/**
 * JavaScript values as bound parameters. Texts, numbers, booleans and dates travel as text, bytes as bytes, arrays as
 * PostgreSQL arrays, plain objects as JSON (a JSON array is passed as its text).
 *
 * @throws TypeError for what has no one meaning: `undefined`, functions, symbols, and objects of a class. A `Secret`
 * is such an object: it must be released on purpose.
 */
export function encodeParameters(values: readonly unknown[]): readonly WireValue[] {
  if (values.length > MAX_PARAMETERS) throw new TypeError(`more than ${MAX_PARAMETERS} parameters`)
  return values.every(isText) ? values : values.map(encode)
}

const isText = (value: unknown): value is string => typeof value === 'string'

function encode(value: unknown): WireValue {
  if (value instanceof Uint8Array) return value
  return value === null ? null : asText(value)
}

function asText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      if (value instanceof Date) return dateText(value)
      if (Array.isArray(value)) return arrayText(value)
      if (isPlain(value)) return JSON.stringify(value)
  }
  throw new TypeError(`a parameter can not be ${describe(value)}`)
}

function dateText(date: Date): string {
  const year = date.getUTCFullYear()
  // Also false for an invalid date, whose year is NaN.
  if (!(year >= 1 && year <= 9999)) throw new TypeError('a parameter is no date between the years 1 and 9999')
  return date.toISOString()
}

/** `{"a","b",NULL,{"c"}}`: every element is quoted, so that none can end its place. */
function arrayText(array: readonly unknown[]): string {
  const elements = array.map((element) => {
    if (element === null) return 'NULL'
    if (Array.isArray(element)) return arrayText(element)
    const text = element instanceof Uint8Array ? `\\x${Buffer.from(element).toString('hex')}` : asText(element)
    return `"${text.replace(/["\\]/g, '\\$&')}"`
  })
  return `{${elements.join(',')}}`
}

function isPlain(value: object | null): value is object {
  if (value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const describe = (value: unknown): string =>
  typeof value === 'object' ? `an object of a class` : value === undefined ? 'undefined' : `a ${typeof value}`

/** Bind counts them in 16 bits. */
const MAX_PARAMETERS = 65_535
