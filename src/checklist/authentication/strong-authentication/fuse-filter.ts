import { hash } from 'node:crypto'

/**
 * A binary fuse filter: tells whether a text may be in a set, in 18 bits an entry. A text of the set is always found; one
 * that is not is taken for one once in 65,536 times.
 *
 * @see Graf and Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", 2022
 */
export interface FuseFilter {
  readonly seed: number
  /** A power of two. */
  readonly segmentLength: number
  readonly segmentCount: number
  /** How many texts it was built from. */
  readonly entries: number
  /** `(segmentCount + 2) * segmentLength` fingerprints. */
  readonly fingerprints: Uint16Array
}

export function isInFilter(filter: FuseFilter, text: string): boolean {
  const { fingerprints } = filter
  const [fingerprint, a, b, c] = places(filter, text)
  return (fingerprint ^ (fingerprints[a] ?? 0) ^ (fingerprints[b] ?? 0) ^ (fingerprints[c] ?? 0)) === 0
}

/**
 * Builds the filter of a set. The same texts give the same filter on every machine, in whatever order they come.
 *
 * @throws RangeError where no seed of a hundred works, which for distinct texts does not happen.
 */
export function buildFilter(texts: ReadonlySet<string>): FuseFilter {
  const entries = texts.size
  const keys = [...texts].sort()
  const count = Math.max(entries, 2)
  const segmentLength = Math.min(2 ** Math.floor(Math.log(count) / Math.log(3.33) + 2.25), 2 ** 18)
  const factor = Math.max(1.125, 0.875 + (0.25 * Math.log(1e6)) / Math.log(count))
  const segmentCount = Math.max(1, Math.ceil((count * factor) / segmentLength) - 2)
  for (let seed = 1; seed <= 100; seed += 1) {
    const filter = {
      seed,
      segmentLength,
      segmentCount,
      entries,
      fingerprints: new Uint16Array((segmentCount + 2) * segmentLength),
    }
    if (fill(filter, keys)) return filter
  }
  throw new RangeError('no seed gives a filter of these texts')
}

/**
 * Peels: takes a key away that has one of its places alone, again and again, then writes fingerprints in the opposite
 * order, so that what is written last disturbs nothing.
 *
 * @returns whether all keys could be taken away.
 */
function fill(filter: FuseFilter, keys: readonly string[]): boolean {
  const size = filter.fingerprints.length
  const at = new Uint32Array(keys.length * 3)
  const marks = new Uint16Array(keys.length)
  const count = new Uint8Array(size)
  // The exclusive or of the keys at a place: with one key left there, it is that key.
  const mixed = new Uint32Array(size)
  for (const [key, text] of keys.entries()) {
    const [fingerprint, ...three] = places(filter, text)
    marks[key] = fingerprint
    for (const [n, place] of three.entries()) {
      at[key * 3 + n] = place
      if (count[place] === 255) return false
      count[place] = (count[place] ?? 0) + 1
      mixed[place] = (mixed[place] ?? 0) ^ key
    }
  }

  const alone: number[] = []
  for (let place = 0; place < size; place += 1) if (count[place] === 1) alone.push(place)
  const order: [key: number, place: number][] = []
  for (let place = alone.pop(); place !== undefined; place = alone.pop()) {
    if (count[place] !== 1) continue
    const key = mixed[place] ?? 0
    order.push([key, place])
    for (let n = 0; n < 3; n += 1) {
      const other = at[key * 3 + n] ?? 0
      count[other] = (count[other] ?? 0) - 1
      mixed[other] = (mixed[other] ?? 0) ^ key
      if (count[other] === 1) alone.push(other)
    }
  }
  if (order.length !== keys.length) return false

  for (const [key, place] of order.reverse()) {
    let value = marks[key] ?? 0
    for (let n = 0; n < 3; n += 1) {
      const other = at[key * 3 + n] ?? 0
      if (other !== place) value ^= filter.fingerprints[other] ?? 0
    }
    filter.fingerprints[place] = value
  }
  return true
}

/** A text's fingerprint and its three places, in three neighbouring segments. */
function places(
  { seed, segmentLength, segmentCount }: Omit<FuseFilter, 'fingerprints'>,
  text: string,
): [number, number, number, number] {
  const digest = hash('sha256', `${seed}:${text}`, 'buffer')
  const start = Math.floor((digest.readUInt32LE(0) / 2 ** 32) * segmentCount * segmentLength)
  const mask = segmentLength - 1
  return [
    digest.readUInt16LE(12),
    start,
    (start + segmentLength) ^ (digest.readUInt32LE(4) & mask),
    (start + 2 * segmentLength) ^ (digest.readUInt32LE(8) & mask),
  ]
}
