import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** CPU time that a process has used so far, user and system, in microseconds; told by the hundredth of a second. */
export async function cpuTimeOf(pid: number): Promise<number> {
  if (process.platform === 'linux') {
    const fields = fieldsOf(await readFile(`/proc/${pid}/stat`, 'utf8'))
    return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_OF_TICK
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'cputime=', '-p', String(pid)])
  return (
    stdout
      .trim()
      .split(':')
      .reduce((sum, part) => sum * 60 + Number(part), 0) * 1e6
  )
}

/** A process and all below it. Linux only. */
export async function familyOf(pid: number): Promise<readonly number[]> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => null)
    if (stat !== null) parents.set(Number(name), Number(fieldsOf(stat)[1]))
  }
  const family = [pid]
  // Grows while it is walked, by the children of whoever is at hand.
  for (const one of family) for (const [child, parent] of parents) if (parent === one) family.push(child)
  return family
}

/** Resident memory of processes, summed, in MiB: what they hold now, and the most since {@link forgetPeaks}. Linux only. */
export async function memoryOf(pids: readonly number[]): Promise<{ readonly now: number; readonly peak: number }> {
  let [now, peak] = [0, 0]
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const field = (name: string): number =>
      Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
    now += field('VmRSS')
    peak += field('VmHWM')
  }
  return { now, peak }
}

/** The most that processes held is counted from now on. Linux only. */
export async function forgetPeaks(pids: readonly number[]): Promise<void> {
  for (const pid of pids) await writeFile(`/proc/${pid}/clear_refs`, '5')
}

/** What follows the name, which may hold anything. */
const fieldsOf = (stat: string): readonly string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ')

/** Linux counts a hundred a second for programs, whatever the kernel does. */
const MICROSECONDS_OF_TICK = 10_000
