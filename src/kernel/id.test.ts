import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { uuidv7 } from './id.ts'

const NOW = Date.UTC(2026, 10, 23, 12)

suite('a UUID of version 7', () => {
  test('holds its moment, version and variant', () => {
    const id = uuidv7(NOW, randomBytes)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16), NOW)
  })

  test('is greater than the one before it in the same millisecond', () => {
    const ids = Array.from({ length: 2_000 }, () => uuidv7(NOW + 1, randomBytes))
    assert.deepEqual(ids.toSorted(), ids)
    assert.equal(new Set(ids).size, ids.length)
  })

  test('follows a clock that goes back', () => {
    uuidv7(NOW + 10, randomBytes)
    assert.ok(uuidv7(NOW, randomBytes) < uuidv7(NOW + 5, randomBytes))
  })
})
