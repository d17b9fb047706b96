import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import { BUDGETS } from './budgets.ts'
import type { GuessingControl } from './control.ts'
import { made } from './sabotage-parts.ts'

/** Many accounts, tried a few times each. */
export const challengeSabotages: readonly Sabotage<GuessingControl>[] = [
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
  {
    name: 'never-refused',
    fault: 'However many fail, a proof of work is all that is asked for.',
    leaves: 'present',
    caughtBy: ['refused'],
    plant: (plan) =>
      plan.control(
        made(({ accounts }) => ({
          accounts: {
            batch: (principal, statements) =>
              accounts.batch(
                principal,
                statements.map((one) => ({
                  ...one,
                  sql: one.sql.replaceAll(`< ${BUDGETS.refusalFailures}`, '< 2000000000'),
                })),
              ),
          },
        })),
      ),
  },
  {
    name: 'refused-with-known-devices',
    fault: 'Refusing strangers refuses everybody who comes with a password, also from known devices.',
    leaves: 'present',
    caughtBy: ['refused'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        admit: async (attempt) =>
          control.admit({ ...attempt, device: undefined }).catch((error: unknown) => {
            if (error instanceof Refusal && error.code === 'challenge-required') return control.admit(attempt)
            throw error
          }),
      })),
  },
]
