import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { JsonSchema } from '../../kernel/surface.ts'
import { createSchemaCompiler, describeSchemaError } from './compile-schema.ts'

const compile = createSchemaCompiler()

suite('a compiled schema', () => {
  const CASES: readonly (readonly [
    what: string,
    schema: JsonSchema,
    good: readonly unknown[],
    bad: readonly unknown[],
  ])[] = [
    [
      'counts code points',
      { type: 'string', minLength: 2, maxLength: 3 },
      ['ab', 'abc', '\u{1f600}\u{1f600}', '\u{1f600}\u{1f600}\u{1f600}', 'é\u{1f600}'],
      ['', 'a', 'abcd', '\u{1f600}', '\u{1f600}\u{1f600}\u{1f600}\u{1f600}'],
    ],
    [
      'takes a UUID in one form',
      { type: 'string', format: 'uuid' },
      ['0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee', '0190AAAA-BBBB-7CCC-8DDD-EEEEEEEEEEEE'],
      [
        'urn:uuid:0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee',
        '{0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee}',
        '0190aaaabbbb7ccc8dddeeeeeeeeeeee',
        'a\n',
      ],
    ],
    ['does not convert', { type: 'integer' }, [1, -1], ['1', true, null, 1.5, Number.NaN, Number.POSITIVE_INFINITY]],
    [
      'refuses what is not named',
      { type: 'object', properties: { a: { type: 'boolean' } }, additionalProperties: false },
      [{}, { a: true }],
      [{ b: 1 }, { a: 1 }],
    ],
  ]
  for (const [what, schema, good, bad] of CASES) {
    test(what, () => {
      const check = compile(schema)
      for (const value of good) assert.equal(check(value), true, JSON.stringify(value))
      for (const value of bad) assert.equal(check(value), false, JSON.stringify(value))
    })
  }

  test('fills in declared defaults', () => {
    const check = compile({ type: 'object', properties: { page: { type: 'integer', default: 1 } }, required: ['page'] })
    const value = {}
    assert.equal(check(value), true)
    assert.deepEqual(value, { page: 1 })
  })

  for (const [what, schema] of [
    ['an unknown keyword', { type: 'string', maxLenght: 1 }],
    ['an unknown format', { type: 'string', format: 'e-mail' }],
    ['a keyword of another type', { type: 'string', maximum: 1 }],
  ] as const) {
    test(`is not made from ${what}`, () => {
      assert.throws(() => compile(schema))
    })
  }
})

test('an error is told in words that quote the schema and not the value', () => {
  const check = compile({ type: 'string', maxLength: 3, minLength: 1 })
  check('secret')
  assert.equal(
    describeSchemaError(check.errors?.[0] ?? { instancePath: '', keyword: '', params: {} }),
    'must have at most 3 characters',
  )
})
