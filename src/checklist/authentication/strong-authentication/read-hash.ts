/** Hexadecimal digits of a SHA-1 hash. */
export const HASH_DIGITS = 40

/**
 * Reads `SUFFIX:COUNT`, digit by digit: of lines like these there are a billion.
 *
 * @param prefix - the digits before the suffix: those of the range, or none.
 * @returns `null` for anything else; `hash` is good until the next call.
 */
export function readHash(prefix: string, line: Buffer): { readonly hash: Buffer; readonly seen: number } | null {
  const digits = HASH_DIGITS - prefix.length
  if (line.length < digits + 2 || line.length > digits + 1 + MOST_COUNT_DIGITS || line[digits] !== COLON) return null
  for (let at = 0; at < HASH_DIGITS; at += 2) {
    const high = digitAt(prefix, line, at)
    const low = digitAt(prefix, line, at + 1)
    if (high === NONE || low === NONE) return null
    HASH[at / 2] = 16 * high + low
  }
  let seen = 0
  for (let at = digits + 1; at < line.length; at += 1) {
    const digit = (line[at] ?? 0) - ZERO
    if (digit < 0 || digit > 9) return null
    seen = 10 * seen + digit
  }
  return { hash: HASH, seen }
}

const digitAt = (prefix: string, line: Buffer, at: number): number =>
  DIGITS[at < prefix.length ? prefix.charCodeAt(at) : (line[at - prefix.length] ?? 0)] ?? NONE

const NONE = 255
/** Byte of a hexadecimal digit → its value. */
const DIGITS = new Uint8Array(256).fill(NONE)
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  DIGITS[digit.charCodeAt(0)] = value
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value
}
const HASH = Buffer.alloc(HASH_DIGITS / 2)
const COLON = 0x3a
const ZERO = 0x30
const MOST_COUNT_DIGITS = 10
