import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openChannel } from './channel.ts'
import { type Fixture, startFixture } from './cluster.fixture.ts'
import type { Channel } from './database.ts'
import { type Link, startLink } from './link.fixture.ts'

const until = async (condition: () => boolean, timeout = 3_000): Promise<number> => {
  const begun = performance.now()
  while (!condition()) {
    if (performance.now() - begun > timeout) assert.fail('did not come about in time')
    await sleep(10)
  }
  return performance.now() - begun
}

suite('a channel', { timeout: 60_000 }, () => {
  let fixture: Fixture
  let link: Link
  let channel: Channel
  let told: string[] = []
  let now = 1_000_000

  before(async () => {
    fixture = await startFixture()
    link = await startLink(fixture.connection)
    channel = openChannel({
      connection: link.connection,
      channel: 'holdfast_test',
      clock: { now: () => now },
      onPayload: (payload) => told.push(payload),
      onUp: () => told.push('<up>'),
      onDown: () => told.push('<down>'),
      onGap: () => told.push('<gap>'),
    })
  })
  after(async () => {
    await channel.close()
    await link.stop()
    await fixture.stop()
  })

  test('is down until it listens, then tells since when', async () => {
    assert.equal(channel.up, false)
    await until(() => channel.up)
    assert.equal(channel.upSince, 1_000_000)
    assert.deepEqual(told, ['<up>'])
  })

  test('hears what anybody announces, in order', async () => {
    told = []
    await channel.notify('one')
    await fixture.admin.query("select pg_notify('holdfast_test', 'two')")
    await channel.notify("three'; drop table note; --")
    await until(() => told.length === 3)
    assert.deepEqual(told, ['one', 'two', "three'; drop table note; --"])
  })

  test('refuses a payload beyond the bound', async () => {
    await assert.rejects(channel.notify('x'.repeat(8_000)), { code: 'unexpected' })
    assert.equal(channel.up, true)
  })

  test('that is cut is down at once, and tells of the gap when it is back', async () => {
    told = []
    now = 2_000_000
    link.cut()
    await until(() => !channel.up, 200)
    assert.equal(channel.upSince, null)
    await until(() => channel.up)
    assert.deepEqual(told, ['<down>', '<gap>', '<up>'])
    assert.equal(channel.upSince, 2_000_000)
  })

  test('over a link that went silent is down within a second', async () => {
    told = []
    link.silence(true)
    const took = await until(() => !channel.up)
    assert.ok(took < 1_000, `${took} ms`)
    await assert.rejects(channel.notify('lost'), { code: 'database-unavailable' })
    link.silence(false)
    await until(() => channel.up, 8_000)
    assert.deepEqual(told, ['<down>', '<gap>', '<up>'])
  })

  test('stays up when it is we who were busy', async () => {
    told = []
    for (let n = 0; n < 3; n++) {
      const end = performance.now() + 700
      while (performance.now() < end) Math.hypot(1, 2)
      await sleep(20)
    }
    await sleep(500)
    assert.deepEqual(told, [])
    assert.equal(channel.up, true)
  })

  test('that can not be had is told once, and comes by itself', async () => {
    await fixture.admin.script('alter role app nologin')
    const events: string[] = []
    const late = openChannel({
      connection: fixture.connection,
      channel: 'late',
      onPayload: () => {},
      onUp: () => events.push('up'),
      onDown: () => events.push('down'),
      onGap: () => events.push('gap'),
    })
    await sleep(400)
    assert.deepEqual(events, ['down'])
    await fixture.admin.script('alter role app login')
    await until(() => late.up)
    assert.deepEqual(events, ['down', 'up'])
    await late.close()
    assert.equal(late.up, false)
  })

  test('has a plain name', () => {
    assert.throws(
      () => openChannel({ connection: fixture.connection, channel: 'x"; select 1', onPayload: () => {} }),
      TypeError,
    )
  })
})
