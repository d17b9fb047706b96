import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Choices, choicesOf } from '../../../kernel/choices.ts'
import { changedBytes, changedJson, changedText } from './probe-change.ts'

const VALID = { title: 'A note', tags: ['home', 'work'], size: 3, open: true, parent: null }
const times = (count: number, work: (choices: Choices) => unknown): readonly string[] =>
  Array.from({ length: count }, (_, index) => JSON.stringify(work(choicesOf(7, index))) ?? 'nothing')

suite('generated input', () => {
  test('follows from seed and case', () => {
    const work = (choices: Choices): unknown => [
      changedJson(VALID, choices),
      changedText('word', choices),
      changedBytes(Buffer.from('{"a":1}'), choices).toString('hex'),
    ]
    assert.deepEqual(times(200, work), times(200, work))
    const [one, other] = [choicesOf(7, 0), choicesOf(8, 0)]
    assert.notDeepEqual(work(one), work(other))
  })

  test('differs from case to case', () => {
    assert.ok(new Set(times(500, (choices) => changedJson(VALID, choices))).size > 250)
    assert.ok(new Set(times(500, (choices) => changedText('A word', choices))).size > 200)
    const bytes = times(500, (choices) => changedBytes(Buffer.from('{"title":"x"}'), choices).toString('hex'))
    assert.ok(new Set(bytes).size > 300)
  })

  test('leaves what it was made of as it was', () => {
    const before = structuredClone(VALID)
    times(500, (choices) => changedJson(VALID, choices))
    assert.deepEqual(VALID, before)
  })

  test('spreads its choices', () => {
    const seen = [0, 0, 0, 0]
    for (let index = 0; index < 4_000; index++) {
      const choice = choicesOf(1, index).below(4)
      seen[choice] = (seen[choice] ?? 0) + 1
    }
    for (const count of seen) assert.ok(count > 850 && count < 1_150, String(seen))
  })

  test('stays small enough to be sent', () => {
    for (const text of times(2_000, (choices) => changedJson(VALID, choices))) assert.ok(text.length < 200_000)
  })
})
