import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Unproved } from '../kernel/claim.ts'

/**
 * A folder and what is below it, with mode bits. What vanishes meanwhile is left out.
 *
 * @throws {@link Unproved} naming what can not be looked at: a list that leaves it out would pass for the whole.
 */
export async function filesBelow(root: string): Promise<{ path: string; mode: number; directory: boolean }[]> {
  const names = await readdir(root, { recursive: true }).catch((error: NodeJS.ErrnoException) =>
    unlooked(error.path ?? root, error),
  )
  const found = await Promise.all(
    ['', ...names].map(async (name) => {
      const path = join(root, name)
      const status = await stat(path).catch((error: NodeJS.ErrnoException) =>
        error.code === 'ENOENT' ? null : unlooked(path, error),
      )
      return status === null ? [] : [{ path, mode: status.mode & 0o7777, directory: status.isDirectory() }]
    }),
  )
  return found.flat()
}

function unlooked(path: string, error: NodeJS.ErrnoException): never {
  throw new Unproved(`${path} can not be looked at (${error.code})`, { cause: error })
}
