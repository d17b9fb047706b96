import type { Admitted, GuardedFlow } from '../checklist/authentication/enumeration-and-brute-force/index.ts'
import { normaliseEmail } from '../checklist/authentication/strong-authentication/index.ts'
import { type ProblemCode, Refusal } from '../kernel/refusal.ts'
import type { Caller } from './caller.ts'
import type { Controls } from './controls.ts'
import { tellOfLock } from './lock-notice.ts'
import type { BackendParts } from './parts.ts'

/** A try that somebody may be guessing with. */
export interface Guarded<T> {
  readonly flow: GuardedFlow
  /** The address as it was typed; in the flow `second-factor` the account's id. */
  readonly subject: string
  readonly caller: Pick<Caller, 'address' | 'cookie' | 'requestId'>
  /**
   * The try itself. Where {@link Admitted.locked} is set it must compare as always and come out wrong: see {@link unlessLocked}.
   * A Refusal that says that something was wrong counts as a failure; any other error gives the try back.
   */
  readonly work: (admitted: Admitted) => Promise<T>
}

/**
 * Puts a try under the budgets: reserve, work, settle. Everything happens whether or not there is such an account.
 *
 * @returns what `work` did.
 * @throws Refusal `too-many-attempts`, `challenge-required`, and what `work` throws.
 */
export async function guarded<T>(
  controls: Controls,
  parts: BackendParts,
  { flow, subject, caller, work }: Guarded<T>,
): Promise<T> {
  const guessing = controls['authentication/enumeration-and-brute-force']
  const admitted = await guessing.admit({
    flow,
    subject: flow === 'second-factor' ? subject : (normaliseEmail(subject) ?? subject.toLowerCase()),
    address: caller.address,
    device: caller.cookie('__Host-device'),
    challenge: caller.cookie('__Host-challenge'),
    requestId: caller.requestId,
  })
  const outcome = await work(admitted).then(
    (result) => ({ result }) as const,
    (error: unknown) => ({ error }) as const,
  )
  if ('error' in outcome) {
    const { error } = outcome
    if (error instanceof Refusal && WRONG.has(error.code)) {
      const { lockedNow } = await guessing.failed(admitted)
      if (lockedNow) tellOfLock(parts, admitted.attempt)
    } else await guessing.released(admitted).catch(() => undefined) // the error that was first is the one to tell
    throw error
  }
  await guessing.succeeded(admitted)
  return outcome.result
}

/**
 * The secret that was sent, or, of somebody who is locked, one that nobody knows: it is compared all the same, takes as long,
 * and is wrong.
 */
export const unlessLocked = (
  admitted: Pick<Admitted, 'locked'>,
  secret: string,
  random: (bytes: number) => Buffer,
): string => (admitted.locked ? random(24).toString('base64url') : secret)

/** What says that a secret was wrong. */
const WRONG: ReadonlySet<ProblemCode> = new Set(['credentials-wrong', 'code-wrong'])
