import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { claim, item } from './fakes.fixture.ts'
import { inForce, parseWaivers } from './waivers.ts'

const items = [item({ id: 'x/y', claims: [claim({ id: 'c' })] })]
const whole = { item: 'x/y', reason: 'No collector yet.', owner: 'Ada', expires: '2027-01-31' }

suite('the waivers file', () => {
  test('is not needed', () => {
    assert.deepEqual(parseWaivers(undefined, items), [])
  })

  test('waives items and claims', () => {
    const parsed = parseWaivers(JSON.stringify([whole, { ...whole, item: 'x/y/c' }]), items)
    assert.deepEqual(parsed, [whole, { ...whole, claim: 'c' }])
  })

  const wrong: readonly (readonly [what: string, content: unknown, message: RegExp])[] = [
    ['an object', {}, /must be a list/],
    ['a text in the list', ['x/y'], /waiver 1: must be an object/],
    ['an unknown field', [{ ...whole, until: '2027-01-31' }], /until is not a field/],
    ['no owner', [{ ...whole, owner: undefined }], /owner must be a text/],
    ['an empty reason', [{ ...whole, reason: ' ' }], /reason must be a text/],
    ['an item that is not there', [whole, { ...whole, item: 'x/z' }], /waiver 2: item must be/],
    ['a whole section', [{ ...whole, item: 'x' }], /item must be/],
    ['a claim that is not there', [{ ...whole, item: 'x/y/d' }], /x\/y has no claim d/],
    ['something below a claim', [{ ...whole, item: 'x/y/c/d' }], /item must be/],
    ['a day that is none', [{ ...whole, expires: '2027-02-30' }], /must be a day/],
    ['a moment', [{ ...whole, expires: '2027-01-31T10:00' }], /must be a day/],
    ['a number', [{ ...whole, expires: 20270131 }], /expires must be a text/],
  ]
  for (const [what, content, message] of wrong) {
    test(`is refused with ${what}`, () => {
      assert.throws(() => parseWaivers(JSON.stringify(content), items), { name: 'StartRefusal', message })
    })
  }

  test('is refused when it is not JSON', () => {
    assert.throws(() => parseWaivers('[', items), { message: 'holdfast.waivers.json: is not JSON' })
  })
})

test('a waiver counts to the end of its last day, UTC', () => {
  assert.equal(inForce(whole, Date.parse('2027-01-31T23:59:59.999Z')), true)
  assert.equal(inForce(whole, Date.parse('2027-02-01T00:00:00Z')), false)
})
