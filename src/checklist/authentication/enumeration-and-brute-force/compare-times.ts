/** What two samples of times say about each other. All in milliseconds. */
export interface Comparison {
  /** Welch's t: of means, in units of their standard error. */
  readonly t: number
  /** The same of ranks (Mann–Whitney, normal approximation): a few slow answers do not move it. */
  readonly z: number
  /** Of the means, `one` less `other`. */
  readonly difference: number
  /** The smallest difference that would have been seen, either way: put into what was measured, it is {@link isTold told}. */
  readonly smallest: number
}

/** Beyond it a difference is no chance [ISO/IEC 17825: |t| of 4.5 is one in 100,000]. */
export const LIMIT = 4.5

/**
 * Compares times of answers, at least four of each. Of both together the slowest quarter is left out of the means first: those
 * were waiting for the machine, and all they say is how busy it was. Ranks are of all.
 */
export function compareTimes(one: readonly number[], other: readonly number[]): Comparison {
  return { ...scores(one, other), smallest: smallestTold(one, other) }
}

/** By means and by ranks: one alone can be a few slow answers. */
export const isTold = ({ t, z }: Pick<Comparison, 't' | 'z'>): boolean => Math.abs(t) >= LIMIT && Math.abs(z) >= LIMIT

function scores(one: readonly number[], other: readonly number[]): Pick<Comparison, 't' | 'z' | 'difference'> {
  const cut = quantile([...one, ...other], 0.75)
  const [a, b] = [one, other].map((times) => times.filter((time) => time <= cut)) as [number[], number[]]
  const error = Math.sqrt(variance(a) / a.length + variance(b) / b.length)
  const difference = mean(a) - mean(b)
  return { t: difference / error, z: rankScore(one, other), difference }
}

/** Moves what was measured onto each other, then apart until it is seen. Infinite where even {@link MOST} would not be. */
function smallestTold(one: readonly number[], other: readonly number[]): number {
  const centre = quantile(one, 0.5) - quantile(other, 0.5)
  const seen = (shift: number): boolean =>
    [shift, -shift].every((by) =>
      isTold(
        scores(
          one.map((time) => time - centre + by),
          other,
        ),
      ),
    )
  if (!seen(MOST)) return Number.POSITIVE_INFINITY
  let [unseen, told] = [0, MOST]
  while (told - unseen > STEP) {
    const middle = (unseen + told) / 2
    if (seen(middle)) told = middle
    else unseen = middle
  }
  return told
}

/** Milliseconds. */
const MOST = 64
const STEP = 0.02

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
