import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { JsonSchema } from '../../../kernel/surface.ts'
import { BOUNDS, closeRequestSchema, closeResponseSchema } from './close-schema.ts'

const magnitude = BOUNDS.magnitude

suite('the schema of a request', () => {
  for (const [what, given, closed] of [
    [
      'an object takes no more than it names',
      { type: 'object', properties: {} },
      { type: 'object', properties: {}, additionalProperties: false },
    ],
    ['a text has a bound', { type: 'string' }, { type: 'string', maxLength: BOUNDS.maxLength }],
    ['a bound that is set stays', { type: 'string', maxLength: 5 }, { type: 'string', maxLength: 5 }],
    ['a number has bounds', { type: 'integer', minimum: 0 }, { type: 'integer', minimum: 0, maximum: magnitude }],
    [
      'an exclusive bound is one',
      { type: 'number', exclusiveMinimum: 0, maximum: 1 },
      { type: 'number', exclusiveMinimum: 0, maximum: 1 },
    ],
    [
      'a list has a bound, and so have its entries',
      { type: 'array', items: { type: 'string' } },
      { type: 'array', maxItems: BOUNDS.maxItems, items: { type: 'string', maxLength: BOUNDS.maxLength } },
    ],
    [
      'an object of free names has a bound',
      { type: 'object', additionalProperties: { type: 'boolean' } },
      { type: 'object', additionalProperties: { type: 'boolean' }, maxProperties: BOUNDS.maxProperties },
    ],
    [
      'union branches are closed',
      {
        anyOf: [
          { type: 'string', maxLength: 1 },
          { type: 'object', properties: {} },
        ],
      },
      {
        anyOf: [
          { type: 'string', maxLength: 1 },
          { type: 'object', properties: {}, additionalProperties: false },
        ],
      },
    ],
    ['values that are listed are bounded by that', { enum: ['a', 1] }, { enum: ['a', 1] }],
    [
      'several simple types are all bounded',
      { type: ['string', 'null'] },
      { type: ['string', 'null'], maxLength: BOUNDS.maxLength },
    ],
    [
      'depth is no hiding place',
      { type: 'object', properties: { a: { type: 'array', maxItems: 1, items: { type: 'object', properties: {} } } } },
      {
        type: 'object',
        properties: {
          a: { type: 'array', maxItems: 1, items: { type: 'object', properties: {}, additionalProperties: false } },
        },
        additionalProperties: false,
      },
    ],
  ] as const) {
    test(what, () => assert.deepEqual(closeRequestSchema(given as JsonSchema, 'here'), closed))
  }
})

for (const [side, close] of [
  ['request', closeRequestSchema],
  ['response', closeResponseSchema],
] as const) {
  suite(`a ${side} that takes anything does not start`, () => {
    for (const [what, schema] of [
      ['no type', {}],
      ['an unknown type', { type: 'any' }],
      ['a property without a type', { type: 'object', properties: { a: {} } }],
      ['an open object', { type: 'object', properties: {}, additionalProperties: true }],
      ['a list of anything', { type: 'array' }],
      ['entries of anything', { type: 'array', items: {} }],
      ['an empty union', { anyOf: [] }],
      ['a branch of anything', { anyOf: [{ type: 'string' }, {}] }],
      ['an intersection', { allOf: [{ type: 'object', properties: {} }] }],
      ['a reference', { $ref: '#/definitions/a' }],
      ['object among several types', { type: ['object', 'null'] }],
    ] as const) {
      test(`with ${what}`, () => {
        assert.throws(() => close(schema as JsonSchema, 'GET /a'), { name: 'StartRefusal', where: /^GET \/a/ })
      })
    }
  })
}
