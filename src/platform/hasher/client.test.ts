import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Refusal } from '../../kernel/refusal.ts'
import { Secret } from '../../kernel/secret.ts'
import { hasherOver } from './client.ts'
import { encodeFrame, FrameReader } from './frames.ts'
import { decodeRequest, encodeReply, type Reply, type Request } from './messages.ts'

const PHC = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`
const password = new Secret('violet harbour staircase')

/** The far end of the pipe, which answers when the test says so. */
function pipe() {
  const requests: Request[] = []
  const reader = new FrameReader()
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      // A copy: what was written is wiped afterwards.
      for (const frame of reader.push(Buffer.from(chunk)))
        requests.push(decodeRequest(frame) ?? assert.fail('no request'))
      done()
    },
  })
  const send = (reply: Reply): void => void stream.push(encodeFrame(encodeReply(reply)))
  const answer = (kind: 'hashed' | 'verified' = 'hashed'): void => {
    const { id } = requests.shift() ?? assert.fail('nothing was asked')
    send(kind === 'hashed' ? { kind, id, phc: PHC, pepperVersion: 1 } : { kind, id, ok: true, currentPepper: 1 })
  }
  return { stream, requests, send, answer }
}

const overloaded = { code: 'overloaded' }

suite('a hasher over a pipe', () => {
  test('has as many at work as asked for, queues the rest in order, and refuses beyond the queue at once', async () => {
    const { stream, requests, answer } = pipe()
    const hasher = hasherOver(stream, { concurrency: 2, queue: 3 })
    const calls = Array.from({ length: 5 }, () => {
      hasher.expectRoom()
      return hasher.hash(password)
    })
    assert.throws(() => hasher.expectRoom(), overloaded)
    await assert.rejects(hasher.hash(password), overloaded)
    assert.deepEqual(hasher.load(), { running: 2, waiting: 3 })
    assert.equal(requests.length, 2)
    for (let n = 0; n < 5; n += 1) {
      answer()
      await calls[n]
    }
    assert.deepEqual(hasher.load(), { running: 0, waiting: 0 })
    hasher.close()
  })

  test('gives those who ask their turns one after the other, and turns away the newest of who has the most waiting', async () => {
    const { stream, requests, answer } = pipe()
    const hasher = hasherOver(stream, { concurrency: 1, queue: 4 })
    const told: string[] = []
    const call = (name: string, who: string | undefined): Promise<void> =>
      hasher.verify(password, PHC, 1, who).then(
        () => void told.push(name),
        (refusal: Refusal) => void told.push(`${name} ${refusal.code} ${refusal.options.retryAfterSeconds}`),
      )
    const calls = ['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => call(name, 'a'))
    assert.throws(() => hasher.expectRoom('a'), overloaded)
    hasher.expectRoom('b')
    calls.push(call('b1', 'b'))
    hasher.expectRoom()
    calls.push(call('nobody1', undefined))
    // Two each would be no fairer than two of one.
    assert.throws(() => hasher.expectRoom('b'), overloaded)
    calls.push(call('b2', 'b'))
    assert.deepEqual(hasher.load(), { running: 1, waiting: 4 })
    for (let n = 0; n < 5; n += 1) {
      await sleep(1)
      answer('verified')
    }
    await Promise.all(calls)
    assert.deepEqual(told, ['a5 overloaded 5', 'a4 overloaded 5', 'b2 overloaded 5', 'a1', 'a2', 'b1', 'nobody1', 'a3'])
    assert.equal(requests.length, 0)
    assert.deepEqual(hasher.load(), { running: 0, waiting: 0 })
    hasher.close()
  })

  test('refuses who has waited too long, whoever asks, and keeps no place for them', async () => {
    const { stream, requests, answer } = pipe()
    const hasher = hasherOver(stream, { concurrency: 1, queue: 2, patience: 30 })
    const first = hasher.hash(password, undefined, 'a')
    for (const who of ['a', 'b']) await assert.rejects(hasher.hash(password, undefined, who), overloaded)
    const last = ['b', 'c'].map((who) => hasher.hash(password, undefined, who))
    for (const call of [first, ...last]) {
      answer()
      await call
    }
    assert.equal(requests.length, 0)
    hasher.close()
  })

  test('refuses who has waited too long, and tells when to come back', async () => {
    const { stream, requests } = pipe()
    const hasher = hasherOver(stream, { concurrency: 1, patience: 30 })
    const first = hasher.hash(password)
    await assert.rejects(hasher.hash(password), {
      ...overloaded,
      options: { retryAfterSeconds: 5, cause: new Error('password hashing: no turn in time') },
    })
    assert.deepEqual(hasher.load(), { running: 1, waiting: 0 })
    assert.equal(requests.length, 1)
    hasher.close()
    await assert.rejects(first, overloaded)
  })

  test('hands each answer to who asked, in whatever order they come', async () => {
    const { stream, requests, send } = pipe()
    const hasher = hasherOver(stream)
    const [one, other] = [hasher.verify(password, PHC, 1), hasher.verify(password, PHC, 1)]
    await sleep(1)
    for (const [request, ok] of [
      [requests[1], false],
      [requests[0], true],
    ] as const) {
      send({ kind: 'verified', id: request?.id ?? 0, ok, currentPepper: 2 })
    }
    assert.deepEqual(await one, { ok: true, stale: 'pepper' })
    assert.deepEqual(await other, { ok: false, stale: 'pepper' })
    hasher.close()
  })

  for (const [what, bytes] of [
    ['an answer to no question', encodeFrame(encodeReply({ kind: 'verified', id: 77, ok: true, currentPepper: 1 }))],
    ['an answer that is none', encodeFrame(Buffer.from('nonsense'))],
    ['an answer of impossible length', Buffer.alloc(4, 255)],
  ] as const) {
    test(`is given up after ${what}: nobody is told a verdict that may be another's`, async () => {
      const { stream } = pipe()
      const lost: string[] = []
      const hasher = hasherOver(stream, { onLost: (why) => lost.push(why) })
      const call = hasher.verify(password, PHC, 1)
      stream.push(bytes)
      await assert.rejects(call, overloaded)
      await assert.rejects(hasher.hash(password), overloaded)
      assert.deepEqual(lost, [what])
      assert.ok(stream.destroyed)
    })
  }

  test('is given up when it does not answer in time', async () => {
    const { stream } = pipe()
    const hasher = hasherOver(stream, { deadline: 20 })
    await assert.rejects(hasher.hash(password), overloaded)
    assert.ok(stream.destroyed)
  })

  test('does not take an answer of the wrong kind', async () => {
    const { stream, requests, send } = pipe()
    const hasher = hasherOver(stream)
    const call = hasher.verify(password, PHC, 1)
    await sleep(1)
    send({ kind: 'hashed', id: requests[0]?.id ?? 0, phc: PHC, pepperVersion: 1 })
    await assert.rejects(call, { code: 'unexpected' })
    hasher.close()
  })

  test('never has the password in what it throws', async () => {
    const { stream } = pipe()
    const hasher = hasherOver(stream, { queue: 0, concurrency: 0 })
    await assert.rejects(hasher.hash(password), (error) => {
      assert.ok(!JSON.stringify(error, Object.getOwnPropertyNames(error)).includes(password.release()))
      return true
    })
    hasher.close()
  })
})
