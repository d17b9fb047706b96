import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Unproved } from '../../../kernel/claim.ts'

/** Codes as the standard says, made by the probe itself. @see RFC 6238, 4 and RFC 4226, 5.3 */
export function codeOf(secret: Buffer, step: number, { hash = 'sha1', digits = 6 } = {}): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac(hash, secret).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0xf
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits).padStart(digits, '0')
}

export const stepAt = (now: number): number => Math.floor(now / STEP_MILLISECONDS)

/** Waits where the current step is about to end: what is tried next takes a moment. */
export async function wellWithinStep(now: () => number): Promise<number> {
  const left = STEP_MILLISECONDS - (now() % STEP_MILLISECONDS)
  if (left < 6_000) await sleep(left + 50)
  return stepAt(now())
}

/** RFC 4648, without padding. @throws Unproved for anything else. */
export function unbase32(text: string): Buffer {
  if (!/^[A-Z2-7]+$/.test(text)) throw new Unproved('the secret is not base32')
  let bits = ''
  for (const character of text) bits += ALPHABET.indexOf(character).toString(2).padStart(5, '0')
  const bytes = bits.slice(0, bits.length - (bits.length % 8)).match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
}

/** RFC 6238, appendix B: seconds and the last six digits of the code, SHA-1, for the key `12345678901234567890`. */
export const VECTORS: readonly (readonly [seconds: number, code: string])[] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
]

const STEP_MILLISECONDS = 30_000
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
