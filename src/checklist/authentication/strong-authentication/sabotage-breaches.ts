import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import { createStrongAuthentication } from './control.ts'
import { createRules } from './rules.ts'
import { openFilter } from './shipped-filter.ts'
import type { Parts, StrongAuthentication } from './strong-authentication.ts'

/** Mistakes people ship with lists of passwords and with the service that knows of breaches. */
export const breachSabotages: readonly Sabotage<StrongAuthentication>[] = [
  {
    name: 'own-filter-not-asked',
    fault: 'The operator’s own filter is there and is read at start, and only the shipped one is ever asked.',
    leaves: 'present',
    caughtBy: ['own-list'],
    plant: (plan) => plan.control(made(() => ({ rules: createRules(openFilter()) }))),
  },
  {
    name: 'breach-answer-not-used',
    fault: 'The breach service is asked, and its answer ends in a metric.',
    leaves: 'present',
    caughtBy: ['breached'],
    plant: (plan) =>
      plan.control(
        made(({ breaches }) => ({
          breaches: {
            async range(prefix) {
              await breaches?.range(prefix)
              return []
            },
          },
        })),
      ),
  },
  {
    name: 'whole-hash-sent',
    fault: 'The service is asked for the hash as a whole, which tells it which password somebody has.',
    leaves: 'present',
    caughtBy: ['breached'],
    plant: (plan) => plan.control(made(() => ({ toldOf: (hash) => ({ told: hash, kept: '' }) }))),
  },
  {
    name: 'breach-failure-refuses',
    fault: 'While the breach service is down nobody can sign up, to be on the safe side.',
    leaves: 'present',
    caughtBy: ['breach-fallback'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async preparePassword(password, owner, origin) {
          const problem = await control.checkPassword(password, owner)
          const answered = await control.parts.breaches?.range('00000').catch(() => null)
          if (problem === null && answered === null) throw new Refusal('overloaded')
          return control.preparePassword(password, owner, origin)
        },
      })),
  },
  {
    name: 'breach-failure-untold',
    fault: 'A breach service that fails is passed over in silence, so that it is off for months.',
    leaves: 'present',
    caughtBy: ['breach-fallback'],
    plant: (plan) =>
      plan.control(
        made(({ events }) => ({
          events: {
            stage: (tx, event) => events.stage(tx, event),
            report: (event) => (event.name === 'sys_error' ? undefined : events.report(event)),
          },
        })),
      ),
  },
]

/** The control made again of changed parts, so that all its functions see the change. */
const made =
  (change: (parts: Parts) => Partial<Parts>) =>
  (control: StrongAuthentication): StrongAuthentication =>
    createStrongAuthentication({ ...control.parts, ...change(control.parts) })
