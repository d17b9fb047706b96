import { readFileSync } from 'node:fs'
import { decodeFilter } from './filter-file.ts'
import { isInFilter } from './fuse-filter.ts'

/**
 * Whether a text is in a filter file.
 *
 * @param file - made by build-filter.ts. Default the one that ships with Holdfast, read once a process.
 * @throws StartRefusal where the file is missing, damaged or of an unknown format: no filter, no start.
 */
export function openFilter(file?: string): (text: string) => boolean {
  if (file === undefined) {
    shipped ??= read(new URL('common-passwords.fuse16', import.meta.url))
    return shipped
  }
  return read(file)
}

function read(file: string | URL): (text: string) => boolean {
  const filter = decodeFilter(readFileSync(file), String(file).replace(/^.*\//, ''))
  return (text) => isInFilter(filter, text)
}

let shipped: ((text: string) => boolean) | undefined
