import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createValidation } from '../../checklist/data/validation-and-encoding/index.ts'
import { Refusal } from '../../kernel/refusal.ts'
import { Misbehaviour } from '../../kernel/vantage.ts'
import { Answer } from '../../platform/declaration/definition.ts'
import { NO_FAULTS } from '../controls.ts'
import { changedResults, withExtra } from './changed-results.ts'

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

suite('handlers that misbehave', () => {
  /** Sends a result through the faults, and notes what reaches the reply. */
  const run = (how: Misbehaviour['how'] | null): { readonly outcome: unknown; readonly changed: number } => {
    const results = changedResults()
    const sent: unknown[] = []
    const validation = { ...createValidation({ hsts: false }), send: () => void sent.push('by the contract') }
    const { send } = results.over(NO_FAULTS).wrap('data/validation-and-encoding', validation)
    const reply = { code: () => reply, type: () => reply, send: (text: unknown) => void sent.push(text) }
    results.put(how === null ? null : new Misbehaviour(how, 'a leak'))
    let outcome: unknown
    try {
      // Only what it calls has to be there.
      send({} as never, reply as never, {} as never, { a: 1 })
      outcome = sent[0]
    } catch (error) {
      outcome = error
    }
    return { outcome, changed: results.put(null) }
  }

  test('send a text past the contract, throw it, or tell it as a refusal', () => {
    assert.deepEqual(run('sends'), { outcome: 'a leak', changed: 1 })
    assert.deepEqual(run('throws'), { outcome: new Error('a leak'), changed: 1 })
    const { outcome, changed } = run('refuses')
    assert.ok(outcome instanceof Refusal)
    assert.deepEqual([outcome.code, outcome.message.includes('a leak'), changed], ['conflict', true, 1])
  })

  test('are as they were when it is over', () => {
    assert.deepEqual(run(null), { outcome: 'by the contract', changed: 0 })
  })
})
