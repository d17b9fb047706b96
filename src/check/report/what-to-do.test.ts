import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Unproved } from '../../kernel/claim.ts'
import type { SurfaceRoute } from '../../kernel/surface.ts'
import { seconds } from '../../kernel/time.ts'
import type { ProbeContext } from '../../kernel/vantage.ts'
import { originalTarget, twinTarget } from '../context.ts'
import { claim, clock, fakeTwins, item, SURFACE } from '../fakes.fixture.ts'
import { openNetwork } from '../network.ts'
import { proveClaim } from '../prove.ts'
import { runClaims } from '../runner.ts'
import { whatToDo } from './what-to-do.ts'

/** What the checker itself says of a claim on a twin. */
async function reasonOf(given: Partial<Parameters<typeof claim>[0]>): Promise<string> {
  const twin = await fakeTwins().build()
  const target = twinTarget(twin, openNetwork(twin))
  return (await proveClaim('the/item', claim({ id: 'a', ...given }), target, { clock, timeout: seconds(0.05) })).reason
}

const proving = (prove: (context: ProbeContext) => unknown): Promise<string> =>
  reasonOf({ prove: async (context) => void (await prove(context)) })

const ROUTE: SurfaceRoute = {
  method: 'GET',
  path: '/x',
  access: { kind: 'public' },
  schema: { response: {} },
  accepts: 'json',
  builtIn: false,
}

suite('what to do about an unproved claim is told from the reason', () => {
  const cases: readonly (readonly [what: string, reason: () => Promise<string>, advice: RegExp])[] = [
    ['a vantage that is missing', () => reasonOf({ needs: ['repository'] }), /run check in a checkout/],
    [
      'a vantage of the original that is missing',
      async () => {
        const target = originalTarget({ surface: SURFACE, definitionHash: '', close: async () => {} })
        return (await proveClaim('the/item', claim({ id: 'a', needs: ['database'] }), target, { clock })).reason
      },
      /where the backend can be reached/,
    ],
    [
      'no original',
      async () => {
        const about = item({ id: 'the/item', claims: [claim({ id: 'a', on: 'original', effect: 'reads' })] })
        const inspectOriginal = async () => ({ reason: 'nothing has run here yet' })
        const [result] = await runClaims({ items: [about], buildTwin: fakeTwins().build, clock, inspectOriginal })
        return result?.reason ?? ''
      },
      /start the backend on the state directory/,
    ],
    [
      'an original of another definition',
      async () => 'no original: what runs has another definition (abc); start it again',
      /start the backend again/,
    ],
    [
      'no earlier answer',
      async () => 'needs a twin, and no earlier answer keeps; run check without --original',
      /^run check without --original/,
    ],
    ['a claim that takes too long', () => proving(() => sleep(200)), /less load/],
    ['an exception', () => proving(() => JSON.parse('{')), /by hand/],
    [
      'what a claim says itself',
      () => proving(() => Promise.reject(new Unproved('git is not installed'))),
      /give it what it lacks/,
    ],
    ['nothing tried', () => proving(() => {}), /declare something/],
    ['one side tried', () => proving((context) => context.expect('positive', 'x', 1, 1)), /declare something/],
    [
      'no example',
      () => proving((context) => context.example(ROUTE, { as: context.identity('member'), object: 'own' })),
      /give the route `examples`/,
    ],
    ['nobody of a role', () => proving((context) => context.identity('owner')), /declare the role/],
    [
      'a twin that does not start',
      async () => {
        const about = item({ id: 'the/item', claims: [claim({ id: 'a', exclusive: true })] })
        const buildTwin = (): never => {
          throw new Error('no port is free')
        }
        return (await runClaims({ items: [about], buildTwin, clock }))[0]?.reason ?? ''
      },
      /what kept the twin from starting/,
    ],
  ]
  for (const [what, reason, advice] of cases) {
    test(what, async () => {
      const text = whatToDo({ reason: await reason() })
      assert.match(text, advice)
      assert.match(text, /holdfast\.waivers\.json$/)
    })
  }
})
