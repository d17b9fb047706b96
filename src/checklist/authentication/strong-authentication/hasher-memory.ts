import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

interface Process {
  readonly id: number
  readonly parent: number
  readonly command: string
  /** MiB that it holds, and the most it ever held where the system tells, as Linux does. */
  readonly now: number
  readonly most: number
}

/**
 * How much memory the largest hasher process below this one holds, and the most it ever held, in MiB.
 *
 * @returns `null` where none is seen.
 */
export async function largestHasher(): Promise<{ readonly now: number; readonly most: number } | null> {
  const all = process.platform === 'linux' ? await fromProc() : await fromPs()
  const parents = new Map(all.map(({ id, parent }) => [id, parent]))
  const isBelowUs = (id: number): boolean => {
    let at = parents.get(id)
    for (let steps = 0; at !== undefined && steps < 64; steps += 1) {
      if (at === process.pid) return true
      at = parents.get(at)
    }
    return false
  }
  const hashers = all.filter(({ id, command }) => /hasher[/\\]process\.[jt]s/.test(command) && isBelowUs(id))
  return hashers.toSorted((one, other) => other.most - one.most)[0] ?? null
}

async function fromProc(): Promise<Process[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    names.map(async (name): Promise<Process | null> => {
      try {
        const [command, status] = await Promise.all([
          readFile(`/proc/${name}/cmdline`, 'utf8'),
          readFile(`/proc/${name}/status`, 'utf8'),
        ])
        const field = (label: string): number => Number(new RegExp(`^${label}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0)
        return {
          id: Number(name),
          parent: field('PPid'),
          command,
          now: field('VmRSS') / 1024,
          most: field('VmHWM') / 1024,
        }
      } catch {
        // It ended meanwhile.
        return null
      }
    }),
  )
  return found.filter((process) => process !== null)
}

async function fromPs(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,rss=,command='], {
    maxBuffer: 16 * 1024 * 1024,
  })
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line)
    if (match === null) return []
    const now = Number(match[3]) / 1024
    return [{ id: Number(match[1]), parent: Number(match[2]), now, most: now, command: match[4] ?? '' }]
  })
}
