import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import { createGuessing, type GuessingControl, type Parts } from './control.ts'
import type { Attempt, Guessing } from './guessing.ts'

/** Mistakes people ship where somebody guesses. */
export const sabotages: readonly Sabotage<GuessingControl>[] = [
  {
    name: 'unknown-account-returns-early',
    fault: 'Where there is no such account there is nothing to compare, so sign-in answers at once.',
    leaves: 'present',
    caughtBy: ['sign-in-alike'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async admit(attempt) {
          const admitted = await control.admit(attempt)
          if (attempt.flow === 'sign-in' && !(await exists(control.parts, attempt)))
            throw new Refusal('credentials-wrong')
          return admitted
        },
      })),
  },
  {
    name: 'mail-awaited',
    fault: 'The mail is handed over before the reply, and only who has an account is sent one.',
    leaves: 'present',
    caughtBy: ['mail-flows-alike'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async admit(attempt) {
          const admitted = await control.admit(attempt)
          if (MAILED.has(attempt.flow) && (await exists(control.parts, attempt))) await sleep(HANDOVER_MS)
          return admitted
        },
      })),
  },
  {
    name: 'counted-by-each-node',
    fault: 'Failures are counted in the memory of the process, so that each node has a budget of its own.',
    leaves: 'present',
    caughtBy: ['budget'],
    plant: (plan) => plan.control((control) => ({ ...control, ...countedHere(control) })),
  },
  {
    name: 'counted-after-comparing',
    fault:
      'The counter is read before the password is compared and written afterwards, so that guesses side by side all pass.',
    leaves: 'present',
    caughtBy: ['budget'],
    plant: (plan) => plan.control((control) => ({ ...control, ...countedAfterwards(control) })),
  },
  {
    name: 'known-device-shares-the-budget',
    fault: 'A known device is recognised and counted with everybody else, so that whoever guesses locks the owner out.',
    leaves: 'present',
    caughtBy: ['budget'],
    plant: (plan) =>
      plan.control((control) => ({ ...control, admit: (attempt) => control.admit({ ...attempt, device: undefined }) })),
  },
  {
    name: 'lock-not-looked-at',
    fault: 'After 100 failures the account is marked as locked, and sign-in does not look at the mark.',
    leaves: 'present',
    caughtBy: ['lock'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        admit: async (attempt) => ({ ...(await control.admit(attempt)), locked: false }),
      })),
  },
  {
    name: 'lock-told',
    fault: 'Whoever tries to sign in to a locked account is told so, to be helpful.',
    leaves: 'present',
    caughtBy: ['lock'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async admit(attempt) {
          const admitted = await control.admit(attempt)
          if (admitted.locked) throw new Refusal('credentials-wrong', 'This account is locked; reset its password')
          return admitted
        },
      })),
  },
  {
    name: 'forwarded-for-believed',
    fault: 'X-Forwarded-For is believed from anybody, since there was a proxy in front once.',
    leaves: 'present',
    caughtBy: ['address'],
    alsoBreaks: ['server/secure-configuration'],
    plant: (plan) => plan.setting('trustedProxies', ['127.0.0.0/8']),
  },
  {
    name: 'step-up-not-counted',
    fault: 'Only sign-in counts; whoever has a session may guess at its password without end.',
    leaves: 'present',
    caughtBy: ['step-up'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        admit: async (attempt) =>
          attempt.flow === 'step-up' ? { attempt, locked: false, device: null, failures: 1 } : control.admit(attempt),
      })),
  },
  {
    name: 'subjects-in-plain-hashes',
    fault: 'Who was tried is kept as a hash without a key, which a list of addresses opens.',
    leaves: 'present',
    caughtBy: ['at-rest'],
    plant: (plan) =>
      plan.control(made(() => ({ sealer: { index: (_kind, value) => createHash('sha256').update(value).digest() } }))),
  },
  {
    name: 'stuffing-not-looked-for',
    fault: 'Only accounts and addresses are counted: a try for each of many accounts is nobody’s.',
    leaves: 'absent',
    caughtBy: ['stuffing'],
    plant: (plan) => plan.control((control) => ({ ...control, failed: async () => ({ lockedNow: false }) })),
  },
  {
    name: 'challenge-works-twice',
    fault: 'A solved challenge is good as long as its time is not over, so that one is enough for thousands.',
    leaves: 'present',
    caughtBy: ['stuffing'],
    plant: (plan) =>
      plan.control(
        made(({ proofs, random }) => ({
          proofs: {
            ...proofs,
            async verify(text) {
              const verdict = await proofs.verify(text)
              return typeof verdict === 'string' ? verdict : { ...verdict, id: random(16).toString('hex') }
            },
          },
        })),
      ),
  },
  {
    name: 'challenge-not-signed',
    fault: 'The solution is checked against the challenge it came with, whoever made that.',
    leaves: 'present',
    caughtBy: ['stuffing'],
    plant: (plan) =>
      plan.control(
        made(({ proofs, clock }) => ({
          proofs: {
            ...proofs,
            async verify(text) {
              const verdict = await proofs.verify(text)
              return verdict === 'forged' ? { id: text, expiresAt: clock.now() + 60_000 } : verdict
            },
          },
        })),
      ),
  },
]

/** The control made again of changed parts. */
const made =
  (change: (parts: Parts) => Partial<Parts>) =>
  (control: GuessingControl): GuessingControl =>
    createGuessing({ ...control.parts, ...change(control.parts) })

async function exists({ accounts }: Parts, { subject }: Attempt): Promise<boolean> {
  const sql = 'select 1 as there from holdfast.account where email = $1::text'
  const [result] = await accounts.batch(NOBODY, [{ sql, parameters: [subject] }])
  return (result?.rows.length ?? 0) > 0
}

const refused = (): Refusal => new Refusal('too-many-attempts', undefined, { retryAfterSeconds: 1 })

/** The right policy in the wrong place. */
function countedHere({ parts }: GuessingControl): Pick<Guessing, 'admit' | 'released' | 'succeeded'> {
  const counters = new Map<string, { failures: number; until: number }>()
  return {
    async admit(attempt) {
      const now = parts.clock.now()
      const counter = counters.get(attempt.subject) ?? { failures: 0, until: 0 }
      if (attempt.device === undefined && counter.until > now) throw refused()
      counter.failures += 1
      if (counter.failures >= 5) counter.until = now + 1_000 * 2 ** Math.min(counter.failures - 5, 10)
      counters.set(attempt.subject, counter)
      return { attempt, locked: false, device: null, failures: counter.failures }
    },
    released: async () => undefined,
    succeeded: async ({ attempt }) => void counters.delete(attempt.subject),
  }
}

/** The right policy at the wrong moment: reserved for what has failed already, and given back in between. */
function countedAfterwards(control: GuessingControl): Pick<Guessing, 'admit' | 'failed' | 'released'> {
  return {
    async admit(attempt) {
      const admitted = await control.admit(attempt)
      await control.released(admitted)
      return admitted
    },
    async failed(admitted) {
      await control.admit(admitted.attempt).catch(() => undefined)
      return control.failed(admitted)
    },
    released: async () => undefined,
  }
}

const MAILED: ReadonlySet<Attempt['flow']> = new Set(['sign-up', 'reset', 'sign-in-link'])
/** What a mail server nearby takes, its handshake included. */
const HANDOVER_MS = 25
