import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** The code that a proof is about. */
export interface SourceTree {
  /** Code below them counts, under the folder's name here: the same tree in another place has the same hash. One that is absent is empty. */
  readonly folders: readonly { readonly name: string; readonly path: string }[]
  /** Further files that count, whatever they are called: modules that were loaded from elsewhere. */
  readonly files: readonly string[]
  /** What the names of `files` are relative to. */
  readonly base: string
  /** Not looked into: the state directory, which may lie in a folder of code. */
  readonly except: string
}

/** How much is read before it is given up. */
export interface SourceBounds {
  /** Files and folders that are looked at. */
  readonly entries: number
  readonly bytes: number
}

/**
 * SHA-256 over the names and contents of all code, in the order of the names. Counted are files that end in `.ts .mts .cts .js
 * .mjs .cjs .sql`; hidden folders, `node_modules` and links are left out.
 *
 * @returns `null` where there is more than `bounds` allows: nothing can be said then, and no answer may rest on it.
 * @throws Error for what can not be read.
 */
export async function sourceHash(tree: SourceTree, bounds: SourceBounds = BOUNDS): Promise<string | null> {
  const left = { ...bounds }
  const found = new Map<string, string>()
  for (const { name, path } of tree.folders) {
    for (const file of await codeBelow(path, tree.except, left))
      found.set(`${name}/${slashed(relative(path, file))}`, file)
  }
  for (const file of tree.files) found.set(slashed(relative(tree.base, file)), file)
  if (left.entries < 0) return null
  const hash = createHash('sha256')
  for (const [name, file] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
    left.bytes -= (await stat(file)).size
    if (left.bytes < 0) return null
    const content = createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
    // A name can hold anything but a NUL.
    hash.update(`${name}\0${content}\0`)
  }
  return hash.digest('hex')
}

async function codeBelow(root: string, except: string, left: { entries: number }): Promise<readonly string[]> {
  const files: string[] = []
  const folders = [root]
  for (const folder of folders) {
    for (const entry of await entriesOf(folder, folder === root)) {
      if (left.entries-- <= 0) return files
      const path = join(folder, entry.name)
      if (entry.isFile() && CODE.test(entry.name)) files.push(path)
      else if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules' && path !== except)
        folders.push(path)
    }
  }
  return files
}

async function entriesOf(folder: string, mayBeAbsent: boolean) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (mayBeAbsent && (error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const slashed = (path: string): string => path.split(sep).join('/')

const CODE = /\.(?:[cm]?[jt]s|sql)$/
/** An application's folder may be a whole checkout; a home directory is none. */
const BOUNDS: SourceBounds = { entries: 50_000, bytes: 256 << 20 }
