import os from 'node:os'

/** One figure, ours beside somebody else's or alone. */
export interface Result {
  readonly section: string
  readonly what: string
  readonly unit: string
  readonly ours: number
  /** Of whom ours is compared with. */
  readonly theirs?: { readonly name: string; readonly value: number }
  /** How many times better ours is: above 1 it is better. */
  readonly ratio?: number
  /** What it must be. */
  readonly limit?: { readonly text: string; readonly met: boolean }
}

/**
 * Where and when figures are measured: without it they say nothing. Called before anything is started, it takes a second to see how many
 * cores are busy with something else: with a busy machine, what is counted by the clock comes out too low, and CPU time too high.
 */
export const measuredOn = async () => ({
  date: new Date().toISOString().slice(0, 10),
  processor: os.cpus()[0]?.model ?? 'unknown',
  cores: os.availableParallelism(),
  system: `${os.type()} ${os.arch()}`,
  node: process.version,
  coresBusyElsewhere: await busyCores(1_000),
})

async function busyCores(milliseconds: number): Promise<number> {
  const times = () =>
    os.cpus().map(({ times: { idle, irq, nice, sys, user } }) => [idle, idle + irq + nice + sys + user] as const)
  const before = times()
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  return times()
    .map(([idle, all], core) => {
      const [idleBefore = 0, allBefore = 0] = before[core] ?? []
      return 1 - (idle - idleBefore) / Math.max(1, all - allBefore)
    })
    .reduce((sum, one) => sum + one, 0)
}

/** Greater is better. */
export function compare(
  result: Pick<Result, 'section' | 'what' | 'unit' | 'ours'> & { readonly theirs: NonNullable<Result['theirs']> },
  least?: number,
): Result {
  const ratio = result.ours / result.theirs.value
  return {
    ...result,
    ratio,
    ...(least === undefined ? {} : { limit: { text: `at least ${least} times`, met: ratio >= least } }),
  }
}

/** A figure that must not be above a bound. */
export const atMost = (result: Pick<Result, 'section' | 'what' | 'unit' | 'ours'>, most: number): Result => ({
  ...result,
  limit: { text: `at most ${most}`, met: result.ours <= most },
})

/** The figures as a table for people. */
export function table(results: readonly Result[]): string {
  const head = ['what', 'ours', 'theirs', 'ratio', 'unit', 'limit']
  const rows = results.map(({ section, what, ours, theirs, ratio, unit, limit }) => [
    `${section}: ${what}`,
    figure(ours),
    theirs === undefined ? '' : `${figure(theirs.value)} ${theirs.name}`,
    ratio === undefined ? '' : ratio.toFixed(2),
    unit,
    limit === undefined ? '' : `${limit.text}: ${limit.met ? 'met' : 'NOT MET'}`,
  ])
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The value that so many of them (0.99) don't exceed. */
export function percentile(numbers: readonly number[], part: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN
}

const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1))
