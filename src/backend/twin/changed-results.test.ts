import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Answer } from '../../platform/declaration/definition.ts'
import { withExtra } from './changed-results.ts'

const extra = { more: 'x' }

suite('a result that holds more than its handler put there', () => {
  for (const [what, given, changed] of [
    ['an object', { a: 1 }, { a: 1, more: 'x' }],
    ['objects within', { a: { b: 2 }, c: [{ d: 3 }] }, { a: { b: 2, more: 'x' }, c: [{ d: 3, more: 'x' }], more: 'x' }],
    ['a list', [{ a: 1 }, 2], [{ a: 1, more: 'x' }, 2]],
    ['an answer', new Answer(201, { a: 1 }, {}), new Answer(201, { a: 1, more: 'x' }, {})],
  ] as const) {
    test(`has it in ${what}`, () => assert.deepEqual(withExtra(given, extra), changed))
  }

  for (const [what, value] of [
    ['a text', 'a'],
    ['nothing', undefined],
    ['null', null],
    ['a moment', new Date(0)],
    ['a list of texts', ['a']],
    ['an object of a class', new URL('https://localhost')],
  ] as const) {
    test(`is the same where it is ${what}`, () => assert.equal(withExtra(value, extra), value))
  }
})
