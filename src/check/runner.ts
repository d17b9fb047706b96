import type { Claim } from '../kernel/claim.ts'
import type { Effort } from '../kernel/effort.ts'
import type { Item } from '../kernel/item.ts'
import type { Clock, Seconds } from '../kernel/time.ts'
import type { RepositoryVantage } from '../kernel/vantage.ts'
import { originalTarget, type Target, twinTarget } from './context.ts'
import { openNetwork } from './network.ts'
import { notRun, type ProvedClaim, proveClaim } from './prove.ts'
import { type BuildTwin, type InspectOriginal, type Original, type Twin, type TwinOptions, targetOf } from './twin.ts'

export interface RunOptions {
  readonly items: readonly Item[]
  readonly buildTwin: BuildTwin
  /** Absent: the original is not looked at. */
  readonly inspectOriginal?: InspectOriginal
  /** False: the twin is not built and claims about it are left out of the result. Default true. */
  readonly twin?: boolean
  readonly repository?: RepositoryVantage
  /** How hard claims about twins try. Default: as hard as `check`. */
  readonly effort?: Effort
  /** Hash of the definition that is checked; an original that runs another one is not it. Absent: not compared. */
  readonly definitionHash?: string
  readonly clock: Clock
  /** Claims side by side on the shared twin. Default 3. */
  readonly concurrency?: number
  /** Per claim. */
  readonly timeout?: Seconds
  readonly signal?: AbortSignal
  readonly progress?: (step: RunStep) => void
}

export type TwinRunOptions = Omit<RunOptions, 'items' | 'inspectOriginal' | 'twin'>

export type RunStep =
  | { readonly kind: 'plan'; readonly claims: number }
  | { readonly kind: 'stage'; readonly text: string }
  | { readonly kind: 'claim-started'; readonly item: string; readonly claim: string }
  | { readonly kind: 'claim-ended'; readonly result: ProvedClaim }

/** One claim of one item, to be run. */
export interface Job {
  readonly item: string
  readonly claim: Claim
}

/**
 * Runs the claims of the built items: those about the original first, then side by side on one twin those that
 * disturb nobody, then each exclusive one in a twin of its own, and last, with nothing beside them, those that load the
 * machine. Rejects when the shared twin can't be built or `signal` is aborted.
 */
export async function runClaims(options: RunOptions): Promise<readonly ProvedClaim[]> {
  const jobs = jobsOf(options.items)
  const about = Object.groupBy(jobs, (job) => targetOf(job.claim))
  const onTwin = options.twin === false ? [] : (about.twin ?? [])
  const onOriginal = options.inspectOriginal === undefined ? [] : (about.original ?? [])
  options.progress?.({ kind: 'plan', claims: onTwin.length + onOriginal.length })
  return [
    ...(onOriginal.length === 0 ? [] : await runOnOriginal(onOriginal, options)),
    ...(onTwin.length === 0 ? [] : await runOnTwins(onTwin, options)),
  ]
}

/** All claims of the built items, in their order. */
export const jobsOf = (items: readonly Item[]): readonly Job[] =>
  items.flatMap((item) => (item.state === 'built' ? item.claims.map((claim) => ({ item: item.id, claim })) : []))

/** How a claim has to be run on twins. */
export function placeOf(claim: Claim): 'side-by-side' | 'alone-in-twin' | 'alone-on-machine' {
  if (claim.effect === 'loads') return 'alone-on-machine'
  return claim.exclusive === true ? 'alone-in-twin' : 'side-by-side'
}

async function runOnOriginal(jobs: readonly Job[], options: RunOptions): Promise<readonly ProvedClaim[]> {
  options.progress?.({ kind: 'stage', text: 'inspecting the original' })
  const original = await findOriginal(options)
  if ('reason' in original) {
    // What may be absent is absent; what is required is missing.
    return jobs.map(({ item, claim }) =>
      finish(
        options,
        notRun(
          item,
          claim,
          claim.level === 'required' ? 'unproved' : 'not-applicable',
          `no original: ${original.reason}`,
        ),
      ),
    )
  }
  try {
    const target = originalTarget(original, options.repository)
    return await pool(jobs, options.concurrency ?? CONCURRENCY, (job) => run(job, target, options), options.signal)
  } finally {
    await original.close()
  }
}

async function findOriginal(options: RunOptions): Promise<Original | { readonly reason: string }> {
  const found = (await options.inspectOriginal?.()) ?? { reason: 'not looked for' }
  if ('reason' in found || options.definitionHash === undefined || found.definitionHash === options.definitionHash)
    return found
  await found.close()
  return { reason: `what runs has another definition (${found.definitionHash.slice(0, 12)}); start it again` }
}

/** Runs claims on twins of the backend as it is; see {@link runClaims} for the order. */
export async function runOnTwins(jobs: readonly Job[], options: TwinRunOptions): Promise<readonly ProvedClaim[]> {
  const places = Object.groupBy(jobs, (job) => placeOf(job.claim))
  const shared = places['side-by-side'] ?? []
  const alone = places['alone-in-twin'] ?? []
  const loading = places['alone-on-machine'] ?? []
  const results: ProvedClaim[] = []
  if (shared.length > 0) {
    options.progress?.({ kind: 'stage', text: 'building the twin' })
    const ran = await withTwin(options, {}, (target) =>
      pool(shared, options.concurrency ?? CONCURRENCY, (job) => run(job, target, options), options.signal),
    )
    results.push(...ran)
  }
  const byItself = async (job: Job): Promise<ProvedClaim> => {
    if (options.effort?.over()) return finish(options, tooLate(job))
    try {
      return await withTwin(options, {}, (target) => run(job, target, options))
    } catch (error) {
      if (options.signal?.aborted) throw error
      const reason = `its twin did not start: ${error instanceof Error ? error.message : String(error)}`
      return finish(options, notRun(job.item, job.claim, 'unproved', reason))
    }
  }
  if (alone.length > 0) options.progress?.({ kind: 'stage', text: 'claims that need a twin of their own' })
  results.push(...(await pool(alone, TWINS_AT_ONCE, byItself, options.signal)))
  if (loading.length > 0) options.progress?.({ kind: 'stage', text: 'claims that load the machine' })
  results.push(...(await pool(loading, 1, byItself, options.signal)))
  return results
}

/** Builds a twin, hands it over as a target and stops it, whatever happens. */
export async function withTwin<T>(
  options: Pick<RunOptions, 'buildTwin' | 'repository' | 'effort' | 'signal'>,
  twinOptions: TwinOptions,
  work: (target: Target, twin: Twin) => Promise<T>,
): Promise<T> {
  options.signal?.throwIfAborted()
  const twin = await options.buildTwin(twinOptions)
  const network = openNetwork(twin)
  try {
    options.signal?.throwIfAborted()
    return await work(twinTarget(twin, network, options), twin)
  } finally {
    network.close()
    await twin.stop()
  }
}

async function run(job: Job, target: Target, options: TwinRunOptions): Promise<ProvedClaim> {
  if (options.effort?.over()) return finish(options, tooLate(job))
  options.progress?.({ kind: 'claim-started', item: job.item, claim: job.claim.id })
  return finish(options, await proveClaim(job.item, job.claim, target, options))
}

const tooLate = ({ item, claim }: Job): ProvedClaim =>
  notRun(item, claim, 'unproved', 'time was up before it was its turn')

function finish(options: TwinRunOptions, result: ProvedClaim): ProvedClaim {
  options.progress?.({ kind: 'claim-ended', result })
  return result
}

/** Does `work` for each job, at most `size` at a time, results in the jobs' order. An aborted signal rejects before the next job. */
export async function pool<J, R>(
  jobs: readonly J[],
  size: number,
  work: (job: J) => Promise<R>,
  signal?: AbortSignal,
): Promise<readonly R[]> {
  const results: R[] = new Array(jobs.length)
  const waiting = jobs.entries()
  const worker = async (): Promise<void> => {
    for (const [index, job] of waiting) {
      signal?.throwIfAborted()
      results[index] = await work(job)
    }
  }
  // All workers end before a failure is passed on, so that no twin is left behind by one of them.
  const ended = await Promise.allSettled(Array.from({ length: Math.min(size, jobs.length) }, worker))
  for (const end of ended) if (end.status === 'rejected') throw end.reason
  return results
}

/** Two cores: one claim computes while two wait for their answers. */
const CONCURRENCY = 3
const TWINS_AT_ONCE = 2
