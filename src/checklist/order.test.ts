import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ITEM_IDS } from '../kernel/items.ts'
import { installOrder, ORDER, type Place, stepsOf } from './order.ts'

suite('the order of a request', () => {
  test('names items of the list and parts of the platform only', () => {
    const others = ['platform/http', 'platform/database', 'application']
    for (const [{ by }] of ORDER) assert.ok(others.includes(by) || ITEM_IDS.some((id) => id === by), by)
  })

  test('names each step once', () => {
    const steps = ORDER.map(([{ by, does }]) => `${by} ${does}`)
    assert.equal(new Set(steps).size, steps.length)
  })

  test('puts every step somewhere, and nowhere twice', () => {
    for (const [{ does }, ...columns] of ORDER) {
      assert.ok(columns.length > 0, does)
      assert.equal(new Set(columns.map((column) => column.place)).size, columns.length, does)
    }
  })

  test('gives every process the questions in the same order: who asks, whether they may, what they sent', () => {
    const questions = [
      'authentication/session-management',
      'authentication/access-control',
      'data/validation-and-encoding',
    ]
    for (const place of ['backend', 'gateway', 'console'] satisfies Place[]) {
      assert.deepEqual(
        installOrder(place).filter((by) => questions.includes(by)),
        questions,
      )
    }
  })

  test('has row-level security where there is a database of ours', () => {
    const place = (name: Place): boolean => stepsOf(name).some((step) => step.by === 'platform/database')
    assert.deepEqual([place('backend'), place('gateway'), place('console')], [true, false, true])
  })
})
