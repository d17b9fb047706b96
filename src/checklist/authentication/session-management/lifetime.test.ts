import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Assurance } from '../../../kernel/principal.ts'
import { after, days, hours, minutes, type Seconds, seconds } from '../../../kernel/time.ts'
import { judgeSession, LONGEST, resolveLimits, type SessionLimits } from './lifetime.ts'

const START = Date.UTC(2026, 10, 23)

/** Judges a session that was made at START, was last used `idle` ago, and is `age` old. */
function judge(age: Seconds, idle: Seconds, assurance: Assurance = 1, privileged = false): string {
  const now = after(START, age)
  const times = { assurance, authenticatedAt: START, usedAt: now - idle * 1000, expiresAt: after(START, days(30)) }
  const judgement = judgeSession(times, privileged, LONGEST, now)
  return judgement.alive ? `assurance ${judgement.assurance}` : judgement.reason
}

suite('a session', () => {
  for (const [age, idle, assurance, privileged, expected] of [
    [days(0), days(0), 1, false, 'assurance 1'],
    [days(29), days(13), 1, false, 'assurance 1'],
    [days(29), days(14), 1, false, 'idle'],
    [days(30), seconds(0), 1, false, 'age'],
    [seconds(30 * 86_400 - 1), seconds(0), 1, false, 'assurance 1'],
    [hours(23), minutes(59), 1, true, 'assurance 1'],
    [hours(23), hours(1), 1, true, 'idle'],
    [hours(24), seconds(0), 1, true, 'age'],
    [hours(23), minutes(59), 2, false, 'assurance 2'],
    [hours(23), hours(1), 2, false, 'assurance 1'],
    [hours(24), seconds(0), 2, false, 'assurance 1'],
    [hours(11), minutes(14), 3, false, 'assurance 3'],
    [hours(11), minutes(15), 3, false, 'assurance 2'],
    [hours(12), seconds(0), 3, false, 'assurance 2'],
    [hours(12), hours(1), 3, false, 'assurance 1'],
    [hours(24), seconds(0), 3, false, 'assurance 1'],
    [hours(12), seconds(0), 3, true, 'assurance 2'],
    [hours(24), seconds(0), 3, true, 'age'],
  ] as const) {
    const who = `${privileged ? 'privileged' : 'ordinary'} session at AAL${assurance}`
    test(`${expected} is the judgement of an ${who}, ${age} s old, unused for ${idle} s`, () => {
      assert.equal(judge(age, idle, assurance, privileged), expected)
    })
  }

  test('never outlives what was set when it was made', () => {
    const times = { assurance: 1, authenticatedAt: START, usedAt: START, expiresAt: START + 1_000 } as const
    assert.deepEqual(judgeSession(times, false, LONGEST, START + 1_000), { alive: false, reason: 'age' })
  })
  test('is judged until its assurance falls, and then again', () => {
    const times = { assurance: 3, authenticatedAt: START, usedAt: START, expiresAt: after(START, days(30)) } as const
    const judgement = judgeSession(times, false, LONGEST, START)
    assert.equal(judgement.alive && judgement.standsUntil, after(START, hours(12)))
  })
})

suite('limits of sessions', () => {
  test('are the longest the standard allows, where nothing is given', () => assert.deepEqual(resolveLimits(), LONGEST))
  test('may be shorter', () => {
    const ordinary = { age: days(1), idle: hours(1) }
    assert.deepEqual(resolveLimits({ ordinary }), { ...LONGEST, ordinary })
  })
  for (const [where, given] of [
    ['sessions.ordinary.age', { ordinary: { age: days(31), idle: days(1) } }],
    ['sessions.ordinary.idle', { ordinary: { age: days(30), idle: days(15) } }],
    ['sessions.privileged.idle', { privileged: { age: hours(24), idle: hours(2) } }],
    ['sessions.assurance2.age', { assurance2: { age: hours(25), idle: hours(1) } }],
    ['sessions.assurance3.idle', { assurance3: { age: hours(12), idle: seconds(119) } }],
    ['sessions.ordinary.age', { ordinary: { age: seconds(Number.NaN), idle: days(1) } }],
    ['sessions.ordinary.age', { ordinary: { age: seconds(3_600.5), idle: days(1) } }],
    ['sessions.forever', { forever: { age: days(1), idle: days(1) } }],
  ] as const) {
    test(`refuse to start for ${where} as in ${JSON.stringify(given)}`, () => {
      assert.throws(() => resolveLimits(given as Partial<SessionLimits>), { name: 'StartRefusal', where })
    })
  }
})
