/** What two samples of times say about each other. All in milliseconds. */
export interface Comparison {
  /** Welch's t: of means, in units of their standard error. */
  readonly t: number
  /** The same of ranks (Mann–Whitney, normal approximation): a few slow answers do not move it. */
  readonly z: number
  /** Of the means, `one` less `other`. */
  readonly difference: number
  /** The smallest difference of means that would have been seen: the one at which |t| is {@link LIMIT}. */
  readonly smallest: number
}

/** Beyond it a difference is no chance [ISO/IEC 17825: |t| of 4.5 is one in 100,000]. */
export const LIMIT = 4.5

/**
 * Compares times of answers. Of both together the slowest tenth is left out first: those were waiting for the machine, and
 * all they say is how busy it was.
 */
export function compareTimes(one: readonly number[], other: readonly number[]): Comparison {
  const cut = quantile([...one, ...other], 0.9)
  const [a, b] = [one, other].map((times) => times.filter((time) => time <= cut)) as [number[], number[]]
  const error = Math.sqrt(variance(a) / a.length + variance(b) / b.length)
  const difference = mean(a) - mean(b)
  return { t: difference / error, z: rankScore(one, other), difference, smallest: LIMIT * error }
}

function rankScore(one: readonly number[], other: readonly number[]): number {
  const all = [...one.map((time) => ({ time, mine: true })), ...other.map((time) => ({ time, mine: false }))]
  all.sort((left, right) => left.time - right.time)
  // Times are read in microseconds and finer, so that equal ones hardly ever come; their order then says nothing.
  const sum = all.reduce((ranks, { mine }, index) => ranks + (mine ? index + 1 : 0), 0)
  const [n, m] = [one.length, other.length]
  return (sum - (n * (n + m + 1)) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12)
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function variance(values: readonly number[]): number {
  const centre = mean(values)
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.POSITIVE_INFINITY
}
