import { hash } from 'node:crypto'
import { StartRefusal } from '../../../kernel/refusal.ts'
import type { FuseFilter } from './fuse-filter.ts'

/**
 * A filter as a file. All numbers are little-endian: `HFFUSE16` · version 4 (1) · seed 4 · segment length 4 · segment count 4 ·
 * entries 4 · SHA-256 of the fields before and the fingerprints after, 32 · fingerprints, 2 each.
 */
export function encodeFilter(filter: FuseFilter): Buffer {
  const head = Buffer.alloc(HEAD)
  head.write(MAGIC, 'latin1')
  const fields = [VERSION, filter.seed, filter.segmentLength, filter.segmentCount, filter.entries]
  for (const [n, field] of fields.entries()) head.writeUInt32LE(field, 8 + 4 * n)
  const body = Buffer.alloc(filter.fingerprints.length * 2)
  for (const [n, fingerprint] of filter.fingerprints.entries()) body.writeUInt16LE(fingerprint, 2 * n)
  return Buffer.concat([head, checksum(head, body), body])
}

/**
 * @param where - the file's name, for the message.
 * @throws StartRefusal for anything but a whole, unaltered file of a version this code knows.
 */
export function decodeFilter(bytes: Buffer, where: string): FuseFilter {
  const head = bytes.subarray(0, HEAD)
  if (bytes.length < HEAD + 32 || head.toString('latin1', 0, 8) !== MAGIC)
    throw new StartRefusal(where, 'is no password filter; build one with build-filter.ts')
  if (head.readUInt32LE(8) !== VERSION)
    throw new StartRefusal(where, `has format ${head.readUInt32LE(8)}, known is ${VERSION}; build it anew`)
  const body = bytes.subarray(HEAD + 32)
  if (!checksum(head, body).equals(bytes.subarray(HEAD, HEAD + 32)))
    throw new StartRefusal(where, 'is damaged: its checksum differs; build it anew')
  const [seed, segmentLength, segmentCount, entries] = [12, 16, 20, 24].map((at) => head.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ]
  const places = (segmentCount + 2) * segmentLength
  if ((segmentLength & (segmentLength - 1)) !== 0 || body.length !== places * 2)
    throw new StartRefusal(where, 'contradicts itself; build it anew')
  const fingerprints = new Uint16Array(places)
  for (let n = 0; n < places; n += 1) fingerprints[n] = body.readUInt16LE(2 * n)
  return { seed, segmentLength, segmentCount, entries, fingerprints }
}

const checksum = (head: Buffer, body: Buffer): Buffer => hash('sha256', Buffer.concat([head, body]), 'buffer')

const MAGIC = 'HFFUSE16'
const VERSION = 1
const HEAD = 28
