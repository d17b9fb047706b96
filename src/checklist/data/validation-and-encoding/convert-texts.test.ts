import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { converterFor, type TextSource } from './convert-texts.ts'

const SCHEMA = {
  type: 'object',
  required: ['needed'],
  properties: {
    count: { type: 'integer' },
    size: { type: 'number' },
    done: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    counts: { type: 'array', items: { type: 'integer' } },
    title: { type: 'string', maxLength: 10 },
    date: { type: 'string', format: 'date' },
    maybe: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    needed: { type: 'integer' },
  },
}

function convert(values: Record<string, unknown>, source: TextSource = 'query'): Record<string, unknown> {
  const copy = { ...values }
  converterFor(SCHEMA, source)?.(copy)
  return copy
}

suite('a text', () => {
  for (const [field, text, value] of [
    ['count', '0', 0],
    ['count', '-12', -12],
    ['maybe', '3', 3],
    ['size', '1.5', 1.5],
    ['size', '-0.25', -0.25],
    ['done', 'true', true],
    ['done', 'false', false],
    ['tags', 'a', ['a']],
    ['counts', '1', [1]],
  ] as const) {
    test(`"${text}" becomes ${JSON.stringify(value)} for ${field}`, () =>
      assert.deepEqual(convert({ [field]: text }), { [field]: value }))
  }

  for (const [field, text] of [
    ...['', ' 1', '1 ', '+1', '01', '-0', '1.0', '1e3', '0x1', '1_0', 'NaN', '٣', '12345678901234567890'].map(
      (text) => ['count', text] as const,
    ),
    ...['.5', '1.', '1e3', '-0', 'Infinity', '1,5'].map((text) => ['size', text] as const),
    ...['', 'on', 'yes', '1', 'TRUE', ' true'].map((text) => ['done', text] as const),
  ]) {
    test(`"${text}" stays a text for ${field}`, () => assert.deepEqual(convert({ [field]: text }), { [field]: text }))
  }

  test('given twice stays a list, for the schema to refuse', () => {
    assert.deepEqual(convert({ count: ['1', '2'] }), { count: ['1', '2'] })
    assert.deepEqual(convert({ counts: ['1', 'x'] }), { counts: [1, 'x'] })
  })
})

suite('a form', () => {
  test('has checkboxes', () => assert.deepEqual(convert({ done: 'on' }, 'form'), { done: true }))
  test('leaves out what was left empty, where empty is no value', () => {
    const empty = { count: '', size: '', date: '', title: '', needed: '' }
    assert.deepEqual(convert(empty, 'form'), { title: '', needed: '' })
  })
})

test('where all is text there is nothing to convert', () => {
  assert.equal(converterFor({ type: 'object', properties: { a: { type: 'string' } } }, 'query'), null)
})
