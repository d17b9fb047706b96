import type { CountName } from './effort.ts'
import type { Seconds } from './time.ts'
import type { ProbeContext, Vantage } from './vantage.ts'

export type Verdict = 'holds' | 'broken' | 'unproved' | 'not-applicable'

/** What a probe does to what it is pointed at. The original is only ever read. */
export type Effect = 'reads' | 'writes' | 'loads'

/** One thing that was tried, and what came of it: enough for a reader to judge alone. */
export interface Evidence {
  /** `positive`: the legitimate use succeeds. `negative`: the attack fails. A claim needs at least one of each kind it declares. */
  readonly side: 'positive' | 'negative'
  readonly tried: string
  readonly saw: string
  readonly expected: string
  readonly ok: boolean
}

/** One checkable sentence of an item. */
export interface Claim {
  /** Unique within its item: `fixation`. */
  readonly id: string
  /** The sentence, in present tense: `A session's token changes at sign-in.` */
  readonly says: string
  /** `where-present` counts only where the thing exists; `present` then decides. */
  readonly level: 'required' | 'where-present'
  readonly needs: readonly Vantage[]
  readonly effect: Effect
  /** How long an answer keeps; after that it is unproved again. */
  readonly keeps: Seconds
  /** True: run alone in its twin, since it moves the clock, breaks the database or loads the machine. */
  readonly exclusive?: boolean
  /** What it tries more often in `torture`: the count that it asks its context for. */
  readonly count?: CountName
  /** Against which backend: the twin (default) or the original, which gives only `reads`. */
  readonly on?: 'twin' | 'original'
  /** One line that repeats it by hand. */
  readonly byHand: string
  /**
   * For `where-present`: whether it applies here, else the reason why not. Judged before {@link prove}.
   */
  readonly present?: (context: ProbeContext) => Promise<true | string>
  /**
   * Tries it. Calls `context.record` for each thing tried. What it throws makes the claim `unproved`, never `holds`;
   * so does recording nothing, or no positive side.
   */
  readonly prove: (context: ProbeContext) => Promise<void>
}

/** A claim whose evidence could not be had throws this: the reason is shown. */
export class Unproved extends Error {
  override readonly name = 'Unproved'
}

export interface ClaimResult {
  readonly claim: string
  readonly says: string
  readonly level: Claim['level']
  readonly verdict: Verdict
  /** Why it is not `holds`; for `holds`, one sentence of what was seen. */
  readonly reason: string
  readonly evidence: readonly Evidence[]
  readonly byHand: string
  readonly milliseconds: number
}
