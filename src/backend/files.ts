import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A folder and what is below it, with mode bits. What vanishes meanwhile is left out. */
export async function filesBelow(root: string): Promise<{ path: string; mode: number; directory: boolean }[]> {
  const names = await readdir(root, { recursive: true })
  const found = await Promise.all(
    ['', ...names].map(async (name) => {
      const path = join(root, name)
      const status = await stat(path).catch(() => null)
      return status === null ? [] : [{ path, mode: status.mode & 0o7777, directory: status.isDirectory() }]
    }),
  )
  return found.flat()
}
