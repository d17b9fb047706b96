import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MalformedQuery, MOST_PARAMETERS, parseForm, parseQuery } from './strict-form.ts'

const ILL: readonly string[] = [
  'a=%',
  'a=%2',
  'a=%zz',
  'a=%ff',
  'a=%c0%af',
  'a=%ed%a0%80',
  'a=%00',
  'a%00=1',
  '=1',
  'a=1&',
  '&a=1',
  'a=1&&b=2',
  '__proto__=1',
  '%5f_proto__=1',
  'a=1&'.repeat(MOST_PARAMETERS).concat('b=1'),
]

suite('a query', () => {
  for (const [text, expected] of [
    ['', {}],
    ['a=1', { a: '1' }],
    ['a=1&b=2', { a: '1', b: '2' }],
    ['a', { a: '' }],
    ['a=', { a: '' }],
    ['a=b=c', { a: 'b=c' }],
    ['a=1&a=2&a=', { a: ['1', '2', ''] }],
    ['a=%C3%A4+%2B', { a: 'ä +' }],
    ['%61=1', { a: '1' }],
    ['toString=1&constructor=2', { toString: '1', constructor: '2' }],
  ] as const) {
    test(`of "${text}" is read`, () => assert.deepEqual(Object.entries(parseQuery(text)), Object.entries(expected)))
  }

  for (const text of ILL) {
    test(`of "${text.slice(0, 30)}" is malformed, and does not throw`, () => {
      const query = parseQuery(text)
      assert.ok(query instanceof MalformedQuery)
      assert.equal(query.refusal.code, 'request-malformed')
    })
  }

  test('inherits nothing', () => {
    for (const text of ['', 'a=1']) {
      const query = parseQuery(text) as Record<string, unknown>
      assert.deepEqual(
        ['toString', 'constructor', '__proto__', 'hasOwnProperty'].map((name) => query[name]),
        [undefined, undefined, undefined, undefined],
      )
    }
  })
})

suite('a form', () => {
  test('is read like a query', () => {
    assert.deepEqual({ ...parseForm(Buffer.from('a=1&b=ä&c=%C3%A4')) }, { a: '1', b: 'ä', c: 'ä' })
    assert.deepEqual({ ...parseForm(Buffer.alloc(0)) }, {})
  })
  for (const text of ILL) {
    test(`of "${text.slice(0, 30)}" is refused`, () =>
      assert.throws(() => parseForm(Buffer.from(text)), { code: 'body-malformed' }))
  }
  test('of bytes that are no UTF-8 is refused', () => {
    assert.throws(() => parseForm(Buffer.from('613dff', 'hex')), { code: 'body-malformed' })
  })
})
