import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import type { SecurityEvent } from '../../kernel/event.ts'
import { stagedRow } from './staged-row.ts'

const ID = randomUUID()
const row = (over: Partial<SecurityEvent> & { readonly fields?: object }) =>
  stagedRow({ name: 'sys_error', result: 'failure', fields: { problem: 'x' }, ...over } as SecurityEvent, ID, 0)

suite('a staged row', () => {
  test('holds the event under the names of its columns', () => {
    const accountId = randomUUID()
    assert.deepEqual(row({ accountId, object: 'route GET /notes/:id', address: '::1', requestId: 'r' }), {
      id: ID,
      at: '1970-01-01T00:00:00.000Z',
      name: 'sys_error',
      result: 'failure',
      account_id: accountId,
      session_id: null,
      tenant_id: null,
      object: 'route GET /notes/:id',
      address: '::1',
      request_id: 'r',
      fields: { problem: 'x' },
      count: 1,
    })
  })

  for (const [what, sent, kept] of [
    ['a line break', 'a\r\nb', 'ab'],
    ['a NUL', 'a\0b', 'ab'],
    ['an escape sequence', 'a\u001b[31mb', 'a[31mb'],
    ['a C1 control', 'a\u0085b', 'ab'],
    ['a line separator', 'a\u2028b', 'ab'],
    ['a turn of direction', 'a\u202eb', 'ab'],
    ['half a pair', 'a\ud800b', 'a\ufffdb'],
    ['a text beyond the bound', 'x'.repeat(1_000), 'x'.repeat(300)],
    ['a pair across the bound', `${'x'.repeat(299)}🙂`, `${'x'.repeat(299)}\ufffd`],
    ['nothing odd', 'grüße 🙂', 'grüße 🙂'],
  ] as const) {
    test(`of a text with ${what} fits its column and stays on its line`, () => {
      assert.equal(row({ object: sent }).object, kept)
      assert.deepEqual(row({ fields: { problem: sent } }).fields, { problem: kept.slice(0, 200) })
    })
  }

  test('leaves away what should be a UUID and is none', () => {
    const { account_id, session_id, tenant_id } = row({ accountId: 'ada', sessionId: '', tenantId: `${ID}'` })
    assert.deepEqual([account_id, session_id, tenant_id], [null, null, null])
  })

  test('is bounded whatever the fields are', () => {
    const wild = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`field${n}`, Array(1_000).fill('x'.repeat(1_000))]),
    )
    assert.ok(JSON.stringify(row({ fields: wild })).length < 16 * 32 * 210 + 1_000)
  })
})
