import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { StartRefusal } from '../kernel/refusal.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'

/** One command of the command line. */
export interface Command {
  /** What `--help` prints. */
  readonly help: string
  /** @returns the exit code: 0 all well, 1 broken, 2 unproved, 3 could not run. */
  run(argv: readonly string[]): Promise<number>
}

/** Finds the application's module: as named, else `backend.ts` here. @throws StartRefusal. */
export function applicationPath(named: string | undefined): string {
  const path = resolve(named ?? 'backend.ts')
  if (existsSync(path)) return path
  throw new StartRefusal(
    named ?? 'backend.ts',
    'there is no such file; name the module whose default export is your defineBackend(…)',
  )
}

/** Imports the definition. @throws StartRefusal with one line for a module that is none. */
export async function loadDefinition(path: string): Promise<BackendDefinition> {
  let loaded: { readonly default?: unknown }
  try {
    loaded = await import(pathToFileURL(path).href)
  } catch (error) {
    if (error instanceof StartRefusal) throw error
    throw new StartRefusal(
      path,
      `can not be loaded: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      {
        cause: error,
      },
    )
  }
  const definition = loaded.default
  if (typeof definition !== 'object' || definition === null || !('routes' in definition) || !('tables' in definition)) {
    throw new StartRefusal(path, 'has no default export made by defineBackend')
  }
  return definition as BackendDefinition
}

/** The checkout or installation that Holdfast itself runs from. */
export const PACKAGE_ROOT: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** SHA-256 over the lock file next to the application or, failing that, Holdfast's own; `none` where there is no lock file. */
export function lockFileHash(application: string): string {
  for (let folder = dirname(application); ; folder = dirname(folder)) {
    const file = join(folder, 'package-lock.json')
    if (existsSync(file)) return createHash('sha256').update(readFileSync(file)).digest('hex')
    if (folder === dirname(folder)) return 'none'
  }
}

/** The checkout the application lies in: the folder with `.git`; absent where it lies in none. */
export function checkoutRoot(application: string): string | undefined {
  for (let folder = dirname(application); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder
    if (folder === dirname(folder)) return undefined
  }
}
