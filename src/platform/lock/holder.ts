import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

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
 * when there is no such process, or it has ended and nobody has taken note of that yet.
 */
export async function startOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // The name in parentheses may hold anything; fields are counted after it. The 22nd of all is the start in ticks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ENDED.has(fields[0] ?? '') ? '' : (fields[19] ?? '')
  }
  return (await ps(['-o', 'lstart=', '-p', String(pid)])).trim()
}

/** What `ps` prints with these arguments; nothing when it fails. */
export function ps(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile('/bin/ps', args, { env: { LC_ALL: 'C' }, maxBuffer: 1 << 24 }, (_error, stdout) => resolve(stdout))
  })
}

/** States of a process that does nothing any more: a zombie waits for its parent, which may never ask. */
const ENDED = new Set(['Z', 'X'])
