import { readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { StartRefusal } from '../../../kernel/refusal.ts'
import { listedKey } from './filter-key.ts'
import { HASH_DIGITS, readHash } from './read-hash.ts'
import { type Line, readLines } from './read-lines.ts'
import { LONGEST } from './rules.ts'

/** What a list came to. `lines` are the numbers of the first few lines of each kind. */
export interface SourceCount {
  readonly source: string
  taken: number
  readonly left: Partial<Record<Reason, { count: number; readonly lines: number[] }>>
}

/** Why a line was left out. */
export type Reason = 'too short' | 'too long' | 'not UTF-8' | 'seen too seldom' | 'padding'

interface Taking {
  readonly add: (hash: Buffer) => void
  /** Told how many bytes were read. */
  readonly onBytes?: (count: number) => void
}

/**
 * Takes a list of passwords, one a line, in UTF-8. Each counts in the one form that stands for all its spellings. Lines that can be
 * nobody's password are left out and counted.
 *
 * @param least - in code points: shorter ones are refused for their length anyway.
 * @throws StartRefusal for a file that is no such list.
 */
export async function takeList(file: string, least: number, { add, onBytes }: Taking): Promise<SourceCount> {
  const count: SourceCount = { source: file, taken: 0, left: {} }
  const onLine = ({ number, bytes }: Line): void => {
    if (number === 1) refuseOtherThanList(file, bytes)
    const text = bytes === null ? null : textOf(number === 1 ? withoutMark(bytes) : bytes)
    const against = bytes === null ? 'too long' : reasonAgainst(text, least)
    if (against !== null) leave(count, against, number)
    else {
      add(listedKey(text ?? ''))
      count.taken += 1
    }
  }
  await readLines(file, LONGEST * BYTES_A_CHARACTER, onLine, onBytes)
  return count
}

/**
 * Takes a dump of a range-query service, of SHA-1 hashes with how often each was seen: a folder of files that are named by the first five digits
 * and have `SUFFIX:COUNT` a line, or one file with `HASH:COUNT` a line.
 *
 * @param least - how often seen; what was seen less is left out. Lines with 0 are padding.
 * @throws StartRefusal with file and line for anything else.
 */
export async function takeHashes(path: string, least: number, taking: Taking): Promise<SourceCount> {
  const count: SourceCount = { source: path, taken: 0, left: {} }
  const files = statOf(path).isDirectory() ? rangesIn(path) : [{ file: path, prefix: '' }]
  for (const { file, prefix } of files) await takeRange(file, prefix, least, count, taking)
  return count
}

async function takeRange(
  file: string,
  prefix: string,
  least: number,
  count: SourceCount,
  { add, onBytes }: Taking,
): Promise<void> {
  const digits = HASH_DIGITS - prefix.length
  await readLines(
    file,
    LONGEST_RANGE_LINE,
    ({ number, bytes }) => {
      const read = bytes === null ? null : readHash(prefix, bytes)
      if (read === null)
        throw new StartRefusal(
          `${file}, line ${number}`,
          `is not ${digits} digits of a SHA-1 hash, a colon and a count; right would be ${RIGHT.slice(HASH_DIGITS - digits)}`,
        )
      if (read.seen === 0 || read.seen < least) leave(count, read.seen === 0 ? 'padding' : 'seen too seldom', number)
      else {
        add(read.hash)
        count.taken += 1
      }
    },
    onBytes,
  )
}

/** Bytes of what a source is, for a bar that shows how far it is. @throws StartRefusal. */
export const sizeOf = (path: string): number => {
  const found = statOf(path)
  // Of a million files nobody waits for a sum: what one range has, all have.
  return found.isDirectory() ? rangesIn(path).length * BYTES_A_RANGE : found.size
}

function rangesIn(folder: string): readonly { readonly file: string; readonly prefix: string }[] {
  const names = readdirSync(folder).sort()
  if (names.length === 0) throw new StartRefusal(folder, 'is empty; right would be files 00000 to FFFFF')
  return names.map((name) => {
    const prefix = /^([0-9A-Fa-f]{5})(?:\.txt)?$/.exec(name)?.[1]
    if (prefix === undefined)
      throw new StartRefusal(
        join(folder, name),
        'is no range; right would be files 00000 to FFFFF, with or without .txt',
      )
    return { file: join(folder, name), prefix }
  })
}

function statOf(path: string): Stats {
  try {
    return statSync(path)
  } catch (error) {
    throw new StartRefusal(path, `can not be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** @returns `null` for what is no UTF-8. */
function textOf(bytes: Buffer): string | null {
  try {
    return UTF8.decode(bytes)
  } catch {
    return null
  }
}

const withoutMark = (bytes: Buffer): Buffer => (bytes.subarray(0, 3).equals(BOM) ? bytes.subarray(3) : bytes)

function reasonAgainst(text: string | null, least: number): Reason | null {
  if (text === null) return 'not UTF-8'
  const length = [...text].length
  return length < least ? 'too short' : length > LONGEST ? 'too long' : null
}

/** What people hand over by mistake: it would be read as passwords that nobody has. */
function refuseOtherThanList(file: string, first: Buffer | null): void {
  const [one, two] = first ?? []
  if (one === 0x1f && two === 0x8b) throw new StartRefusal(file, 'is compressed; unpack it first (gunzip)')
  if ((one === 0xff && two === 0xfe) || (one === 0xfe && two === 0xff))
    throw new StartRefusal(file, 'is UTF-16; right would be UTF-8 (iconv -f UTF-16 -t UTF-8)')
  if (first !== null && /^[0-9A-Fa-f]{40}(?::[0-9]+)?$/.test(first.toString('latin1')))
    throw new StartRefusal(file, 'has hashes and no passwords; give it as --hashes')
}

function leave({ left }: SourceCount, reason: Reason, line: number): void {
  left[reason] ??= { count: 0, lines: [] }
  const found = left[reason]
  found.count += 1
  if (found.lines.length < MOST_LINES) found.lines.push(line)
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const BOM = Buffer.from([0xef, 0xbb, 0xbf])
const BYTES_A_CHARACTER = 4
/** 40 digits, a colon, a count. */
const LONGEST_RANGE_LINE = 60
/** As published in 2025. */
const BYTES_A_RANGE = 75_000
const MOST_LINES = 5
const RIGHT = '21BD10018A45C4D1DEF81644B54AB7F969B88D65:3'
