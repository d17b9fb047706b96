import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, beforeEach, suite, test } from 'node:test'
import { minutes, seconds } from '../../../kernel/time.ts'
import type { GuessingControl } from './control.ts'
import { attempt, type CountingRig, guess, knownDevice, startRig, strange } from './guessing.fixture.ts'

suite('tries with one account', { timeout: 120_000 }, () => {
  let rig: CountingRig
  let one: GuessingControl
  let other: GuessingControl
  before(async () => {
    rig = await startRig()
    one = await rig.node()
    other = await rig.node()
  })
  beforeEach(async () => {
    // What one test counted over all is nothing to the next.
    await one.flush()
    rig.advance(minutes(15))
  })
  after(() => rig.stop())

  const tell = (address: string) => ({ subject: address })

  test('are free five times, then wait longer and longer, up to a quarter of an hour', async () => {
    const { email } = await rig.person()
    for (let n = 0; n < 5; n++) assert.equal(await guess(one, tell(email)), 'admitted')
    for (const wait of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
      assert.equal(await guess(one, tell(email)), `wait ${wait}`)
      rig.advance(seconds(wait))
      assert.equal(await guess(one, tell(email)), 'admitted')
    }
  })

  test('count alike where there is no such account', async () => {
    const subject = 'nobody@example.test'
    for (let n = 0; n < 5; n++) assert.equal(await guess(one, { subject }), 'admitted')
    assert.equal(await guess(one, { subject }), 'wait 1')
  })

  test('side by side on two nodes, no more pass than the budget', async () => {
    const { email } = await rig.person()
    const told = await Promise.all(Array.from({ length: 60 }, (_, n) => guess(n % 2 === 0 ? one : other, tell(email))))
    assert.equal(told.filter((word) => word === 'admitted').length, 5)
  })

  test('are still counted by a node that was started afterwards', async () => {
    const { email } = await rig.person()
    for (let n = 0; n < 5; n++) await guess(one, tell(email))
    assert.equal(await guess(await rig.node(), tell(email)), 'wait 1')
  })

  test('begin anew after a right one', async () => {
    const { email } = await rig.person()
    for (let n = 0; n < 4; n++) await guess(one, tell(email))
    await one.succeeded(await one.admit(attempt(tell(email))))
    for (let n = 0; n < 5; n++) assert.equal(await guess(one, tell(email)), 'admitted')
    assert.equal(await guess(one, tell(email)), 'wait 1')
  })

  test('that came to no verdict are given back', async () => {
    const { email } = await rig.person()
    for (let n = 0; n < 20; n++) await one.released(await one.admit(attempt(tell(email))))
    for (let n = 0; n < 5; n++) assert.equal(await guess(one, tell(email)), 'admitted')
  })

  test('lock it after a hundred failures, once, and not a known device', async () => {
    const { id, email } = await rig.person()
    const device = await knownDevice(one, id)
    const locks: boolean[] = []
    for (let n = 1; n <= 103; n++) {
      rig.advance(minutes(15))
      const admitted = await one.admit(attempt(tell(email)))
      assert.equal(admitted.locked, n > 100, `try ${n}`)
      locks.push((await one.failed(admitted)).lockedNow)
    }
    assert.deepEqual(
      locks.flatMap((now, index) => (now ? [index + 1] : [])),
      [100],
    )
    assert.equal(rig.events.filter(({ name }) => name === 'authn_password_locked').length, 1)
    const owner = await one.admit(attempt({ ...tell(email), device }))
    assert.deepEqual([owner.locked, owner.failures], [false, 1])
    // The owner's sign-in is no help to whoever is guessing.
    await one.succeeded(owner)
    rig.advance(minutes(15))
    assert.equal(await guess(one, tell(email)), 'locked')
    await one.forget('password', email)
    assert.equal(await guess(one, tell(email)), 'admitted')
  })

  test('of a known device have a budget of their own, which ends too', async () => {
    const { id, email } = await rig.person()
    const device = await knownDevice(one, id)
    for (let n = 0; n < 6; n++) await guess(one, tell(email))
    for (let n = 0; n < 5; n++) assert.equal(await guess(other, { ...tell(email), device }), 'admitted')
    assert.equal(await guess(one, { ...tell(email), device }), 'wait 1')
    for (let n = 6; n <= 100; n++) {
      rig.advance(minutes(15))
      await guess(one, { ...tell(email), device })
    }
    rig.advance(minutes(15))
    const admitted = await one.admit(attempt({ ...tell(email), device }))
    assert.equal(admitted.device, null, 'it is a stranger now')
  })

  test('with the device of somebody else are those of a stranger', async () => {
    const [mine, yours] = [await rig.person(), await rig.person()]
    const device = await knownDevice(one, mine.id)
    for (const strangers of [device, randomBytes(32).toString('base64url'), 'x', '']) {
      assert.equal((await one.admit(attempt({ ...tell(yours.email), device: strangers }))).device, null)
    }
  })

  test('come from a known browser as long as it presents what is its own, is not too old and was not guessed with', async () => {
    const [mine, yours] = [await rig.person(), await rig.person()]
    const token = await knownDevice(one, mine.id)
    assert.equal(await knownDevice(other, mine.id, token), token)
    for (const planted of [await knownDevice(one, yours.id), randomBytes(32).toString('base64url'), 'x', '']) {
      const given = await knownDevice(one, mine.id, planted)
      assert.match(given, /^[\w-]{43}$/)
      assert.notEqual(given, planted)
    }
    for (let n = 0; n < 100; n++) {
      rig.advance(minutes(15))
      await guess(one, { subject: mine.email, device: token })
    }
    const fresh = await knownDevice(one, mine.id, token)
    assert.notEqual(fresh, token)
    rig.advance(seconds(401 * 86_400))
    assert.notEqual(await knownDevice(one, mine.id, fresh), fresh)
  })

  test('are known from at most twenty devices', async () => {
    const { id } = await rig.person()
    for (let n = 0; n < 25; n++) await one.remember(id, undefined)
    const { rows } = await rig.admin.query(
      'select count(*)::int4 as n from holdfast.known_device where account_id = $1',
      [id],
    )
    assert.equal(rows[0]?.n, 20)
  })

  test('from one address may be a hundred at once, and then one each 36 seconds', async () => {
    const address = strange()
    for (let n = 0; n < 100; n++) assert.equal(await guess(one, { address }), 'admitted')
    assert.equal(await guess(one, { address }), 'wait 36')
    assert.equal(await guess(one, { address: address.replace(/::1$/, ':aaaa:1:2:3') }), 'wait 36')
    rig.advance(seconds(72))
    assert.equal(await guess(one, { address }), 'admitted')
    assert.equal(await guess(one, { address }), 'admitted')
    assert.match(await guess(one, { address }), /^wait/)
  })

  test('from an address that may not leave the account alone', async () => {
    const address = strange()
    for (let n = 0; n < 100; n++) await guess(one, { address })
    const subject = 'victim@example.test'
    for (let n = 0; n < 10; n++) assert.match(await guess(one, { address, subject }), /^wait/)
    for (let n = 0; n < 5; n++) assert.equal(await guess(one, { subject }), 'admitted')
  })

  test('that ask for mail may be five to one address', async () => {
    const subject = 'mailed@example.test'
    for (let n = 0; n < 5; n++) {
      const admitted = await one.admit(attempt({ flow: 'reset', subject }))
      assert.deepEqual(await one.succeeded(admitted), undefined)
    }
    assert.equal(await guess(one, { flow: 'sign-in-link', subject }), 'wait 300')
    assert.equal(await guess(one, { subject }), 'admitted', 'its password is another matter')
  })

  test('leave nobody’s address in the table', async () => {
    const { rows } = await rig.admin.query('select a::text as text from holdfast.attempt a')
    assert.ok(rows.length > 100)
    assert.ok(rows.every(({ text }) => !/example|2001:|@/.test(String(text))))
  })

  test('are swept away where they count no longer, and locks are not', async () => {
    const subject = 'locked@example.test'
    for (let n = 0; n < 101; n++) {
      await guess(one, { subject })
      rig.advance(minutes(15))
    }
    rig.advance(seconds(40 * 86_400))
    await one.sweep()
    const { rows } = await rig.admin.query('select failures from holdfast.attempt order by failures')
    assert.ok(rows.length >= 1 && rows.every(({ failures }) => Number(failures) >= 100), JSON.stringify(rows))
    assert.equal(await guess(one, { subject }), 'locked')
  })
})
