import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Condition, matches, requireMatch } from './conditions.ts'

suite('a condition', () => {
  test('is met where every property is present and equal', () => {
    assert.equal(matches({ owner: 'ada' }, { owner: 'ada', title: 'x' }), true)
    assert.equal(matches({ owner: 'ada', tenant: 't' }, { owner: 'ada', tenant: 't' }), true)
    assert.equal(matches({ count: 0, open: false }, { count: 0, open: false }), true)
  })

  for (const [flaw, condition, object] of [
    ['another value', { owner: 'ada' }, { owner: 'bob' }],
    ['one of two values', { owner: 'ada', tenant: 't' }, { owner: 'ada', tenant: 'u' }],
    ['an undefined value', { owner: undefined }, { owner: 'ada' }],
    ['undefined on both sides', { owner: undefined }, { owner: undefined }],
    ['undefined and an absent property', { owner: undefined }, {}],
    ['null on both sides', { tenant: null }, { tenant: null }],
    ['an absent property', { owner: 'ada' }, {}],
    ['a condition that asks nothing', {}, { owner: 'ada' }],
    ['no object', { owner: 'ada' }, null],
    ['an undefined object', { owner: 'ada' }, undefined],
    ['an inherited property', { owner: 'ada' }, Object.create({ owner: 'ada' })],
    ['a number that looks the same', { id: '1' }, { id: 1 }],
    ['not a number', { id: Number.NaN }, { id: Number.NaN }],
    ['a list in place of a value', { owner: ['ada'] as unknown as string }, { owner: ['ada'] }],
  ] as readonly (readonly [string, Condition, object | null | undefined])[]) {
    test(`is not met by ${flaw}`, () => {
      assert.equal(matches(condition, object), false)
      assert.throws(() => requireMatch(condition, object), { code: 'not-found' })
    })
  }

  test('that is met gives the object back', () => {
    const session = { account: 'ada' }
    assert.equal(requireMatch({ account: 'ada' }, session), session)
  })
})
