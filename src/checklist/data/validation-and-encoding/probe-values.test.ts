import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { JsonSchema } from '../../../kernel/surface.ts'
import { createSchemaCompiler } from '../../../platform/http/compile-schema.ts'
import { closeRequestSchema } from './close-schema.ts'
import { fits, misfit, sampleOf } from './probe-schema.ts'
import { badFields, badJson, badTexts } from './probe-values.ts'

const SCHEMAS: readonly (readonly [what: string, schema: JsonSchema, valid: unknown])[] = [
  ['a text', { type: 'string', maxLength: 200 }, 'a note'],
  ['a text of some length', { type: 'string', minLength: 15, maxLength: 1024 }, 'gravel lantern member'],
  ['a UUID', { type: 'string', format: 'uuid' }, '0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee'],
  ['an address', { type: 'string', format: 'email', maxLength: 254 }, 'ada@example.test'],
  ['a pattern', { type: 'string', pattern: '^[a-z]{1,10}$' }, 'abc'],
  ['a choice', { anyOf: [{ const: 'read' }, { const: 'write' }] }, 'read'],
  ['a text or null', { anyOf: [{ type: 'string', maxLength: 20 }, { type: 'null' }] }, null],
  ['a whole number', { type: 'integer', minimum: 1, maximum: 500 }, 1],
  ['a number', { type: 'number', exclusiveMinimum: 0, maximum: 1 }, 0.5],
  ['a boolean', { type: 'boolean' }, true],
  ['a list', { type: 'array', maxItems: 5, items: { type: 'string', maxLength: 10 } }, ['a']],
  ['an object', { type: 'object', properties: { a: { type: 'boolean' } }, required: ['a'] }, { a: true }],
]

suite('violations', () => {
  const compile = createSchemaCompiler()
  for (const [what, schema, valid] of SCHEMAS) {
    test(`of ${what} are at least 50, and none of them fits`, () => {
      const bad = badJson(schema, valid)
      assert.ok(bad.length >= 50, `${bad.length}`)
      // The server's own validator agrees, apart from what the parser refuses before it.
      const check = compile(closeRequestSchema(schema, 'here'))
      for (const text of bad) {
        if (/\\u0000|\\ud[89a-f]|\0/i.test(text)) continue
        assert.equal(check(JSON.parse(text)), false, text)
      }
    })
    if (what.startsWith('an object')) continue
    test(`of ${what} as a parameter are at least 50`, () => {
      for (const source of ['query', 'params', 'form'] as const)
        assert.ok(badTexts(schema, valid, source).length >= 50, source)
    })
    test(`of ${what} as a header field are at least 50`, () => assert.ok(badFields(schema).length >= 50))
  }
})

suite("the probe's own reading of a schema", () => {
  const note: JsonSchema = {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'integer' },
      tags: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
    },
  }
  for (const [value, expected] of [
    [{ id: 1 }, null],
    [{ id: 1, tags: [{ name: 'a' }] }, null],
    [{ id: 1, tags: [{ name: 'a', hash: 'x' }] }, '/tags/0/hash is not declared'],
    [{ id: 1, owner: 'x' }, '/owner is not declared'],
    [{ id: '1' }, '/id has another type'],
    [{}, '/id is missing'],
    [[], ' has another type'],
  ] as const) {
    test(`finds ${expected ?? 'nothing'} in ${JSON.stringify(value)}`, () =>
      assert.equal(misfit(note, value), expected))
  }

  test('makes samples that fit', () => {
    for (const [what, schema] of SCHEMAS) if (what !== 'a pattern') assert.ok(fits(schema, sampleOf(schema)), what)
  })
})
