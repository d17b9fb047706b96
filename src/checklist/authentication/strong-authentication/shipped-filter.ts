import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { StartRefusal } from '../../../kernel/refusal.ts'
import { decodeFilter, isListed, type PasswordFilter } from './filter-file.ts'
import { keyOf } from './filter-key.ts'

/**
 * Whether a text is in the filter that ships with Holdfast, or in one of one's own beside it.
 *
 * @param file - made by `holdfast passwords build`. The shipped one is read once a process.
 * @throws StartRefusal where a file is missing, damaged or of an unknown format: no filter, no start.
 */
export function openFilter(file?: string): (text: string) => boolean {
  shipped ??= readFilter(fileURLToPath(new URL('common-passwords.fuse16', import.meta.url)))
  const filters = file === undefined ? [shipped] : [shipped, readFilter(file)]
  return (text) => {
    const key = keyOf(text)
    return filters.some((filter) => isListed(filter, key))
  }
}

/** Reads one into memory, whole. @throws StartRefusal. */
export function readFilter(file: string): PasswordFilter {
  try {
    if (statSync(file).size > LARGEST) throw new StartRefusal(file, 'is larger than any password filter')
    return decodeFilter(readFileSync(file), file)
  } catch (error) {
    if (error instanceof StartRefusal) throw error
    throw new StartRefusal(file, `can not be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

let shipped: PasswordFilter | undefined
/** Bytes. One of the most entries there may be has 600 MB. */
const LARGEST = 2 ** 30
