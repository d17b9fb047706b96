import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { StartRefusal } from '../../kernel/refusal.ts'
import { readLock } from '../lock/lock.ts'
import { processesOf } from './processes.ts'
import { canEnter, ROOT_HOME, type ServerUser, temporaryDirectory, underRootHome } from './user.ts'

/**
 * Makes the directory a cluster lives in. It is ours, and the server's user may pass through it to its data. Where that
 * user can't reach it (we are root, and the state directory is private), one under /var/lib/holdfast takes its place.
 *
 * @returns the directory that is used.
 */
export async function makePlace(wanted: string, user: ServerUser, log: (line: string) => void): Promise<string> {
  const directory = resolve(wanted)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  if (!user.other) return directory
  if (await reachable(user, directory)) return directory
  // An id kept in the wanted directory: who removes that directory starts afresh rather than with a data directory
  // whose passwords are gone.
  const id = await placeId(join(directory, 'place'))
  const place = underRootHome(`${basename(directory)}-${id}`)
  await mkdir(ROOT_HOME, { recursive: true, mode: 0o755 })
  await mkdir(place, { recursive: true, mode: 0o711 })
  await writeFile(join(place, 'belongs-to'), directory, { mode: 0o600 })
  await tidyRootHome(directory, place, log)
  return place
}

/** Removes the directory of a cluster that does not run, and the one that took its place. */
export async function removePlace(wanted: string): Promise<void> {
  const directory = resolve(wanted)
  const id = await readFile(join(directory, 'place'), 'utf8').catch(() => '')
  if (/^[0-9a-f]{12}$/.test(id)) {
    await rm(underRootHome(`${basename(directory)}-${id}`), { recursive: true, force: true })
  }
  await rm(directory, { recursive: true, force: true })
}

/**
 * Makes the directory of the Unix socket: short, since a socket's path has a limit of 107 bytes (103 on macOS), and
 * open only to us and the server's user. Derived from the data directory, so that a later run meets a leftover there.
 */
export async function makeSocketDirectory(directory: string, user: ServerUser): Promise<string> {
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 12)
  const base = join(await temporaryDirectory(user), `holdfast-${process.getuid?.() ?? 0}-${hash}`)
  // Anybody may write the temporary directory. What somebody else put there is not used, whatever it is.
  for (const candidate of [base, `${base}-${randomBytes(4).toString('hex')}`]) {
    await mkdir(candidate, { mode: 0o700 }).catch(ignoreExisting)
    if (await isOurs(candidate, user)) {
      await handOver(candidate, user)
      return candidate
    }
  }
  throw new StartRefusal('TMPDIR', 'no directory for the database socket could be made there; make it writable')
}

/** Gives a directory to the server's user. */
export async function handOver(path: string, user: ServerUser): Promise<void> {
  if (user.identity.uid !== undefined && user.identity.gid !== undefined)
    await chown(path, user.identity.uid, user.identity.gid)
}

async function reachable(user: ServerUser, directory: string): Promise<boolean> {
  if (!(await canEnter(user, dirname(directory)))) return false
  await chmod(directory, 0o711)
  return canEnter(user, directory)
}

async function placeId(file: string): Promise<string> {
  await writeFile(file, randomBytes(6).toString('hex'), { mode: 0o600, flag: 'wx' }).catch(ignoreExisting)
  const id = await readFile(file, 'utf8')
  if (!/^[0-9a-f]{12}$/.test(id))
    throw new StartRefusal(file, 'is damaged; it names the database directory under /var/lib/holdfast')
  return id
}

/**
 * Says which databases under /var/lib/holdfast were made for this directory before it was removed and made anew. Those of
 * temporary directories that are gone (tests, trials) are removed; anything else may be on a disk that is away just now.
 */
async function tidyRootHome(directory: string, current: string, log: (line: string) => void): Promise<void> {
  for (const name of await readdir(ROOT_HOME)) {
    const other = join(ROOT_HOME, name)
    if (other === current) continue
    const owner = await readFile(join(other, 'belongs-to'), 'utf8').catch(() => '')
    if (owner === directory)
      log(`${other} is the database of a removed ${directory}; remove it too when it is not needed`)
    else if (owner.startsWith(`${tmpdir()}${sep}`) && !(await exists(owner)) && !(await isUsed(other))) {
      await rm(other, { recursive: true, force: true })
    }
  }
}

async function isUsed(place: string): Promise<boolean> {
  const holder = await readLock(join(place, 'lock'))
  return holder?.alive === true || (await processesOf(place)).length > 0
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

async function isOurs(path: string, user: ServerUser): Promise<boolean> {
  const status = await lstat(path)
  const owners = [process.getuid?.() ?? 0, user.identity.uid]
  return status.isDirectory() && owners.includes(status.uid) && (status.mode & 0o077) === 0
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
