import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The flags of Node's permission model for the server and the worker process: it reads the code of Holdfast and of the application, and
 * what is named in `files`; it writes nothing but what is named in `writable`, starts nothing, loads no add-on. The network is open
 * to it as a whole, since Node knows no list of hosts.
 *
 * @param application - absolute path of the application's module.
 * @param stateDirectory - never readable as a whole, wherever it lies: other processes' keys are in it.
 */
export function processPermissions(
  application: string,
  stateDirectory: string,
  files: readonly string[],
  writable: readonly string[] = [],
): readonly string[] {
  const code = ['src', 'migrations', 'node_modules', 'package.json'].map((name) => join(PACKAGE, name))
  const beside = codeBeside(dirname(application), stateDirectory)
  const linked = linkedPackages([...code, ...beside], stateDirectory)
  const readable = [...code, ...beside, ...linked, ...files, ...writable].filter((path) => existsSync(path))
  return [
    '--permission',
    '--allow-net',
    ...[...new Set(readable)].map((path) => `--allow-fs-read=${path}`),
    ...writable.map((path) => `--allow-fs-write=${path}`),
  ]
}

/** Where the packages really are when `node_modules` is a link (shared by checkouts): Node judges that place too. */
function linkedPackages(paths: readonly string[], stateDirectory: string): readonly string[] {
  const state = whereReally(stateDirectory)
  return paths
    .filter((path) => basename(path) === 'node_modules' && existsSync(path))
    .map((path) => realpathSync(path))
    .filter((path) => basename(path) === 'node_modules' && !state.startsWith(path + sep))
}

const whereReally = (path: string): string => (existsSync(path) ? realpathSync(path) : path)

/** What lies beside the application's module, without hidden folders and without the way to the state directory. */
function codeBeside(folder: string, stateDirectory: string): readonly string[] {
  const state = whereReally(stateDirectory)
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(folder, name))
    .flatMap((path) => (state === path || state.startsWith(path + sep) ? [] : [path]))
}

const PACKAGE = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
