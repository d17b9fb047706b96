import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

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

/** Names the places below `root` and makes the folders. */
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
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }
  return state
}

/** Below the state directory; each process can read its own only. */
export const SERVER_KEYRING = join('keys', 'server.json')
export const WORKER_KEYRING = join('keys', 'worker.json')
export const DATA_KEYRING = join('keys', 'data.json')
export const OPERATOR_KEYRING = join('keys', 'operator.json')

/** The local authority's certificate for this machine's loopback names. */
export const CERTIFICATE = join('tls', 'localhost.pem')
export const CERTIFICATE_KEY = join('tls', 'localhost-key.pem')
