/**
 * Builds the filter of common passwords:
 *
 *   node build-filter.ts                      the shipped one, from what stands in this folder
 *   node build-filter.ts LIST [FILE]          from any list, one password a line, into FILE (common-passwords.fuse16 here)
 *
 * The same input gives the same file, byte for byte.
 */
import { createReadStream, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { commonPasswords } from './candidates.ts'
import { encodeFilter } from './filter-file.ts'
import { listedForm } from './fold.ts'
import { buildFilter } from './fuse-filter.ts'

/** The shipped filter as it should be. */
export const buildShippedFilter = (): Buffer => encodeFilter(buildFilter(commonPasswords()))

/** The filter of a list file, one password a line, in UTF-8; empty lines are left out. */
export async function buildFilterOfList(list: string): Promise<Buffer> {
  const texts = new Set<string>()
  for await (const line of createInterface({
    input: createReadStream(list, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (line !== '') texts.add(listedForm(line))
  }
  return encodeFilter(buildFilter(texts))
}

if (process.argv[1] !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , list, file = fileURLToPath(new URL('common-passwords.fuse16', import.meta.url))] = process.argv
  const filter = list === undefined ? buildShippedFilter() : await buildFilterOfList(list)
  writeFileSync(file, filter)
  process.stdout.write(`${file}: ${filter.length} bytes, ${filter.readUInt32LE(24)} entries\n`)
}
