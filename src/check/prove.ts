import { type Claim, type ClaimResult, type Evidence, Unproved, type Verdict } from '../kernel/claim.ts'
import type { Clock, Moment, Seconds } from '../kernel/time.ts'
import type { Target } from './context.ts'
import { type EvidenceCounts, oneLine, openRecorder, type Recorder } from './recorder.ts'
import { CLAIM_TIMEOUT, targetOf } from './twin.ts'

/** What came of one claim, with what a report needs beyond {@link ClaimResult}. */
export interface ProvedClaim extends ClaimResult {
  readonly item: string
  readonly on: 'twin' | 'original'
  readonly counts: EvidenceCounts
  /** How long the answer keeps. */
  readonly keeps: Seconds
  /** When its evidence was had, or its thing found absent; `null` where nothing was tried. */
  readonly provedAt: Moment | null
}

export interface ProveOptions {
  readonly clock: Clock
  /** Until a claim counts as unproved. Default {@link CLAIM_TIMEOUT}. */
  readonly timeout?: Seconds
  /** Aborted: the claim ends at once, unproved. */
  readonly signal?: AbortSignal
}

/** Runs one claim against a target. Never rejects: whatever goes wrong makes the claim unproved. */
export async function proveClaim(
  item: string,
  claim: Claim,
  target: Target,
  options: ProveOptions,
): Promise<ProvedClaim> {
  const started = performance.now()
  const recorder = openRecorder()
  const outcome = await attempt(claim, target, recorder, options)
  recorder.close()
  const evidence = recorder.evidence()
  const [verdict, reason] = judge(recorder, evidence, outcome)
  return {
    ...describe(item, claim),
    verdict,
    reason: oneLine(reason),
    evidence,
    counts: { ...recorder.counts },
    // That a thing is absent was looked at, and keeps like any other answer.
    provedAt: evidence.length === 0 && outcome.kind !== 'absent' ? null : options.clock.now(),
    milliseconds: Math.round(performance.now() - started),
  }
}

/** A claim that was not run, and why. */
export function notRun(
  item: string,
  claim: Claim,
  verdict: 'unproved' | 'not-applicable',
  reason: string,
): ProvedClaim {
  return {
    ...describe(item, claim),
    verdict,
    reason,
    evidence: [],
    counts: { positive: 0, negative: 0, failed: 0 },
    provedAt: null,
    milliseconds: 0,
  }
}

type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'stopped'; readonly reason: string }

async function attempt(claim: Claim, target: Target, recorder: Recorder, options: ProveOptions): Promise<Outcome> {
  const missing = claim.needs.filter((vantage) => !target.vantages.has(vantage))
  if (missing.length > 0) return { kind: 'stopped', reason: `needs ${missing.join(' and ')}` }
  if (targetOf(claim) === 'original' && claim.effect !== 'reads') {
    return { kind: 'stopped', reason: `the original is only read, and this ${claim.effect}` }
  }
  const work = async (): Promise<Outcome> => {
    const context = await target.context(recorder)
    const present = claim.level === 'where-present' && claim.present !== undefined ? await claim.present(context) : true
    if (present !== true) return { kind: 'absent', reason: present }
    await claim.prove(context)
    return { kind: 'done' }
  }
  const { promise: late, resolve } = Promise.withResolvers<Outcome>()
  const timeout = options.timeout ?? CLAIM_TIMEOUT
  const interrupt = (): void => resolve({ kind: 'stopped', reason: 'interrupted' })
  options.signal?.addEventListener('abort', interrupt, { once: true })
  const timer = setTimeout(() => resolve({ kind: 'stopped', reason: `took longer than ${timeout} s` }), timeout * 1000)
  try {
    return await Promise.race([work(), late])
  } catch (error) {
    return { kind: 'stopped', reason: messageOf(error) }
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', interrupt)
  }
}

/** The rules for every probe: what failed is broken, and what was not tried from both sides is unproved. */
function judge(recorder: Recorder, evidence: readonly Evidence[], outcome: Outcome): [Verdict, string] {
  const { positive, negative, failed } = recorder.counts
  if (outcome.kind === 'absent') return ['not-applicable', outcome.reason]
  const [first] = evidence
  // What was seen to fail stands, whatever happened after it.
  if (failed > 0 && first !== undefined) {
    const share = failed === 1 ? '' : ` (${failed} of ${positive + negative} tries)`
    return ['broken', `${first.tried}: saw ${first.saw}, expected ${first.expected}${share}`]
  }
  if (outcome.kind === 'stopped') return ['unproved', outcome.reason]
  if (positive + negative === 0) return ['unproved', 'nothing was tried']
  if (positive === 0) return ['unproved', 'no positive side: nothing shows that legitimate use succeeds']
  if (negative === 0) return ['unproved', 'no negative side: nothing was attacked']
  const attack = evidence.find((piece) => piece.side === 'negative')
  return [
    'holds',
    `${attack?.tried}: ${attack?.saw}; ${count(negative, 'attempt')} failed, ${count(positive, 'legitimate use')} succeeded`,
  ]
}

const describe = (
  item: string,
  claim: Claim,
): Pick<ProvedClaim, 'item' | 'claim' | 'says' | 'level' | 'byHand' | 'on' | 'keeps'> => ({
  item,
  claim: claim.id,
  says: claim.says,
  level: claim.level,
  byHand: claim.byHand,
  on: targetOf(claim),
  keeps: claim.keeps,
})

/** The message alone: a stack belongs into a debugger, and `Unproved` is meant to be read. */
function messageOf(error: unknown): string {
  if (error instanceof Unproved) return error.message
  return error instanceof Error ? (`${error.name}: ${error.message}`.split('\n', 1)[0] ?? error.name) : String(error)
}

export const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`
