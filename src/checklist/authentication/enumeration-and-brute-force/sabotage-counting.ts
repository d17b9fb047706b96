import { createHash } from 'node:crypto'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { GuessingControl } from './control.ts'
import type { Guessing } from './guessing.ts'
import { made } from './sabotage-parts.ts'

/** Tries that are counted in the wrong place, at the wrong moment or for the wrong one. */
export const countingSabotages: readonly Sabotage<GuessingControl>[] = [
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
    name: 'counted-in-a-cache',
    fault: 'Failures are counted in a cache that all nodes share and that is empty after a restart.',
    leaves: 'present',
    caughtBy: ['restart'],
    plant(plan) {
      const cache: Counters = new Map()
      plan.control((control) => ({ ...control, ...countedHere(control, cache) }))
    },
  },
  {
    name: 'each-ipv6-address-alone',
    fault:
      'An IPv6 address is counted like an IPv4 address, so that whoever has a network has a budget for each of its addresses.',
    leaves: 'present',
    caughtBy: ['networks'],
    plant: (plan) => plan.control(from((address) => address.replaceAll(':', '_'))),
  },
  {
    name: 'ipv6-cut-too-short',
    fault: 'IPv6 addresses are cut to what a provider has, so that one of its customers holds all others up.',
    leaves: 'present',
    caughtBy: ['networks'],
    plant: (plan) => plan.control(from((address) => address.replace(/^([\da-f]+:[\da-f]+):.*$/, '$1::'))),
  },
]

/** Counts clients by another address than they have. */
const from =
  (address: (address: string) => string) =>
  (control: GuessingControl): GuessingControl => ({
    ...control,
    admit: (attempt) => control.admit({ ...attempt, address: address(attempt.address) }),
  })

type Counters = Map<string, { failures: number; until: number }>

const refused = (): Refusal => new Refusal('too-many-attempts', undefined, { retryAfterSeconds: 1 })

/** The right policy in the wrong place. */
function countedHere(
  { parts }: GuessingControl,
  counters: Counters = new Map(),
): Pick<Guessing, 'admit' | 'released' | 'succeeded'> {
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
