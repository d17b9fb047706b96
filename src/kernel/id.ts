import type { Moment } from './time.ts'

/**
 * A UUID of version 7: 48 bits of the moment, a counter of 12 bits, 62 random bits. Those made within one millisecond
 * rise, as long as fewer than 2,048 are asked for in it.
 *
 * @param now - from the caller's clock.
 * @param random - `crypto.randomBytes` or a test's.
 *
 * @see RFC 9562, 5.7 and 6.2 method 1
 */
export function uuidv7(now: Moment, random: (bytes: number) => Uint8Array): string {
  const bytes = Buffer.from(random(10))
  if (now === lastMoment && counter < 0xfff) counter++
  else counter = (((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)) & 0x7ff // the lower half, so that there is room to rise
  lastMoment = now
  const id = Buffer.allocUnsafe(16)
  id.writeUIntBE(now, 0, 6)
  id.writeUInt16BE(0x7000 | counter, 6)
  bytes.copy(id, 8, 2)
  id[8] = ((id[8] ?? 0) & 0x3f) | 0x80
  const hex = id.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

let lastMoment: Moment = -1
let counter = 0
