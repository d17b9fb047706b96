import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim } from '../kernel/claim.ts'
import { seconds } from '../kernel/time.ts'
import { claim, clock, fakeTwins, item, SURFACE } from './fakes.fixture.ts'
import type { ProvedClaim } from './prove.ts'
import { type RunOptions, type RunStep, runClaims } from './runner.ts'
import type { Original } from './twin.ts'

const both: Claim['prove'] = async (context) => {
  context.expect('positive', 'a', 1, 1)
  context.expect('negative', 'b', 1, 1)
}

const verdicts = (results: readonly ProvedClaim[]): Record<string, string> =>
  Object.fromEntries(results.map((result) => [result.claim, `${result.verdict}: ${result.reason}`]))

const original: Original = {
  surface: SURFACE,
  definitionHash: 'd'.repeat(64),
  host: { stateDirectory: '/srv', files: async () => [], start: () => assert.fail('started') },
  close: async () => {},
}

suite('a run', () => {
  test('shares one twin among what disturbs nobody, three at a time', async () => {
    const twins = fakeTwins()
    let running = 0
    let most = 0
    const prove: Claim['prove'] = async (context) => {
      most = Math.max(most, ++running)
      await sleep(5)
      running--
      await both(context)
    }
    const claims = ['a', 'b', 'c', 'd', 'e'].map((id) => claim({ id, prove }))
    const results = await runClaims({ items: [item({ id: 'x/y', claims })], buildTwin: twins.build, clock })
    assert.deepEqual(
      results.map((result) => result.verdict),
      Array(5).fill('holds'),
    )
    assert.deepEqual([most, twins.built.length, twins.running], [3, 1, 0])
  })

  test('gives each exclusive claim a twin of its own, two at once, and what loads the machine the whole machine', async () => {
    const twins = fakeTwins()
    let alone = true
    const claims = [
      ...['a', 'b', 'c'].map((id) =>
        claim({
          id,
          exclusive: true,
          prove: async (context) => {
            assert.equal(context.clock.now(), clock.now())
            await context.clock.advance(seconds(60))
            await sleep(5)
            await both(context)
          },
        }),
      ),
      ...['d', 'e'].map((id) =>
        claim({
          id,
          effect: 'loads',
          prove: async (context) => {
            alone &&= twins.running === 1
            await sleep(5)
            await both(context)
          },
        }),
      ),
    ]
    const results = await runClaims({ items: [item({ id: 'x/y', claims })], buildTwin: twins.build, clock })
    assert.deepEqual(
      results.map((result) => result.verdict),
      Array(5).fill('holds'),
    )
    assert.deepEqual([twins.built.length, twins.most, twins.running, alone], [5, 2, 0, true])
  })

  test('runs nothing of an item that is not built, and then builds no twin', async () => {
    const twins = fakeTwins()
    const unbuilt = item({ id: 'x/y', state: 'not-built', claims: [claim({ id: 'a' })] })
    assert.deepEqual(await runClaims({ items: [unbuilt], buildTwin: twins.build, clock }), [])
    assert.equal(twins.built.length, 0)
  })

  test('rejects when the shared twin does not start', async () => {
    const options = { items: [item({ id: 'x/y', claims: [claim({ id: 'a' })] })], clock }
    await assert.rejects(runClaims({ ...options, buildTwin: () => Promise.reject(new Error('no port')) }), {
      message: 'no port',
    })
  })

  test('says so when the twin of one claim does not start, and goes on', async () => {
    const twins = fakeTwins()
    const claims = [claim({ id: 'a' }), claim({ id: 'b', exclusive: true })]
    const buildTwin: RunOptions['buildTwin'] = (options) =>
      twins.built.length === 1 ? Promise.reject(new Error('no memory')) : twins.build(options)
    const results = verdicts(await runClaims({ items: [item({ id: 'x/y', claims })], buildTwin, clock }))
    assert.match(results.a ?? '', /^holds/)
    assert.equal(results.b, 'unproved: its twin did not start: no memory')
  })

  test('stops its twins when it is interrupted, in the middle of a claim', async () => {
    const twins = fakeTwins()
    const controller = new AbortController()
    const stuck = claim({
      id: 'a',
      prove: () => {
        setImmediate(() => controller.abort(new Error('interrupted')))
        return new Promise(() => {})
      },
    })
    const claims = [stuck, ...['b', 'c'].map((id) => claim({ id, exclusive: true }))]
    const run = runClaims({
      items: [item({ id: 'x/y', claims })],
      buildTwin: twins.build,
      clock,
      signal: controller.signal,
    })
    await assert.rejects(run, { message: 'interrupted' })
    assert.deepEqual([twins.built.length, twins.running], [1, 0])
  })

  test('tells of its steps', async () => {
    const steps: RunStep[] = []
    const items = [item({ id: 'x/y', claims: [claim({ id: 'a' })] })]
    await runClaims({ items, buildTwin: fakeTwins().build, clock, progress: (step) => steps.push(step) })
    assert.deepEqual(
      steps.map((step) => step.kind),
      ['plan', 'stage', 'claim-started', 'claim-ended'],
    )
  })
})

suite('claims about the original', () => {
  const about: Partial<Claim> = { on: 'original', needs: ['host'], effect: 'reads', prove: both }
  const claims = [
    claim({ ...about, id: 'must' }),
    claim({ ...about, id: 'may', level: 'where-present' }),
    claim({ ...about, id: 'asks', needs: ['host', 'database'] }),
    claim({ id: 'twin' }),
  ]
  const run = async (given: Partial<RunOptions>): Promise<Record<string, string>> =>
    verdicts(await runClaims({ items: [item({ id: 'x/y', claims })], buildTwin: fakeTwins().build, clock, ...given }))

  test('are proved on it where it is, with the vantages it has', async () => {
    const results = await run({ inspectOriginal: async () => original })
    assert.match(results.must ?? '', /^holds/)
    assert.match(results.may ?? '', /^holds/)
    assert.equal(results.asks, 'unproved: needs database')
  })

  test('are missing where it is not: unproved when required, else not applicable', async () => {
    const results = await run({ inspectOriginal: async () => ({ reason: 'nothing has run here yet' }) })
    assert.equal(results.must, 'unproved: no original: nothing has run here yet')
    assert.equal(results.may, 'not-applicable: no original: nothing has run here yet')
    assert.match(results.twin ?? '', /^holds/)
  })

  test('are not asked of one that runs another definition, which is closed again', async () => {
    let closed = false
    const inspectOriginal = async (): Promise<Original> => ({
      ...original,
      definitionHash: 'e'.repeat(64),
      close: async () => {
        closed = true
      },
    })
    const results = await run({ inspectOriginal, definitionHash: 'd'.repeat(64) })
    assert.equal(results.must, 'unproved: no original: what runs has another definition (eeeeeeeeeeee); start it again')
    assert.equal(closed, true)
  })

  test('are all that is run without a twin', async () => {
    const results = await run({
      inspectOriginal: async () => original,
      twin: false,
      buildTwin: () => assert.fail('built'),
    })
    assert.deepEqual(Object.keys(results), ['must', 'may', 'asks'])
  })
})
