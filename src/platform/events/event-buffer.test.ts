import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { EventBuffer } from './event-buffer.ts'
import type { StagedRow } from './staged-row.ts'

let id = 0
const row = (over: Partial<StagedRow> = {}): StagedRow => ({
  id: String(++id),
  at: '',
  name: 'authz_fail',
  result: 'failure',
  account_id: null,
  session_id: null,
  tenant_id: null,
  object: null,
  address: '::1',
  request_id: null,
  fields: {},
  count: 1,
  ...over,
})
const counts = (buffer: EventBuffer): number[] => buffer.peek(100).map(({ count }) => count)

suite('identical refusals', () => {
  test('are one row at once and one that counts the rest of the second', () => {
    const buffer = new EventBuffer(100, () => {})
    for (let n = 0; n < 1_000; n++) buffer.add(row(), n)
    buffer.settle(999)
    assert.deepEqual(counts(buffer), [1])
    buffer.settle(1_000)
    assert.deepEqual(counts(buffer), [1, 999])
    assert.equal(buffer.waiting, false)
  })

  test('of the next second are another row', () => {
    const buffer = new EventBuffer(100, () => {})
    for (const now of [0, 1, 2, 1_500, 1_501]) buffer.add(row(), now)
    buffer.settle(5_000)
    assert.deepEqual(counts(buffer), [1, 2, 1, 1])
  })

  for (const [what, over] of [
    ['name', { name: 'authn_login_fail' }],
    ['account', { account_id: 'a' }],
    ['address', { address: '::2' }],
    ['object', { object: 'x' }],
    ['field', { fields: { permission: 'x' } }],
  ] as const) {
    test(`with another ${what} are not identical`, () => {
      const buffer = new EventBuffer(100, () => {})
      buffer.add(row(), 0)
      buffer.add(row(over), 0)
      assert.deepEqual(counts(buffer), [1, 1])
    })
  }

  test('do not hang when the clock goes back', () => {
    const buffer = new EventBuffer(100, () => {})
    buffer.add(row(), 10_000)
    buffer.add(row(), 10_001)
    buffer.add(row(), 0)
    buffer.settle(1_000)
    assert.deepEqual(counts(buffer), [1, 1, 1])
  })
})

suite('the buffer', () => {
  test('does not fold successes', () => {
    const buffer = new EventBuffer(100, () => {})
    for (let n = 0; n < 3; n++) buffer.add(row({ result: 'success' }), 0)
    assert.deepEqual(counts(buffer), [1, 1, 1])
  })

  test('when full folds by name, and loses no count', () => {
    let coarse = 0
    const buffer = new EventBuffer(100, () => coarse++)
    for (let n = 0; n < 10_000; n++)
      buffer.add(row({ address: `address ${n}`, name: n % 2 ? 'authz_fail' : 'authn_login_fail' }), 0)
    assert.equal(buffer.events, 10_000)
    assert.ok(buffer.ready <= 100)
    assert.ok(coarse >= 9_900)
    buffer.settle(0, true)
    const rows = buffer.peek(200)
    assert.equal(
      rows.reduce((sum, { count }) => sum + count, 0),
      10_000,
    )
    assert.deepEqual(
      rows.slice(-2).map(({ fields, address }) => [fields, address]),
      [
        [{ folded: 'by name' }, null],
        [{ folded: 'by name' }, null],
      ],
    )
  })

  test('keeps what is being written until it is', () => {
    const buffer = new EventBuffer(100, () => {})
    for (let n = 0; n < 5; n++) buffer.add(row({ result: 'success' }), 0)
    const [first] = buffer.peek(2)
    assert.equal(buffer.ready, 5)
    buffer.written(2)
    assert.equal(buffer.ready, 3)
    assert.notEqual(buffer.peek(1)[0]?.id, first?.id)
  })
})
