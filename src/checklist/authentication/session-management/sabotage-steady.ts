import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { Sessions } from './sessions.ts'

/** A mistake with what is kept in memory. */
export const steadySabotages: readonly Sabotage<Sessions>[] = [
  {
    name: 'cache-never-believed',
    fault: 'Sessions are kept in memory, and a wrong comparison of times has each request look its session up again.',
    leaves: 'present',
    caughtBy: ['no-query'],
    plant(plan) {
      plan.control((c) => ({ ...c, trustsCache: () => false }))
    },
  },
]
