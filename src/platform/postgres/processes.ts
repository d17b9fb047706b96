import { readdir, readlink, realpath } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, ps } from '../lock/holder.ts'

/**
 * Ids of the processes of PostgreSQL at work in a directory or below it: server, backends, `initdb`. Told by program and
 * working directory, so that a shell somebody left there is not among them.
 */
export async function processesOf(directory: string): Promise<readonly number[]> {
  const path = await realpath(directory).catch(() => null)
  if (path === null) return []
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const found = await Promise.all(pids.map(async (pid) => ((await worksIn(pid, path)) ? Number(pid) : null)))
    return found.filter((pid) => pid !== null)
  }
  // Only the postmaster shows its path elsewhere; its backends end by themselves when it does.
  return (await ps(['-axo', 'pid=,command=']))
    .split('\n')
    .filter(
      (line) => /\/(postgres|initdb) -D /.test(line) && (line.includes(` ${path} `) || line.includes(` ${path}/`)),
    )
    .map((line) => Number.parseInt(line, 10))
}

async function worksIn(pid: string, path: string): Promise<boolean> {
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '')
  if (cwd !== path && !cwd.startsWith(`${path}/`)) return false
  const program = await readlink(`/proc/${pid}/exe`).catch(() => '')
  return /\/(postgres|initdb)( \(deleted\))?$/.test(program)
}

/** Waits until none of the processes lives any more; false when some do after `milliseconds`. */
export async function gone(pids: readonly number[], milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; ; await sleep(10)) {
    if (!pids.some(isAlive)) return true
    if (Date.now() > end) return false
  }
}

/** Sends a signal; that the process is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
