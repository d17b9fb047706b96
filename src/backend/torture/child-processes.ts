import { readdir, readFile } from 'node:fs/promises'

/** The children of a process that run this. */
export async function childrenOf(
  parent: number,
  what: 'server' | 'worker' | 'hasher' | 'postgres',
): Promise<readonly number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    if (Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ', 1)[0]) !== parent) continue
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (COMMANDS[what].test(command)) found.push(Number(name))
  }
  return found
}

const COMMANDS = {
  server: /server-process\.ts/,
  worker: /worker-process\.ts/,
  hasher: /hasher\/process\.ts/,
  postgres: /^[^\0]*postgres\0-D/,
} as const

export async function childOf(parent: number, what: 'server' | 'worker' | 'hasher' | 'postgres'): Promise<number> {
  const [pid, ...others] = await childrenOf(parent, what)
  if (pid === undefined || others.length > 0) throw new Error(`${others.length + (pid ? 1 : 0)} ${what} processes`)
  return pid
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
