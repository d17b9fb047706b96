import { execFile } from 'node:child_process'
import { readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Whether a process of this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * When a process started, as a text to compare: two processes that had one id after the other differ in it. Empty
 * when there is no such process.
 */
export async function startOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // The name in parentheses may hold anything; fields are counted after it. The 22nd of all is the start in ticks.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  }
  return (await ps(['-o', 'lstart=', '-p', String(pid)])).trim()
}

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

function ps(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile('/bin/ps', args, { env: { LC_ALL: 'C' }, maxBuffer: 1 << 24 }, (_error, stdout) => resolve(stdout))
  })
}
