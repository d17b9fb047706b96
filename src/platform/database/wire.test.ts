import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { changedRows, errorReport } from './messages.ts'
import { ProtocolViolation, WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

const message = (code: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.write(code)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

suite('what arrives', () => {
  test('is cut into the same messages however it was split', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 20 })
    const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 })
    fc.assert(
      fc.property(bodies, cuts, (sent, sizes) => {
        const stream = Buffer.concat(sent.map((body) => message('D', Buffer.from(body))))
        const received: string[] = []
        const reader = new WireReader((code, buffer, start, end) => {
          assert.equal(code, 0x44)
          received.push(buffer.toString('hex', start, end))
        })
        for (let at = 0, n = 0; at < stream.length; n++) {
          const size = sizes[n % sizes.length] ?? 1
          reader.push(stream.subarray(at, at + size))
          at += size
        }
        assert.deepEqual(
          received,
          sent.map((body) => Buffer.from(body).toString('hex')),
        )
      }),
    )
  })

  for (const length of [0, 3, -1, 64 * 1024 * 1024 + 1, 0x7fffffff]) {
    test(`with a length of ${length} is refused`, () => {
      const bytes = Buffer.alloc(5, 'D')
      bytes.writeInt32BE(length, 1)
      for (const pieces of [[bytes], [bytes.subarray(0, 2), bytes.subarray(2)]]) {
        const reader = new WireReader(() => assert.fail('a message'))
        assert.throws(() => pieces.forEach((piece) => void reader.push(piece)), ProtocolViolation)
      }
    })
  }

  test('as an error without an end is refused', () => {
    for (const body of ['SERROR', 'SERROR\0', 'SERROR\0C42']) {
      assert.throws(() => errorReport(Buffer.from(body), 0, body.length), ProtocolViolation)
    }
  })

  for (const [tag, count] of [
    ['INSERT 0 5', 5],
    ['UPDATE 12', 12],
    ['DELETE 0', 0],
    ['MERGE 1234567', 1_234_567],
    ['SELECT 3', 0],
    ['BEGIN', 0],
    ['DROP TABLE', 0],
    ['INSERT', 0],
  ] as const) {
    test(`as ${tag} tells of ${count} rows changed`, () => {
      const body = Buffer.from(`xx${tag}\0`)
      assert.equal(changedRows(body, 2, body.length), count)
    })
  }
})

suite('what is sent', () => {
  test('is framed as the protocol says, whatever the values', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.constant(null),
    )
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 5 }), { maxLength: 50 }), (units) => {
        const writer = new WireWriter()
        for (const values of units) {
          writer.bind('s1', values)
          writer.execute()
          writer.sync()
        }
        const codes: string[] = []
        const bound: unknown[] = []
        const reader = new WireReader((code, buffer, start, end) => {
          codes.push(String.fromCharCode(code))
          if (code === 0x42) bound.push(parameters(buffer.subarray(start, end)))
        })
        reader.push(writer.take())
        assert.deepEqual(
          codes,
          units.flatMap(() => ['B', 'E', 'S']),
        )
        assert.deepEqual(
          bound,
          units.map((values) => values.map((each) => (each === null ? null : Buffer.from(each).toString('hex')))),
        )
      }),
    )
  })
})

/** The parameters of a Bind, as hexadecimal bytes. */
function parameters(body: Buffer): (string | null)[] {
  let at = body.indexOf(0, 1) + 1
  at += 2 + 2 * body.readInt16BE(at)
  const values: (string | null)[] = []
  const count = body.readInt16BE(at)
  at += 2
  for (let n = 0; n < count; n++) {
    const length = body.readInt32BE(at)
    at += 4
    values.push(length === -1 ? null : body.toString('hex', at, at + Math.max(length, 0)))
    at += Math.max(length, 0)
  }
  assert.equal(body.readInt16BE(at), 0)
  assert.equal(at + 2, body.length)
  return values
}
