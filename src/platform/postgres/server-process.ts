import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StartRefusal } from '../../kernel/refusal.ts'
import type { Binaries } from './binaries.ts'
import { SERVER_ENVIRONMENT, type ServerUser } from './user.ts'

/** A running `postgres`. */
export interface ServerProcess {
  readonly pid: number
  readonly exited: Promise<Exit>
  /** Sends a signal; nothing happens when the server has ended. */
  signal(name: NodeJS.Signals): void
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/**
 * Starts `postgres` and waits until it takes connections.
 *
 * @param directory - holds `data`, `postgresql.conf` and `pg_hba.conf`.
 * @throws {@link StartRefusal} with what the server said last, when it ends or isn't ready in 60 s (recovery included).
 */
export async function startServer(binaries: Binaries, user: ServerUser, directory: string): Promise<ServerProcess> {
  const data = join(directory, 'data')
  const child = spawn(
    binaries.postgres,
    [
      ...['-D', data, '-c', `config_file=${join(directory, 'postgresql.conf')}`],
      ...['-c', `hba_file=${join(directory, 'pg_hba.conf')}`],
    ],
    // A session of its own: a Ctrl-C in the terminal reaches us alone, and we stop the server after its clients.
    { ...user.identity, env: SERVER_ENVIRONMENT, cwd: directory, stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  )
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-4_000)
  })
  const exited = exitOf(child)
  let over: Exit | undefined
  exited.then((exit) => {
    over = exit
  })
  for (const end = Date.now() + READY_WITHIN; ; await sleep(5)) {
    // The exit of a process whose start failed carries no pid.
    if (over !== undefined || child.pid === undefined) {
      await exited
      throw new StartRefusal(directory, `PostgreSQL did not start: ${lastComplaint(said)}`)
    }
    if (await isReady(data, child.pid)) break
    if (Date.now() > end) {
      child.kill('SIGKILL')
      throw new StartRefusal(directory, `PostgreSQL was not ready in ${READY_WITHIN / 1000} s: ${lastComplaint(said)}`)
    }
  }
  // A caller that forgets to stop it may still end; then the handler of `exit` stops it.
  child.unref()
  if (child.stderr !== null && 'unref' in child.stderr) (child.stderr as { unref(): void }).unref()
  return {
    pid: child.pid,
    exited,
    signal: (name) => {
      if (over === undefined) child.kill(name)
    },
  }
}

const READY_WITHIN = 60_000 // milliseconds

/** The server says so in line 8 of its pid file. Its own log would not do: with a collector nothing comes to stderr. */
async function isReady(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return Number(lines[0]) === pid && /^ready/.test(lines[7] ?? '')
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }))
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
}

function lastComplaint(said: string): string {
  const lines = said.trim().split('\n')
  return lines.findLast((line) => /FATAL|PANIC|ERROR/.test(line)) ?? lines.at(-1) ?? ''
}
