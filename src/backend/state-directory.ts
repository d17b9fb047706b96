import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
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
  /** Evidence of `check` and `sabotage`. */
  readonly evidence: string
}

/** Names the places below `root` and makes the folders. */
export function openStateDirectory(root: string): StateDirectory {
  const absolute = resolve(root)
  const state: StateDirectory = {
    root: absolute,
    keys: join(absolute, 'keys'),
    tls: join(absolute, 'tls'),
    database: join(absolute, 'database'),
    log: join(absolute, 'log'),
    evidence: join(absolute, 'evidence'),
  }
  for (const folder of [state.root, state.keys, state.tls, state.log, state.evidence]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }
  return state
}

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
export const OPERATOR_KEYRING = join('keys', 'operator.json')

/** The local authority's certificate for this machine's loopback names. */
export const CERTIFICATE = join('tls', 'localhost.pem')
export const CERTIFICATE_KEY = join('tls', 'localhost-key.pem')
