import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Claim, Unproved } from '../kernel/claim.ts'
import { seconds } from '../kernel/time.ts'
import { originalTarget, type Target, twinTarget } from './context.ts'
import { claim, clock, fakeTwins, MEMBERS, NOON, SURFACE } from './fakes.fixture.ts'
import { openNetwork } from './network.ts'
import { type ProvedClaim, proveClaim } from './prove.ts'

async function target(): Promise<Target> {
  const twin = await fakeTwins().build()
  return twinTarget(twin, openNetwork(twin))
}

const proved = async (given: Partial<Claim>): Promise<ProvedClaim> =>
  proveClaim('a/b', claim({ id: 'c', ...given }), await target(), { clock, timeout: seconds(0.05) })

suite('a claim', () => {
  test('holds when legitimate use succeeded and an attack failed', async () => {
    const result = await proved({})
    assert.equal(result.verdict, 'holds')
    assert.equal(result.reason, 'GET /theirs: 404; 1 attempt failed, 1 legitimate use succeeded')
    assert.equal(result.provedAt, NOON)
    assert.deepEqual(result.counts, { positive: 1, negative: 1, failed: 0 })
  })

  const cases: readonly (readonly [when: string, given: Partial<Claim>, verdict: string, reason: string])[] = [
    ['nothing was tried', { prove: async () => {} }, 'unproved', 'nothing was tried'],
    [
      'no legitimate use was tried',
      { prove: async (context) => void context.expect('negative', 'GET /theirs', 404, 404) },
      'unproved',
      'no positive side: nothing shows that legitimate use succeeds',
    ],
    [
      'nothing was attacked',
      { prove: async (context) => void context.expect('positive', 'GET /mine', 200, 200) },
      'unproved',
      'no negative side: nothing was attacked',
    ],
    [
      'it throws Unproved',
      {
        prove: async () => {
          throw new Unproved('no example: GET /x')
        },
      },
      'unproved',
      'no example: GET /x',
    ],
    [
      'it throws after both sides went well',
      {
        prove: async (context) => {
          context.expect('positive', 'a', 1, 1)
          context.expect('negative', 'b', 1, 1)
          throw new TypeError('cannot read x\nof undefined')
        },
      },
      'unproved',
      'TypeError: cannot read x',
    ],
    ['it does not end', { prove: () => new Promise(() => {}) }, 'unproved', 'took longer than 0.05 s'],
    ['a vantage is missing', { needs: ['network', 'repository'] }, 'unproved', 'needs repository'],
    [
      'presence can not be judged',
      { level: 'where-present', present: () => Promise.reject(new Unproved('who knows')) },
      'unproved',
      'who knows',
    ],
  ]
  for (const [when, given, verdict, reason] of cases) {
    test(`is ${verdict} when ${when}`, async () => {
      const result = await proved(given)
      assert.equal(result.verdict, verdict)
      assert.equal(result.reason, reason)
    })
  }

  test('is broken by one thing that was not as expected, and says how many there were', async () => {
    const result = await proved({
      prove: async (context) => {
        context.expect('positive', 'GET /mine', 200, 200)
        context.expect('negative', 'GET /theirs', 200, 404)
        context.expect('negative', 'GET /other', 200, 404)
      },
    })
    assert.equal(result.verdict, 'broken')
    assert.equal(result.reason, 'GET /theirs: saw 200, expected 404 (2 of 3 tries)')
    assert.equal(result.evidence[0]?.ok, false)
  })

  test('stays broken when it throws or stalls after what it saw', async () => {
    for (const end of [() => Promise.reject(new Error('later')), () => new Promise<void>(() => {})]) {
      const result = await proved({
        prove: async (context) => {
          context.expect('negative', 'GET /theirs', 200, 404)
          await end()
        },
      })
      assert.equal(result.verdict, 'broken')
    }
  })

  test('is not applicable where its thing is absent, and is then not tried', async () => {
    const result = await proved({
      level: 'where-present',
      present: async () => 'no scanner is configured',
      prove: () => assert.fail('tried'),
    })
    assert.equal(result.verdict, 'not-applicable')
    assert.equal(result.reason, 'no scanner is configured')
  })

  test('that is over records nothing more and sends nothing more', async () => {
    let late: Promise<unknown> = Promise.resolve()
    const result = await proved({
      prove: async (context) => {
        await new Promise((resolve) => setTimeout(resolve, 80))
        context.expect('negative', 'late', 1, 2)
        late = context.network.request({ path: '/' })
        late.catch(() => {})
      },
    })
    await new Promise((resolve) => setTimeout(resolve, 60))
    assert.equal(result.reason, 'took longer than 0.05 s')
    assert.equal(result.evidence.length, 0)
    await assert.rejects(late, { message: 'the claim is over' })
  })

  test('keeps a bounded part of its evidence, the failed pieces first, in single lines', async () => {
    const result = await proved({
      prove: async (context) => {
        for (let i = 0; i < 500; i++)
          context.expect('negative', `GET /${i}\n\x1b[31m`, i === 400 ? 'x'.repeat(9000) : 'ok', 'ok')
      },
    })
    assert.equal(result.counts.negative, 500)
    assert.equal(result.evidence.length, 51)
    assert.equal(result.evidence[0]?.tried, 'GET /400\\x0a\\x1b[31m')
    assert.ok((result.evidence[0]?.saw.length ?? 0) < 500)
  })
})

suite('a claim about the original', () => {
  const original = originalTarget({
    surface: SURFACE,
    definitionHash: '',
    host: { stateDirectory: '/srv', files: async () => [], start: () => assert.fail('started') },
    close: async () => {},
  })
  const about = (given: Partial<Claim>): Promise<ProvedClaim> =>
    proveClaim('a/b', claim({ id: 'c', on: 'original', needs: ['host'], effect: 'reads', ...given }), original, {
      clock,
    })

  test('may read what is there', async () => {
    const result = await about({
      prove: async (context) => {
        context.expect('positive', 'state directory', context.host.stateDirectory, '/srv')
        context.expect('negative', 'files for everybody', (await context.host.files()).length, 0)
      },
    })
    assert.equal(result.verdict, 'holds')
  })

  test('is not run when it would write', async () => {
    const result = await about({ effect: 'writes', prove: () => assert.fail('run') })
    assert.equal(result.reason, 'the original is only read, and this writes')
  })

  test('is unproved when it needs the database and it can not be reached', async () => {
    assert.equal((await about({ needs: ['host', 'database'] })).reason, 'needs database')
  })

  test('can not reach past what is read', async () => {
    for (const reach of ['network', 'telemetry'] as const) {
      const result = await about({
        prove: async (context) => void Object.keys(context[reach]).concat(String(Reflect.get(context[reach], 'x'))),
      })
      assert.equal(result.reason, `needs ${reach}`)
    }
    const moved = await about({ prove: (context) => context.clock.advance(seconds(1)) })
    assert.equal(moved.reason, 'the original is only read')
  })
})

suite('the identities of a context', () => {
  test('are found by role, tenant and number', async () => {
    const seen: string[] = []
    await proveClaim(
      'a/b',
      claim({
        id: 'c',
        prove: async (context) => {
          seen.push(context.identity('member').name, context.identity('member', 'B', 2).name)
          context.identity('auditor')
        },
      }),
      await target(),
      { clock },
    ).then((result) => assert.equal(result.reason, 'no identity: auditor 1 in tenant A'))
    assert.deepEqual(seen, [MEMBERS[0]?.name, MEMBERS[3]?.name])
  })
})
