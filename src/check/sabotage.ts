import type { Verdict } from '../kernel/claim.ts'
import type { Item } from '../kernel/item.ts'
import type { Sabotage, SabotageResult } from '../kernel/sabotage.ts'
import { type Before, bystanders, everyBystander, mayStandBy, nameOf } from './bystanders.ts'
import type { Target } from './context.ts'
import { type PlantedFault, planFault } from './fault.ts'
import { type ProvedClaim, proveClaim } from './prove.ts'
import { type Job, jobsOf, placeOf, pool, runOnTwins, type TwinRunOptions, withTwin } from './runner.ts'

export interface SabotageRunOptions extends TwinRunOptions {
  /** All items; those that are built give the claims that must stay as they were. */
  readonly items: readonly Item[]
  /** Whose sabotages are planted. */
  readonly selected: readonly Item[]
  /**
   * Whether all claims of all other items must stay as they were, but for those that load the machine: hours. Default: the quick ones that
   * {@link bystanders} chooses.
   */
  readonly everywhere?: boolean
  readonly planted?: (outcome: SabotageOutcome) => void
  readonly planting?: (item: string, name: string) => void
}

export interface SabotageOutcome extends SabotageResult {
  /** The claims that turned broken. */
  readonly brokenClaims: readonly string[]
  /** What the first of them saw, or why none did. */
  readonly reason: string
  /** The claims behind `collateral`, and what they saw. */
  readonly alarms: readonly string[]
}

/**
 * Plants each sabotage of the selected items in a twin of its own. Before that, on twins without a fault, it runs the claims that
 * are to catch them, and all that disturb nobody: of those, the quick ones of other items are run in each sabotaged twin
 * as well, and must say what they said before. That is a part of all claims, chosen by {@link bystanders} so that the matrix stays
 * affordable: what it leaves out is not shown to be free of false alarms. Those that time was up for are not in the answer.
 */
export async function runSabotages(options: SabotageRunOptions): Promise<readonly SabotageOutcome[]> {
  const plans = options.selected.flatMap((item) =>
    item.sabotages.map((sabotage) => ({ item, sabotage, fault: planFault(item.id, sabotage) })),
  )
  const before = await runBefore(options)
  const plant = async (plan: Plan): Promise<SabotageOutcome | null> => {
    if (options.effort?.over()) return null
    options.planting?.(plan.item.id, plan.sabotage.name)
    const outcome = await plantOne(plan, plans.length, before, options)
    options.planted?.(outcome)
    return outcome
  }
  // What changes the cluster changes it for all twins: nothing may run beside those.
  const [alone, together] = [plans.filter(changesCluster), plans.filter((plan) => !changesCluster(plan))]
  const outcomes = [
    ...(await pool(together, TWINS_AT_ONCE, plant, options.signal)),
    ...(await pool(alone, 1, plant, options.signal)),
  ]
  return plans.flatMap(({ item, sabotage }) =>
    outcomes
      .filter((outcome) => outcome !== null)
      .filter(({ item: of, name }) => of === item.id && name === sabotage.name),
  )
}

interface Plan {
  readonly item: Item
  readonly sabotage: Sabotage
  readonly fault: PlantedFault
}

/** Roles and server settings belong to the cluster; what a statement changes in its own database goes with the twin. */
const changesCluster = (plan: Plan): boolean =>
  plan.fault.statements.some(
    ({ statement, undo }) => undo !== undefined || /\b(role|user|system|database)\b/i.test(statement),
  )

async function runBefore(options: SabotageRunOptions): Promise<Before> {
  const catching = new Set(
    options.selected.flatMap((item) =>
      item.sabotages.flatMap((one) => one.caughtBy.map((claim) => `${item.id} ${claim}`)),
    ),
  )
  // A claim about the original is only read, so a sabotaged twin can stand for one: so it too is seen to fail.
  const jobs = jobsOf(options.items).filter(
    ({ item, claim }) => catching.has(`${item} ${claim.id}`) || mayStandBy(claim, options.everywhere ?? false),
  )
  options.progress?.({ kind: 'plan', claims: jobs.length })
  const results = await runOnTwins(jobs, options)
  options.signal?.throwIfAborted()
  return new Map(results.map((result) => [`${result.item} ${result.claim}`, result]))
}

async function plantOne(
  plan: Plan,
  plans: number,
  before: Before,
  options: SabotageRunOptions,
): Promise<SabotageOutcome> {
  const { item, sabotage, fault } = plan
  const started = performance.now()
  const catching = catchingJobs(plan)
  const vantages = [...new Set(catching.flatMap((job) => job.claim.needs))]
  const verdictBefore = worstOf(catching.map((job) => before.get(nameOf(job))?.verdict ?? 'unproved'))
  let after: readonly ProvedClaim[] = []
  let alarms: readonly ProvedClaim[] = []
  let failure: string | undefined
  try {
    const beside = options.everywhere
      ? everyBystander(options.items, plan, before)
      : bystanders(options.items, plan, vantages, before, Math.min(BUDGET, TOTAL_BUDGET / plans))
    const found = await runSabotaged(fault, catching, beside, before, options)
    after = found.after
    alarms = found.alarms
  } catch (error) {
    if (options.signal?.aborted) throw error
    failure = `the sabotaged twin did not run: ${error instanceof Error ? error.message : String(error)}`
  }
  options.signal?.throwIfAborted()
  const verdictAfter = worstOf(after.map((result) => result.verdict))
  const broken = after.filter((result) => result.verdict === 'broken')
  return {
    item: item.id,
    name: sabotage.name,
    fault: sabotage.fault,
    leaves: sabotage.leaves,
    before: verdictBefore,
    after: verdictAfter,
    caught: verdictBefore === 'holds' && verdictAfter === 'broken',
    collateral: [...new Set(alarms.map((alarm) => alarm.item))],
    alarms: alarms.map((alarm) => `${alarm.item} ${alarm.claim}: ${alarm.verdict}: ${alarm.reason}`),
    milliseconds: Math.round(performance.now() - started),
    vantages,
    brokenClaims: broken.map((result) => result.claim),
    reason:
      failure ??
      broken[0]?.reason ??
      after.map((result) => `${result.claim}: ${result.verdict}: ${result.reason}`).join('; '),
  }
}

/** The claims that are to catch it. @throws Error when it names one that is not there. */
function catchingJobs({ item, sabotage }: Plan): readonly Job[] {
  return sabotage.caughtBy.map((id) => {
    const claim = item.claims.find((known) => known.id === id)
    if (claim === undefined)
      throw new Error(`${item.id}: sabotage ${sabotage.name} is to be caught by ${id}, which is no claim`)
    return { item: item.id, claim }
  })
}

async function runSabotaged(
  fault: PlantedFault,
  catching: readonly Job[],
  beside: readonly Job[],
  before: Before,
  options: SabotageRunOptions,
): Promise<{ readonly after: readonly ProvedClaim[]; readonly alarms: readonly ProvedClaim[] }> {
  const prove = (job: Job, target: Target): Promise<ProvedClaim> => proveClaim(job.item, job.claim, target, options)
  const inTwin = <T>(work: (target: Target) => Promise<T>): Promise<T> =>
    withTwin(options, { fault }, async (target, twin) => {
      for (const change of fault.host) await change(twin.host.stateDirectory)
      return work(target)
    })
  const together = catching.filter(isSideBySide)
  const alone = catching.filter((job) => !isSideBySide(job))
  const after: ProvedClaim[] = []
  const alarms: ProvedClaim[] = []
  const verdictBefore = (result: Job): Verdict | undefined => before.get(nameOf(result))?.verdict
  if (together.length + beside.filter(isSideBySide).length > 0) {
    await inTwin(async (target) => {
      const near = beside.filter(isSideBySide)
      const results = await pool([...together, ...near], CONCURRENCY, (job) => prove(job, target), options.signal)
      after.push(...results.slice(0, together.length))
      const changed = near.filter((job, index) => results[together.length + index]?.verdict !== verdictBefore(job))
      // Asked twice, since a machine under load may have kept one from finishing; a false alarm says it again.
      for (const job of changed) {
        const again = await prove(job, target)
        if (again.verdict !== verdictBefore(job)) alarms.push(again)
      }
    })
  }
  for (const job of alone) after.push(await inTwin((target) => prove(job, target)))
  for (const job of beside.filter((one) => !isSideBySide(one))) {
    options.signal?.throwIfAborted()
    for (let tries = 2; tries > 0; tries--) {
      const result = await inTwin((target) => prove(job, target))
      if (result.verdict === verdictBefore(job)) break
      if (tries === 1) alarms.push(result)
    }
  }
  return { after, alarms }
}

const isSideBySide = (job: Job): boolean => placeOf(job.claim) === 'side-by-side'

/** The worst verdict of several; `unproved` where there is none. */
function worstOf(verdicts: readonly Verdict[]): Verdict {
  for (const verdict of ['broken', 'unproved', 'holds', 'not-applicable'] as const) {
    if (verdicts.includes(verdict)) return verdict
  }
  return 'unproved'
}

/** Two cores. */
const TWINS_AT_ONCE = 2
const CONCURRENCY = 3
/** Milliseconds of quick claims run in one sabotaged twin, as measured before, and over all: they share what the whole matrix may take. */
const BUDGET = 6_000
const TOTAL_BUDGET = 120_000
