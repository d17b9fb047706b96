import { isUtf8 } from 'node:buffer'
import { Refusal } from '../../../kernel/refusal.ts'

/** Deepest nesting of objects and lists that is read. */
export const MOST_DEPTH = 32
/** Most properties a body may have, at all depths together. */
export const MOST_KEYS = 1_000

/**
 * Reads JSON that means one thing only. Beyond what `JSON.parse` refuses: bytes that are no UTF-8, lone surrogates, NUL,
 * `__proto__` and `constructor.prototype` as keys however they are written, keys with quotes, backslashes or control
 * characters, a key given twice in one object (parsers differ in which one they take: RFC 8259, 4), more than
 * {@link MOST_DEPTH} levels or {@link MOST_KEYS} keys.
 *
 * @throws {@link Refusal} `body-malformed`, `body-too-deep`.
 */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new Refusal('body-malformed', 'the body is not valid UTF-8')
  const text = bytes.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's message quotes the body, so it is not kept as the cause.
    throw new Refusal('body-malformed', 'the body is not valid JSON')
  }
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'string') inspectText(value)
    return value
  }
  keys = 0
  // Only an escape can bring in what valid UTF-8 and the JSON grammar don't allow to stand there.
  escapes = text.includes('\\')
  inspect(value, 1)
  if (colonsIn(text) !== keys && membersIn(text) !== keys) {
    throw new Refusal('body-malformed', 'the body has a key twice in one object')
  }
  return value
}

// Of the parse that is running; it is synchronous, and passing them along would cost an object for each request.
let keys = 0
let escapes = false

function inspect(value: object, depth: number): void {
  if (depth > MOST_DEPTH) throw new Refusal('body-too-deep', `the body has more than ${MOST_DEPTH} levels`)
  if (Array.isArray(value)) {
    for (const entry of value) inspectValue(entry, depth)
    return
  }
  for (const key in value) {
    if (++keys > MOST_KEYS) throw new Refusal('body-malformed', `the body has more than ${MOST_KEYS} keys`)
    if (escapes) inspectKey(key)
    const member = (value as Record<string, unknown>)[key]
    if (key === '__proto__' || (key === 'constructor' && reachesPrototype(member))) {
      throw new Refusal('body-malformed', 'the body has a key that is not accepted')
    }
    inspectValue(member, depth)
  }
}

function inspectValue(value: unknown, depth: number): void {
  if (typeof value === 'string') {
    if (escapes) inspectText(value)
  } else if (typeof value === 'object' && value !== null) inspect(value, depth + 1)
}

/**
 * V8 14 reads the key `"\""` as a backslash where the object it parsed before had that key, so keys that need an escape are
 * not relied on. Nothing that we declare has one.
 */
function inspectKey(key: string): void {
  inspectText(key)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/["\\\x00-\x1f]/.test(key)) throw new Refusal('body-malformed', 'the body has a key that is not accepted')
}

function inspectText(text: string): void {
  if (!text.isWellFormed()) throw new Refusal('body-malformed', 'the body has a lone surrogate')
  if (text.includes('\0')) throw new Refusal('body-malformed', 'the body has a NUL character')
}

const reachesPrototype = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')

/** At least as many as there are members: a cheap first look, exact where no text has a colon in it. */
function colonsIn(text: string): number {
  let count = 0
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) count++
  return count
}

/** Members of all objects in a valid JSON text: colons outside of strings. */
function membersIn(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === COLON) count++
    else if (unit === QUOTE) i = endOfString(text, i)
  }
  return count
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return end
    end = text.indexOf('"', end + 1)
  }
  return text.length
}

const COLON = 0x3a
const QUOTE = 0x22
const BACKSLASH = 0x5c
