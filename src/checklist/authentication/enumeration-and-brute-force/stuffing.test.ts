import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { minutes } from '../../../kernel/time.ts'
import type { GuessingControl } from './control.ts'
import { attempt, type CountingRig, guess, knownDevice, startRig } from './guessing.fixture.ts'
import { solve } from './solve.ts'

suite('many accounts tried once each', { timeout: 120_000 }, () => {
  let rig: CountingRig
  let one: GuessingControl
  let other: GuessingControl
  before(async () => {
    rig = await startRig()
    one = await rig.node()
    other = await rig.node()
  })
  after(() => rig.stop())

  const fail = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await one.failed(await one.admit(attempt()))
    await one.flush()
  }

  test('ask nobody for work below a hundred failures', async () => {
    await fail(99)
    assert.equal(await guess(one, {}), 'admitted')
    assert.equal((await one.challenge()).asked, false)
  })

  test('ask strangers for work on every node from then on, and are told once', async () => {
    await fail(1)
    for (const node of [one, other]) {
      assert.equal(await guess(node, {}), 'challenge')
      assert.equal(await guess(node, { flow: 'reset' }), 'challenge')
      assert.equal(await guess(node, { flow: 'second-factor' }), 'admitted', 'who has shown something already')
    }
    assert.equal((await other.challenge()).asked, true)
    assert.equal(rig.events.filter(({ name }) => name === 'authn_stuffing_seen').length, 1)
  })

  test('let who has done the work through once, on one node', async () => {
    const challenge = solve((await one.challenge()).challenge)
    const answers = await Promise.all([one, other, one, other].map((node) => guess(node, { challenge })))
    assert.deepEqual(answers.sort(), ['admitted', 'challenge', 'challenge', 'challenge'])
  })

  test('are refused, work or not, where there are too many; known devices are not', async () => {
    const someone = await rig.person()
    const before = solve((await one.challenge()).challenge)
    const admitted = await one.admit(attempt({ subject: someone.email, challenge: before }))
    await one.succeeded(admitted)
    const device = await knownDevice(one, someone.id)
    await rig.admin.query(
      "update holdfast.attempt set failures = 3200 where kind = 'service' and blocked_until is not null",
    )
    for (const [presented, asked] of [
      [undefined, true],
      [device, false],
      ['A'.repeat(43), true],
    ] as const)
      assert.equal((await other.challenge(presented)).asked, asked)
    const challenge = solve((await one.challenge()).challenge)
    assert.equal(await guess(one, { challenge }), 'wait 60')
    assert.equal(await guess(one, { subject: someone.email, device }), 'admitted')
  })

  test('are forgotten when it has been quiet for ten minutes', async () => {
    rig.advance(minutes(11))
    assert.equal(await guess(one, {}), 'admitted')
  })
})
