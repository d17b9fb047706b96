/**
 * A binary fuse filter of 64-bit keys: tells whether a key may be in a set, in 18 bits an entry. A key of the set is always found;
 * one that is not is taken for one once in {@link ONE_IN} times.
 *
 * @see Graf and Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", 2022
 */
export interface FuseFilter extends FuseShape {
  /** How many keys it was built from. */
  readonly entries: number
  /** {@link placesIn} fingerprints of 16 bits, little-endian. */
  readonly fingerprints: Buffer
}

/** Where a key's fingerprints are. */
export interface FuseShape {
  readonly seed: number
  /** A power of two, {@link LONGEST_SEGMENT} at most. */
  readonly segmentLength: number
  readonly segmentCount: number
}

/** How seldom a key that is in no set is taken for one that is. */
export const ONE_IN = 65_536
export const LONGEST_SEGMENT: number = 2 ** 18

export const placesIn = ({ segmentLength, segmentCount }: FuseShape): number => (segmentCount + 2) * segmentLength

/** @param key - 8 bytes, evenly distributed: the beginning of a hash. */
export function isInFilter(filter: FuseFilter, key: Buffer): boolean {
  if (filter.entries === 0) return false
  const { fingerprints } = filter
  const at = new Uint32Array(3)
  const fingerprint = locate(filter, key.readUInt32LE(0), key.readUInt32LE(4), at)
  const found = at.reduce((sum, place) => sum ^ fingerprints.readUInt16LE(2 * place), 0)
  return found === fingerprint
}

/**
 * Builds the filter of a set of keys: the same on every machine.
 *
 * @param keys - 8 bytes each, sorted, none of them twice. About 30 bytes of memory are used beside each.
 * @throws RangeError where no seed of a hundred works, which for distinct keys does not happen.
 */
export function buildFilter(keys: BigUint64Array): FuseFilter {
  const entries = keys.length
  const count = Math.max(entries, 2)
  const segmentLength = Math.min(2 ** Math.floor(Math.log(count) / Math.log(3.33) + 2.25), LONGEST_SEGMENT)
  const factor = Math.max(1.125, 0.875 + (0.25 * Math.log(1e6)) / Math.log(count))
  const segmentCount = Math.max(1, Math.ceil((count * factor) / segmentLength) - 2)
  const words = new Uint32Array(keys.buffer, keys.byteOffset, 2 * entries)
  for (let seed = 1; seed <= 100; seed += 1) {
    const shape = { seed, segmentLength, segmentCount }
    const fingerprints = fill(shape, words)
    if (fingerprints !== null) return { ...shape, entries, fingerprints }
  }
  throw new RangeError('no seed gives a filter of these keys')
}

/**
 * Peels: takes a key away that has one of its places alone, again and again, then writes fingerprints in the opposite
 * order, so that what is written last disturbs nothing.
 *
 * @param words - two for each key.
 * @returns `null` where not all keys could be taken away.
 */
function fill(shape: FuseShape, words: Uint32Array): Buffer | null {
  const keys = words.length / 2
  const size = placesIn(shape)
  const count = new Uint8Array(size)
  // The exclusive or of the keys at a place: with one key left there, it is that key.
  const mixed = new Uint32Array(size)
  const at = new Uint32Array(3)
  const locateKey = (key: number): number => locate(shape, words[2 * key] ?? 0, words[2 * key + 1] ?? 0, at)
  for (let key = 0; key < keys; key += 1) {
    locateKey(key)
    for (const place of at) {
      if (count[place] === 255) return null
      count[place] = (count[place] ?? 0) + 1
      mixed[place] = (mixed[place] ?? 0) ^ key
    }
  }

  const alone = new Uint32Array(size)
  let waiting = 0
  for (let place = 0; place < size; place += 1) if (count[place] === 1) alone[waiting++] = place
  const order = new Uint32Array(2 * keys)
  let taken = 0
  while (waiting > 0) {
    const place = alone[--waiting] ?? 0
    if (count[place] !== 1) continue
    const key = mixed[place] ?? 0
    order[2 * taken] = key
    order[2 * taken + 1] = place
    taken += 1
    locateKey(key)
    for (const other of at) {
      count[other] = (count[other] ?? 0) - 1
      mixed[other] = (mixed[other] ?? 0) ^ key
      if (count[other] === 1) alone[waiting++] = other
    }
  }
  if (taken !== keys) return null

  const fingerprints = Buffer.alloc(2 * size)
  for (let last = taken - 1; last >= 0; last -= 1) {
    const place = order[2 * last + 1] ?? 0
    let value = locateKey(order[2 * last] ?? 0)
    for (const other of at) if (other !== place) value ^= fingerprints.readUInt16LE(2 * other)
    fingerprints.writeUInt16LE(value, 2 * place)
  }
  return fingerprints
}

/** Writes a key's three places, in three neighbouring segments, and returns its fingerprint. */
function locate({ seed, segmentLength, segmentCount }: FuseShape, low: number, high: number, at: Uint32Array): number {
  const first = mix(low ^ mix(high ^ seed))
  const second = mix(high ^ first)
  const third = mix(low ^ second)
  const start = Math.floor((first / 2 ** 32) * segmentCount * segmentLength)
  const mask = segmentLength - 1
  at[0] = start
  at[1] = (start + segmentLength) ^ (second & mask)
  at[2] = (start + 2 * segmentLength) ^ (third & mask)
  return mix(first ^ third) & 0xffff
}

/** The finaliser of MurmurHash3: each bit of the input reaches each bit of the output. */
function mix(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
