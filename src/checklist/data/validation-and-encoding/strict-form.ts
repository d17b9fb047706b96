import { isUtf8 } from 'node:buffer'
import { Refusal } from '../../../kernel/refusal.ts'

/** Most parameters a query or a form may have. */
export const MOST_PARAMETERS = 200

/** Names with their text; a list where a name was given more than once. Nothing is inherited: `toString` is absent. */
export type Pairs = Record<string, string | string[]>

/** A query that can't be read. The router calls the parser where nothing may be thrown, so the refusal waits here. */
export class MalformedQuery {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    this.refusal = refusal
  }
}

/**
 * Reads the query of a request target.
 *
 * @returns a {@link MalformedQuery} for invalid percent signs and UTF-8, NUL, `__proto__`, a missing name and more than
 * {@link MOST_PARAMETERS} parameters.
 */
export function parseQuery(text: string): Pairs | MalformedQuery {
  if (text === '') return noPairs()
  try {
    return parsePairs(text, 'request-malformed', 'the query')
  } catch (error) {
    if (error instanceof Refusal) return new MalformedQuery(error)
    throw error
  }
}

/**
 * Reads an `application/x-www-form-urlencoded` body (URL standard, 5.1), without its leniency: nothing is replaced or
 * skipped.
 *
 * @throws {@link Refusal} `body-malformed`.
 */
export function parseForm(bytes: Buffer): Pairs {
  if (!isUtf8(bytes)) throw new Refusal('body-malformed', 'the body is not valid UTF-8')
  const text = bytes.toString('utf8')
  return text === '' ? noPairs() : parsePairs(text, 'body-malformed', 'the form')
}

/** An instance of this is made faster than `Object.create(null)`, and is as empty. */
class Empty {}
Object.setPrototypeOf(Empty.prototype, null)
Reflect.deleteProperty(Empty.prototype, 'constructor')

const noPairs = (): Pairs => new Empty() as Pairs

function parsePairs(text: string, code: 'request-malformed' | 'body-malformed', where: string): Pairs {
  const pairs = noPairs()
  let count = 0
  for (let start = 0; start <= text.length; ) {
    const next = text.indexOf('&', start)
    const end = next === -1 ? text.length : next
    if (++count > MOST_PARAMETERS) throw new Refusal(code, `${where} has more than ${MOST_PARAMETERS} parameters`)
    const equals = text.indexOf('=', start)
    const named = equals !== -1 && equals < end
    const name = decode(text.slice(start, named ? equals : end), code, where)
    if (name === '') throw new Refusal(code, `${where} has a parameter without a name`)
    if (name === '__proto__') throw new Refusal(code, `${where} has a name that is not accepted`)
    add(pairs, name, named ? decode(text.slice(equals + 1, end), code, where) : '')
    start = end + 1
  }
  return pairs
}

function add(pairs: Pairs, name: string, value: string): void {
  const before = pairs[name]
  if (before === undefined) pairs[name] = value
  else if (typeof before === 'string') pairs[name] = [before, value]
  else before.push(value)
}

function decode(text: string, code: 'request-malformed' | 'body-malformed', where: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  let decoded = spaced
  if (spaced.includes('%')) {
    try {
      decoded = decodeURIComponent(spaced) // throws for `%zz`, for overlong and for cut UTF-8, and for surrogates
    } catch {
      throw new Refusal(code, `${where} has an invalid percent sign`)
    }
  }
  if (decoded.includes('\0')) throw new Refusal(code, `${where} has a NUL character`)
  return decoded
}
