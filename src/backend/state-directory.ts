import { mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { StartRefusal } from '../kernel/refusal.ts'
import { type Lock, takeLock } from '../platform/lock/lock.ts'

/** Where a backend on one machine keeps what is its own. All folders are 0700, all files 0600. */
export interface StateDirectory {
  readonly root: string
  /** Keyrings, one a process: a process can read its own only. */
  readonly keys: string
  /** The local authority and its certificate (development). */
  readonly tls: string
  /** The embedded PostgreSQL (development). */
  readonly database: string
  readonly log: string
  /** Mails that were kept instead of sent (development). */
  readonly outbox: string
  /** Evidence of `check` and `sabotage`. */
  readonly evidence: string
}

/**
 * Names the places below `root` and makes the folders.
 *
 * @throws StartRefusal where they can't be made.
 */
export function openStateDirectory(root: string): StateDirectory {
  const absolute = resolve(root)
  const state: StateDirectory = {
    root: absolute,
    keys: join(absolute, 'keys'),
    tls: join(absolute, 'tls'),
    database: join(absolute, 'database'),
    log: join(absolute, 'log'),
    outbox: join(absolute, 'outbox'),
    evidence: join(absolute, 'evidence'),
  }
  for (const folder of [state.root, state.keys, state.tls, state.log, state.evidence]) {
    makeFolder(folder)
  }
  return state
}

/** By hand, since `recursive` of Node's own never comes back where a folder that is there takes no other (`/proc`). */
function makeFolder(folder: string): void {
  const code = tryFolder(folder)
  if (code === null) return
  const above = dirname(folder)
  if (code !== 'ENOENT' || above === folder) throw unmakable(folder, code)
  makeFolder(above)
  const again = tryFolder(folder)
  if (again !== null) throw unmakable(folder, again)
}

/** @returns `null` when the folder is there, else why it is not. */
function tryFolder(folder: string): string | null {
  try {
    mkdirSync(folder, { mode: 0o700 })
    return null
  } catch (error) {
    const there = statSync(folder, { throwIfNoEntry: false })
    if (there !== undefined) return there.isDirectory() ? null : 'there is a file of this name'
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  }
}

const unmakable = (folder: string, why: string): StartRefusal =>
  new StartRefusal(folder, `can not be made (${why}); name another state directory, with --state or HOLDFAST_STATE`)

/**
 * Takes the state directory for the backend that this process runs: two on one would each think the log, the address in
 * `running.json` and the database's place their own.
 *
 * @throws StartRefusal when another backend runs on it.
 */
export async function holdStateDirectory(state: StateDirectory): Promise<Lock> {
  const lock = await takeLock(join(state.root, 'lock'), 'this state directory')
  process.once('exit', lock.releaseNow)
  return {
    async release() {
      process.removeListener('exit', lock.releaseNow)
      await lock.release()
    },
    releaseNow: lock.releaseNow,
  }
}

/** Below the state directory; each process can read its own only. */
export const SERVER_KEYRING = join('keys', 'server.json')
export const WORKER_KEYRING = join('keys', 'worker.json')
export const DATA_KEYRING = join('keys', 'data.json')
export const OPERATOR_KEYRING = join('keys', 'operator.json')

/** The local authority's certificate for this machine's loopback names. */
export const CERTIFICATE = join('tls', 'localhost.pem')
export const CERTIFICATE_KEY = join('tls', 'localhost-key.pem')
