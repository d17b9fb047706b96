import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StartRefusal } from '../kernel/refusal.ts'

export { loadDefinition } from '../backend/load-definition.ts'

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

/** Where the backend keeps what is its own: `--state`, else `HOLDFAST_STATE`, as where it runs. @throws StartRefusal. */
export function stateDirectoryOf(option: string | undefined, environment: NodeJS.ProcessEnv): string {
  const directory = option ?? environment.HOLDFAST_STATE ?? '.holdfast'
  if (directory !== '') return directory
  throw new StartRefusal(
    option === undefined ? 'HOLDFAST_STATE' : '--state',
    'is empty; name a directory or leave it out',
  )
}

/** The checkout or installation that Holdfast itself runs from. */
export const PACKAGE_ROOT: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** SHA-256 over the lock file next to the application or, failing that, Holdfast's own; `none` where there is no lock file. */
export function lockFileHash(application: string): string {
  for (let folder = dirname(application); ; folder = dirname(folder)) {
    // An application that lies in no installation of its own runs on the packages of this one.
    const last = folder === dirname(folder)
    const file = join(last ? PACKAGE_ROOT : folder, 'package-lock.json')
    if (existsSync(file)) return createHash('sha256').update(readFileSync(file)).digest('hex')
    if (last) return 'none'
  }
}

/** The checkout the application lies in: the folder with `.git`; absent where it lies in none. */
export function checkoutRoot(application: string): string | undefined {
  for (let folder = dirname(application); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder
    if (folder === dirname(folder)) return undefined
  }
}
