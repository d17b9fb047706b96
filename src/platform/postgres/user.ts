import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { StartRefusal } from '../../kernel/refusal.ts'

/** The user PostgreSQL runs as. It refuses to be root, so a root process hands it to `nobody`. */
export interface ServerUser {
  /** For `spawn`; empty where the server runs as we do. */
  readonly identity: { readonly uid?: number; readonly gid?: number }
  /** True when we are root and the server is not. */
  readonly other: boolean
}

/** Where clusters, binaries and sockets of a root process go when `nobody` can't reach the place they would be in. */
export const ROOT_HOME = '/var/lib/holdfast'

export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return { identity: {}, other: false }
  const nobody = process.platform === 'darwin' ? 0xfffffffe : 65_534
  return { identity: { uid: nobody, gid: nobody }, other: true }
}

/** A small environment: nothing of ours (secrets among it) reaches the server. */
export const SERVER_ENVIRONMENT: NodeJS.ProcessEnv = { PATH: '/usr/bin:/bin', LC_ALL: 'C' }

/** Whether the server's user gets into a directory. Tried as that user, since mode bits are not all there is. */
export async function canEnter(user: ServerUser, directory: string): Promise<boolean> {
  return (await run(user, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], '/')).code === 0
}

/** The first of the temporary directories that the server's user gets into. */
export async function temporaryDirectory(user: ServerUser): Promise<string> {
  if (!user.other) return tmpdir()
  for (const candidate of [tmpdir(), '/tmp', '/var/tmp']) if (await canEnter(user, candidate)) return candidate
  throw new StartRefusal(
    'TMPDIR',
    'the user nobody can not enter it, and PostgreSQL does not run as root; name one it can',
  )
}

export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program as the server's user to its end. `code` is null when it could not be started or was killed. */
export function run(user: ServerUser, file: string, args: readonly string[], cwd: string): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      ...user.identity,
      env: SERVER_ENVIRONMENT,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout = (stdout + chunk).slice(-10_000)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk).slice(-10_000)
    })
    child.once('error', (error) => resolve({ code: null, stdout, stderr: `${basename(file)}: ${error.message}` }))
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** `directory` under {@link ROOT_HOME}. */
export const underRootHome = (name: string): string => join(ROOT_HOME, name)
