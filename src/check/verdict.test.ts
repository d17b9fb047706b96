import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Verdict } from '../kernel/claim.ts'
import { hours } from '../kernel/time.ts'
import { claim, item, NOON } from './fakes.fixture.ts'
import { notRun, type ProvedClaim } from './prove.ts'
import { judgeItem } from './verdict.ts'

const required = ['a', 'b'].map((id) => claim({ id }))
const optional = claim({ id: 'c', level: 'where-present' })
const subject = item({ id: 'x/y', claims: [...required, optional] })

const results = (...verdicts: readonly Verdict[]): readonly ProvedClaim[] =>
  verdicts.flatMap((verdict, index) => {
    const about = subject.claims[index]
    return about === undefined ? [] : [{ ...notRun('x/y', about, 'unproved', `reason ${about.id}`), verdict }]
  })

suite("an item's verdict", () => {
  const cases: readonly (readonly [verdicts: readonly Verdict[], verdict: Verdict, reason: RegExp])[] = [
    [['holds', 'holds', 'holds'], 'holds', /^3 claims:/],
    [['holds', 'holds', 'not-applicable'], 'holds', /^2 claims:/],
    [['holds', 'unproved', 'holds'], 'unproved', /^b: reason b$/],
    [['unproved', 'broken', 'holds'], 'broken', /^b: reason b$/],
    [['holds', 'holds', 'broken'], 'broken', /^c: reason c$/],
    [['holds', 'holds', 'unproved'], 'unproved', /^c: reason c$/],
    [['broken', 'broken', 'holds'], 'broken', /^a: reason a \(and 1 claim more\)$/],
    [['holds'], 'unproved', /^some of its claims were not run$/],
    [[], 'unproved', /^some of its claims were not run$/],
  ]
  for (const [verdicts, verdict, reason] of cases) {
    test(`is ${verdict} for ${verdicts.join(', ') || 'no answers'}`, () => {
      const judged = judgeItem(subject, results(...verdicts))
      assert.equal(judged.verdict, verdict)
      assert.match(judged.reason, reason)
    })
  }

  test('is unproved when it is not built, whatever its claims say', () => {
    assert.equal(
      judgeItem(item({ id: 'x/y', state: 'not-built' }), results('holds', 'holds', 'holds')).reason,
      'not built',
    )
  })

  test('is unproved when it has no claims', () => {
    assert.equal(judgeItem(item({ id: 'x/y' }), []).verdict, 'unproved')
  })

  test('is not applicable when it has only claims that may be absent, and all are', () => {
    const only = item({ id: 'x/y', claims: [optional] })
    const judged = judgeItem(only, [notRun('x/y', optional, 'not-applicable', 'no scanner is configured')])
    assert.deepEqual([judged.verdict, judged.reason], ['not-applicable', 'no scanner is configured'])
  })

  test('is as old as its oldest answer and goes stale with the first', () => {
    const [a, b] = results('holds', 'holds', 'holds').slice(0, 2) as [ProvedClaim, ProvedClaim]
    const judged = judgeItem(item({ id: 'x/y', claims: required }), [
      { ...a, provedAt: NOON, keeps: hours(1) },
      { ...b, provedAt: NOON - 1000, keeps: hours(24) },
    ])
    assert.equal(judged.provedAt, NOON - 1000)
    assert.equal(judged.expiresAt, NOON + 3_600_000)
  })
})
