import { createHash } from 'node:crypto'
import { chmodSync, closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { StartRefusal } from '../../../kernel/refusal.ts'
import { bodyStart, encodeHead, MOST_PARTS, partOf } from './filter-file.ts'
import { KEY_BYTES } from './filter-key.ts'
import { buildFilter, type FuseShape } from './fuse-filter.ts'

/** What was built. */
export interface BuiltFilter {
  /** Different ones. */
  readonly entries: number
  readonly bytes: number
}

/**
 * Builds a filter file of any number of keys in bounded memory: keys wait in a file beside it, sorted by the first byte of
 * their hash, and each part is built of its own. Memory: 16 MiB while they come, and then 40 bytes for each key of the largest part, of
 * which up to 256 million keys there are 256. The file appears when it is whole.
 */
export class FilterBuilder {
  readonly #file: string
  readonly #spool: number
  readonly #chunks: readonly { waiting: Buffer | null; length: number; readonly written: Written[] }[]
  #end = 0
  #keys = 0

  /** @throws StartRefusal where nothing can be written beside the file. */
  constructor(file: string) {
    this.#file = file
    const spool = `${file}.${process.pid}.keys`
    this.#spool = opened(spool, file)
    // It goes with the process, however that ends.
    unlinkSync(spool)
    this.#chunks = Array.from({ length: MOST_PARTS }, () => ({
      waiting: null,
      length: 0,
      written: [],
    }))
  }

  /** How many were added, the same one counted again. */
  get keys(): number {
    return this.#keys
  }

  /** @param hash - SHA-1 of a text; its first bytes are kept. */
  add(hash: Buffer): void {
    this.#keys += 1
    const first = partOf(hash, MOST_PARTS)
    const chunk = this.#chunks[first]
    if (chunk === undefined) return
    chunk.waiting ??= Buffer.allocUnsafe(CHUNK)
    hash.copy(chunk.waiting, chunk.length, 0, KEY_BYTES)
    chunk.length += KEY_BYTES
    if (chunk.length === CHUNK) this.#flush(first)
  }

  /** Writes the file, with mode 0644: nothing in it is secret, and the server reads it as whoever it runs as. @throws StartRefusal. */
  finish(): BuiltFilter {
    const partial = `${this.#file}.${process.pid}.partial`
    const out = opened(partial, this.#file)
    try {
      const parts = this.#partCount()
      const built: (FuseShape & { readonly entries: number })[] = []
      const digest = createHash('sha256')
      let at = bodyStart(parts)
      for (let part = 0; part < parts; part += 1) {
        const { fingerprints, ...shape } = buildFilter(this.#keysOf(part, parts))
        built.push(shape)
        digest.update(fingerprints)
        writeAll(out, fingerprints, at)
        at += fingerprints.length
      }
      writeAll(out, encodeHead(built, digest.digest()), 0)
      fsyncSync(out)
      chmodSync(partial, 0o644)
      renameSync(partial, this.#file)
      return { entries: built.reduce((sum, { entries }) => sum + entries, 0), bytes: at }
    } finally {
      closeSync(out)
      rmSync(partial, { force: true })
      this.close()
    }
  }

  /** Gives up; what waited is gone. */
  close(): void {
    if (!this.#closed) closeSync(this.#spool)
    this.#closed = true
  }

  #closed = false

  /** As few as keep each part below a million keys. @throws StartRefusal where even the most do not. */
  #partCount(): number {
    if (this.#keys > MOST_KEYS)
      throw new StartRefusal(
        this.#file,
        `would have ${this.#keys} entries, the most is ${MOST_KEYS}; leave out what was seen seldom (--least-count)`,
      )
    let parts = 1
    while (parts < MOST_PARTS && this.#keys / parts > PART_KEYS) parts *= 2
    return parts
  }

  /** The keys of a part: sorted, none twice. */
  #keysOf(part: number, parts: number): BigUint64Array {
    const width = MOST_PARTS / parts
    const chunks = this.#chunks.slice(part * width, (part + 1) * width)
    const total = chunks.reduce(
      (sum, { length, written }) => sum + length + written.reduce((all, { size }) => all + size, 0),
      0,
    )
    const bytes = Buffer.from(new ArrayBuffer(total))
    let at = 0
    for (const { waiting, length, written } of chunks) {
      for (const { offset, size } of written) {
        readAll(this.#spool, bytes.subarray(at, at + size), offset)
        at += size
      }
      waiting?.copy(bytes, at, 0, length)
      at += length
    }
    const keys = new BigUint64Array(bytes.buffer, 0, total / KEY_BYTES).sort()
    let kept = 0
    for (const key of keys) if (kept === 0 || keys[kept - 1] !== key) keys[kept++] = key
    return keys.subarray(0, kept)
  }

  #flush(first: number): void {
    const chunk = this.#chunks[first]
    if (chunk?.waiting === undefined || chunk.waiting === null) return
    writeAll(this.#spool, chunk.waiting, this.#end)
    chunk.written.push({ offset: this.#end, size: CHUNK })
    this.#end += CHUNK
    chunk.length = 0
  }
}

interface Written {
  readonly offset: number
  readonly size: number
}

function opened(path: string, file: string): number {
  try {
    return openSync(path, 'wx+', 0o600)
  } catch (error) {
    throw new StartRefusal(
      file,
      `can not be written: in ${dirname(file)} nothing can be made (${(error as NodeJS.ErrnoException).code})`,
    )
  }
}

function writeAll(descriptor: number, bytes: Buffer, position: number): void {
  for (let at = 0; at < bytes.length; )
    at += writeSync(descriptor, bytes, at, Math.min(bytes.length - at, MOST_AT_ONCE), position + at)
}

function readAll(descriptor: number, bytes: Buffer, position: number): void {
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(descriptor, bytes, at, Math.min(bytes.length - at, MOST_AT_ONCE), position + at)
    if (read === 0) throw new Error('the keys that were put aside are gone')
    at += read
  }
}

/** Bytes of keys that wait for a write; 256 times this is what is kept in memory. */
const CHUNK = 65_536
const PART_KEYS = 1_000_000
/** A file of 600 MB. */
const MOST_KEYS = 2 ** 28
const MOST_AT_ONCE = 2 ** 26
