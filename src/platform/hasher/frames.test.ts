import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { encodeFrame, FrameReader, LARGEST_FRAME } from './frames.ts'
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  FAILURES,
  type Reply,
  type Request,
} from './messages.ts'
import { decodeStart, encodeStart } from './start.ts'

suite('a frame', () => {
  test('arrives whole however its bytes are cut', () => {
    const payload = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 10 }), fc.integer({ min: 1, max: 50 }), (payloads, size) => {
        const bytes = Buffer.concat(payloads.map(encodeFrame))
        const reader = new FrameReader()
        const seen: Buffer[] = []
        for (let at = 0; at < bytes.length; at += size) seen.push(...reader.push(bytes.subarray(at, at + size)))
        assert.deepEqual(seen, payloads)
      }),
    )
  })

  test('of no length or an impossible one is refused before it arrives', () => {
    for (const length of [0, LARGEST_FRAME + 1, 0xffff_ffff]) {
      const head = Buffer.alloc(4)
      head.writeUInt32BE(length)
      assert.throws(() => new FrameReader().push(head), RangeError)
    }
    for (const length of [0, LARGEST_FRAME + 1]) assert.throws(() => encodeFrame(Buffer.alloc(length)), RangeError)
  })
})

suite('a message', () => {
  const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(model, { noNullPrototype: true })
  const id = fc.integer({ min: 0, max: 0xffff_ffff })
  const password = fc.uint8Array({ maxLength: 4_096 }).map((bytes) => Buffer.from(bytes))
  const phc = fc.string({ unit: fc.constantFrom(...'$argon2id=,+/AZ09'), maxLength: 200 })

  test('reads back as it was written', () => {
    const requests: fc.Arbitrary<Request> = fc.oneof(
      record({
        kind: fc.constant('hash' as const),
        id,
        memoryKiB: id,
        passes: fc.integer({ min: 0, max: 255 }),
        password,
      }),
      record({ kind: fc.constant('verify' as const), id, phc, pepperVersion: id, password }),
    )
    fc.assert(fc.property(requests, (request) => assert.deepEqual(decodeRequest(encodeRequest(request)), request)))
    const replies: fc.Arbitrary<Reply> = fc.oneof(
      record({
        kind: fc.constant('hashed' as const),
        id,
        phc: phc.filter((text) => text !== ''),
        pepperVersion: id,
      }),
      record({ kind: fc.constant('verified' as const), id, ok: fc.boolean(), currentPepper: id }),
      record({ kind: fc.constant('failed' as const), id, why: fc.constantFrom(...FAILURES) }),
    )
    fc.assert(fc.property(replies, (reply) => assert.deepEqual(decodeReply(encodeReply(reply)), reply)))
  })

  test('of any bytes is read or refused, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        for (const decode of [decodeRequest, decodeReply, decodeStart]) decode(Buffer.from(bytes))
      }),
      { numRuns: 2_000 },
    )
  })

  for (const [what, bytes] of [
    ['nothing', Buffer.alloc(0)],
    ['an unknown kind', Buffer.alloc(20, 9)],
    ['a head alone, cut', Buffer.from([1, 0, 0, 0, 1, 0, 0, 0, 1])],
    ['a stored hash longer than what follows', Buffer.from([2, 0, 0, 0, 1, 0, 0, 0, 1, 50, 65])],
    [
      'a stored hash longer than the column',
      Buffer.concat([Buffer.from([2, 0, 0, 0, 1, 0, 0, 0, 1, 201]), Buffer.alloc(300)]),
    ],
    ['a password beyond its bound', Buffer.concat([Buffer.from([1, 0, 0, 0, 1, 0, 0, 0, 1, 1]), Buffer.alloc(4_097)])],
  ] as const) {
    test(`is refused where it is ${what}`, () => assert.equal(decodeRequest(bytes), null))
  }

  test('never says yes by accident: only 1 is ok, and only 0 is not', () => {
    const reply = encodeReply({ kind: 'verified', id: 1, ok: true, currentPepper: 1 })
    for (let value = 2; value < 256; value += 1) {
      reply[reply.length - 1] = value
      assert.equal(decodeReply(reply), null)
    }
  })
})

suite('the start of a hasher', () => {
  const key = Buffer.alloc(32, 1)

  test('reads back as it was written', () => {
    const start = {
      threads: 2,
      peppers: new Map([
        [1, key],
        [7, Buffer.alloc(16, 2)],
      ]),
    }
    assert.deepEqual(decodeStart(encodeStart(start)), start)
  })

  for (const [what, threads, peppers] of [
    ['no key', 2, []],
    ['no thread', 0, [[1, key]]],
    ['too many threads', 17, [[1, key]]],
    ['a short key', 2, [[1, Buffer.alloc(15)]]],
    ['version 0', 2, [[0, key]]],
    ['too many keys', 2, Array.from({ length: 17 }, (_, index) => [index + 1, key] as const)],
  ] as const) {
    test(`is refused with ${what}`, () =>
      assert.throws(() => encodeStart({ threads, peppers: new Map(peppers) }), RangeError))
  }

  test('is refused with bytes left over or missing', () => {
    const bytes = encodeStart({ threads: 2, peppers: new Map([[1, key]]) })
    assert.equal(decodeStart(Buffer.concat([bytes, Buffer.alloc(1)])), null)
    assert.equal(decodeStart(bytes.subarray(0, -1)), null)
  })
})
