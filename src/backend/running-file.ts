import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CertificateFiles } from './certificate-files.ts'
import type { DatabasePlace } from './messages.ts'
import type { StateDirectory } from './state-directory.ts'

/** What the command line needs to find a running backend; no secret in it. */
export interface Running {
  /** Of the supervisor. */
  readonly pid: number
  readonly origins: readonly string[]
  /** Where TLS is spoken here, and with what; `null` where an edge in front ends it. Paths are absolute. */
  readonly tls: (CertificateFiles & { readonly host: string; readonly port: number }) | null
  readonly database: DatabasePlace
  /** Of the definition that runs. */
  readonly definitionHash: string
  /** Names of the settings that open something to others. */
  readonly opens: readonly string[]
  /** How long a reset of second factors waits, at least. */
  readonly factorResetHours: number
}

export function writeRunning(state: Pick<StateDirectory, 'root'>, running: Running): void {
  writeFileSync(join(state.root, FILE), `${JSON.stringify(running)}\n`, { mode: 0o600 })
}

export function removeRunning(state: StateDirectory): void {
  rmSync(join(state.root, FILE), { force: true })
}

/** @returns `null` where nothing runs: no file, a damaged one, or one that a killed run left behind. */
export function readRunning(state: Pick<StateDirectory, 'root'>): Running | null {
  try {
    const running: Running = JSON.parse(readFileSync(join(state.root, FILE), 'utf8'))
    process.kill(running.pid, 0)
    return running
  } catch {
    return null
  }
}

const FILE = 'running.json'
