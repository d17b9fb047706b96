import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { StartRefusal } from '../kernel/refusal.ts'
import { stateDirectoryOf } from './command.ts'

suite('the state directory of a command', () => {
  for (const [option, setting, expected] of [
    [undefined, undefined, '.holdfast'],
    [undefined, '/srv/state', '/srv/state'],
    ['here', '/srv/state', 'here'],
    ['here', '', 'here'],
  ] as const) {
    test(`is ${expected} with --state ${option} and HOLDFAST_STATE ${setting}`, () =>
      assert.equal(stateDirectoryOf(option, setting === undefined ? {} : { HOLDFAST_STATE: setting }), expected))
  }
  for (const [option, setting, says] of [
    ['', '/srv/state', /^--state: is empty/],
    [undefined, '', /^HOLDFAST_STATE: is empty/],
  ] as const) {
    test(`is refused where it is empty (${says.source})`, () =>
      assert.throws(
        () => stateDirectoryOf(option, { HOLDFAST_STATE: setting }),
        (error) => error instanceof StartRefusal && says.test(error.message),
      ))
  }
})
