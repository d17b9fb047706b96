import { type ChildProcess, spawn } from 'node:child_process'
import type { Start, Told } from './contestants/contestant.ts'
import { cpuTimeOf } from './processes.ts'

/** A server that is measured, in a process of its own. */
export interface Contestant {
  readonly name: string
  readonly port: number
  /** CPU time used so far by it and what works for it, in microseconds. The database is not in it. */
  cpu(): Promise<number>
  end(): void
}

/**
 * @param file - the contestant's, below `contestants/`.
 * @param environment - further variables of its process.
 */
export async function enter(
  name: string,
  file: string,
  start: Start,
  environment: Readonly<Record<string, string>> = {},
): Promise<Contestant> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', new URL(`./contestants/${file}`, import.meta.url).pathname],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { NODE_ENV: 'production', PATH: process.env.PATH, ...environment },
    },
  )
  const told = await new Promise<Told>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the contestant ${name} ended with ${code}`)))
    child.once('message', (message: Told) => resolve(message))
    child.send(start)
  })
  const helpers = told.type === 'listening' ? told.helpers : []
  return {
    name,
    port: start.listen,
    async cpu() {
      const [own, ...others] = await Promise.all([ownCpu(child), ...helpers.map(cpuTimeOf)])
      return others.reduce((sum, one) => sum + one, own)
    },
    end: () => child.disconnect(),
  }
}

function ownCpu(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('message', (told: Told) => resolve(told.type === 'cpu' ? told.microseconds : Number.NaN))
    child.send('cpu')
  })
}

/**
 * Measures each in turn, round by round, so that what else the machine does meets all of them. The first rounds warm up and do not
 * count.
 *
 * @param warmUps - how many.
 * @returns what each was measured at, by name.
 */
export async function interleave<T>(
  what: string,
  rounds: number,
  contestants: readonly Contestant[],
  measure: (contestant: Contestant) => Promise<T>,
  warmUps = 1,
): Promise<ReadonlyMap<string, readonly T[]>> {
  const measured = new Map<string, T[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 1 - warmUps; round <= rounds; round++) {
    for (const contestant of contestants) {
      const one = await measure(contestant)
      if (round > 0) measured.get(contestant.name)?.push(one)
    }
    process.stderr.write(`${what}: round ${round} of ${rounds}\n`)
  }
  return measured
}
