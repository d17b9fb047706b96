import { hash } from 'node:crypto'
import { StartRefusal } from '../../../kernel/refusal.ts'
import { KEY_BYTES } from './filter-key.ts'
import { type FuseFilter, type FuseShape, isInFilter, LONGEST_SEGMENT, placesIn } from './fuse-filter.ts'

/** A filter of texts in parts, each of the texts whose hashes begin with the same bits, so that a large one is built part by part. */
export interface PasswordFilter {
  /** Over all parts. */
  readonly entries: number
  /** 1, 2, 4 … 256 of them. */
  readonly parts: readonly FuseFilter[]
}

/** @param key - SHA-1 of the text: see {@link import('./filter-key.ts').keyOf}. */
export function isListed({ parts }: PasswordFilter, key: Buffer): boolean {
  const part = parts[partOf(key, parts.length)]
  return part !== undefined && isInFilter(part, key.subarray(0, KEY_BYTES))
}

/** In which of so many parts a key is: by its first bits. @param parts - a power of two, 256 at most. */
export const partOf = (key: Buffer, parts: number): number => Math.floor((key.readUInt8(0) * parts) / 256)

/**
 * A filter as a file. All numbers are little-endian, of 4 bytes: `HFFUSE16` · version (2) · number of parts · of each part seed, segment
 * length, segment count and entries · SHA-256 of all before and of the SHA-256 of all after, 32 bytes · fingerprints, 2 bytes each.
 *
 * @param digest - SHA-256 of the fingerprints of all parts in their order.
 * @returns what stands before the fingerprints.
 */
export function encodeHead(parts: readonly (FuseShape & { readonly entries: number })[], digest: Buffer): Buffer {
  const head = Buffer.alloc(headLength(parts.length))
  head.write(MAGIC, 'latin1')
  head.writeUInt32LE(VERSION, 8)
  head.writeUInt32LE(parts.length, 12)
  for (const [n, { seed, segmentLength, segmentCount, entries }] of parts.entries())
    for (const [field, value] of [seed, segmentLength, segmentCount, entries].entries())
      head.writeUInt32LE(value, START + PART * n + 4 * field)
  return Buffer.concat([head, checksum(head, digest)])
}

/** Bytes before the fingerprints. */
export const bodyStart = (parts: number): number => headLength(parts) + DIGEST

/**
 * @param where - the file's name, for the message.
 * @throws StartRefusal for anything but a whole, unaltered file of a version this code knows.
 */
export function decodeFilter(bytes: Buffer, where: string): PasswordFilter {
  if (bytes.length < START || !isFilterStart(bytes))
    throw new StartRefusal(where, `is no password filter; build one with ${COMMAND}`)
  const version = bytes.readUInt32LE(8)
  if (version !== VERSION)
    throw new StartRefusal(where, `has format ${version}, known is ${VERSION}; build it anew with ${COMMAND}`)
  const count = bytes.readUInt32LE(12)
  const start = count <= MOST_PARTS ? bodyStart(count) : Number.POSITIVE_INFINITY
  if (bytes.length < start) throw new StartRefusal(where, 'is cut short; build it anew')
  const body = bytes.subarray(start)
  const head = bytes.subarray(0, start - DIGEST)
  if (!checksum(head, hash('sha256', body, 'buffer')).equals(bytes.subarray(start - DIGEST, start)))
    throw new StartRefusal(where, 'is damaged: its checksum differs; build it anew')
  const parts: FuseFilter[] = []
  let at = 0
  for (let n = 0; n < count; n += 1) {
    const field = (index: number): number => head.readUInt32LE(START + PART * n + 4 * index)
    const shape = { seed: field(0), segmentLength: field(1), segmentCount: field(2) }
    const end = at + 2 * placesIn(shape)
    if (!isShape(shape) || end > body.length) throw new StartRefusal(where, 'contradicts itself; build it anew')
    parts.push({ ...shape, entries: field(3), fingerprints: body.subarray(at, end) })
    at = end
  }
  if (at !== body.length || count === 0 || !isPowerOfTwo(count))
    throw new StartRefusal(where, 'contradicts itself; build it anew')
  return { entries: parts.reduce((sum, { entries }) => sum + entries, 0), parts }
}

/** Whether a file that begins so is a filter, of whatever version. */
export const isFilterStart = (start: Buffer): boolean => start.toString('latin1', 0, 8) === MAGIC

const checksum = (head: Buffer, digest: Buffer): Buffer => hash('sha256', Buffer.concat([head, digest]), 'buffer')
const headLength = (parts: number): number => START + PART * parts
const isPowerOfTwo = (value: number): boolean => value > 0 && (value & (value - 1)) === 0
const isShape = ({ segmentLength, segmentCount }: FuseShape): boolean =>
  isPowerOfTwo(segmentLength) && segmentLength <= LONGEST_SEGMENT && segmentCount >= 1 && segmentCount <= MOST_SEGMENTS

export const MOST_PARTS = 256
const MAGIC = 'HFFUSE16'
const VERSION = 2
const START = 16
const PART = 16
const DIGEST = 32
const MOST_SEGMENTS = 2 ** 20
const COMMAND = 'holdfast passwords build'
