import type { PepperKeys } from './engine.ts'

/** What the hasher is told once, on its lifeline. */
export interface Start {
  /** At most 16 keys of 16 to 64 bytes, by version. */
  readonly peppers: PepperKeys
  /** Hashes at a time, 1 to 16: memory in use is this times a hash's memory. */
  readonly threads: number
}

/** Threads 1, count of keys 1, then per key: version 4, length 1, bytes. */
export function encodeStart({ peppers, threads }: Start): Buffer {
  const keys = [...peppers].map(([version, key]) => {
    const head = Buffer.alloc(5)
    head.writeUInt32BE(version)
    head.writeUInt8(key.length, 4)
    return Buffer.concat([head, key])
  })
  const start = Buffer.concat([Buffer.from([threads, keys.length]), ...keys])
  if (decodeStart(start) === null)
    throw new RangeError('pepper keys need 16 to 64 bytes and a version from 1, threads 1 to 16')
  return start
}

/** @returns `null` where the bytes are no start. */
export function decodeStart(bytes: Buffer): Start | null {
  const [threads = 0, count = 0] = bytes
  if (threads < 1 || threads > 16 || count < 1 || count > 16) return null
  const peppers = new Map<number, Buffer>()
  let at = 2
  for (let n = 0; n < count; n += 1) {
    if (bytes.length < at + 5) return null
    const version = bytes.readUInt32BE(at)
    const length = bytes.readUInt8(at + 4)
    const key = Buffer.from(bytes.subarray(at + 5, at + 5 + length))
    if (version === 0 || peppers.has(version) || length < 16 || length > 64 || key.length !== length) return null
    peppers.set(version, key)
    at += 5 + length
  }
  return at === bytes.length ? { peppers, threads } : null
}
