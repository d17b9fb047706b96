import type { Item } from '../kernel/item.ts'
import type { Sabotage } from '../kernel/sabotage.ts'
import type { Vantage } from '../kernel/vantage.ts'
import type { ProvedClaim } from './prove.ts'
import { type Job, jobsOf, placeOf } from './runner.ts'
import { targetOf } from './twin.ts'

/** What claims said on twins without a fault, by {@link nameOf}. */
export type Before = ReadonlyMap<string, ProvedClaim>

export const nameOf = (job: Job): string => `${job.item} ${job.claim.id}`

interface Planted {
  readonly item: Item
  readonly sabotage: Sabotage
}

/** Whether a claim can be a bystander at all: what loads the machine is no measure where two twins run. */
export const mayStandBy = (claim: Job['claim'], everywhere: boolean): boolean =>
  targetOf(claim) === 'twin' && (everywhere ? claim.effect !== 'loads' : placeOf(claim) === 'side-by-side')

/** All claims of other items that held before, whatever they look from and however long they take. */
export const everyBystander = (items: readonly Item[], plan: Planted, before: Before): readonly Job[] => {
  const excused = excusedBy(plan)
  return jobsOf(items).filter(
    (job) => !excused.has(job.item) && mayStandBy(job.claim, true) && before.get(nameOf(job))?.verdict === 'holds',
  )
}

/** Items that may turn: the sabotage's own, and those that it says it breaks too. */
const excusedBy = ({ item, sabotage }: Planted): ReadonlySet<string> =>
  new Set([item.id, ...(sabotage.alsoBreaks ?? [])])

/**
 * The claims that must not change: quick ones of other built items that share a vantage with the sabotage, that held before, and that it does
 * not say it breaks too. A few of each item, the quickest first, within a budget of time.
 */
export function bystanders(
  items: readonly Item[],
  plan: Planted,
  vantages: readonly Vantage[],
  before: Before,
  /** Milliseconds. */
  budget: number,
): readonly Job[] {
  const excused = excusedBy(plan)
  const time = (job: Job): number => before.get(nameOf(job))?.milliseconds ?? Number.POSITIVE_INFINITY
  const candidates = jobsOf(items)
    .filter(({ item, claim }) => !excused.has(item) && mayStandBy(claim, false))
    .filter((job) => job.claim.needs.some((vantage) => vantages.includes(vantage)))
    .filter((job) => before.get(nameOf(job))?.verdict === 'holds' && time(job) < QUICK)
    .sort((a, b) => time(a) - time(b))
  // The quickest of each item, then the second quickest of each, and so on, so that no item is left out for another's many.
  const rank = new Map<string, number>()
  const ranked = candidates.map((job) => {
    const place = rank.get(job.item) ?? 0
    rank.set(job.item, place + 1)
    return { job, place }
  })
  const chosen: Job[] = []
  let spent = 0
  for (const { job } of ranked.sort((a, b) => a.place - b.place)) {
    if (spent + time(job) > budget) continue
    spent += time(job)
    chosen.push(job)
  }
  return chosen
}

/** Milliseconds a claim took before, to count as quick. */
const QUICK = 1_500
