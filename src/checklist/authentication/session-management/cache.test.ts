import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Briefly, type CacheEntry, SessionCache } from './cache.ts'

const entry = (key: string, accountId = 'a'): CacheEntry => ({
  key,
  principal: {
    accountId,
    sessionId: `s-${key}`,
    tenantId: null,
    roles: [],
    effectiveRoles: [],
    permissions: new Map(),
    assurance: 1,
    authenticatedAt: 0,
  },
  loadedWhile: 1,
  until: 1,
  use: { sessionId: `s-${key}`, assurance: 1, usedAt: 0, address: '', device: '', writtenAt: 0, queued: false },
  touched: false,
})

suite('the cache of sessions', () => {
  test('never holds more than it may, and keeps what was used', () => {
    const cache = new SessionCache(100)
    cache.put(entry('kept'))
    for (let i = 0; i < 1_000; i++) {
      const kept = cache.get('kept')
      assert.ok(kept, `gone after ${i}`)
      kept.touched = true
      cache.put(entry(`k${i}`))
      assert.ok(cache.size <= 100)
    }
  })
  test('still makes room when everything in it was used', () => {
    const cache = new SessionCache(3)
    for (const key of ['a', 'b', 'c']) cache.put({ ...entry(key), touched: true })
    cache.put(entry('d'))
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined),
      [false, true, true, true],
    )
  })
  test('forgets all of an account and nothing else', () => {
    const cache = new SessionCache(10)
    for (const [key, account] of [
      ['1', 'a'],
      ['2', 'a'],
      ['3', 'b'],
    ] as const)
      cache.put(entry(key, account))
    cache.removeAccount('a')
    assert.deepEqual(
      ['1', '2', '3'].map((key) => cache.get(key)?.key),
      [undefined, undefined, '3'],
    )
    cache.removeAccount('nobody')
    cache.clear()
    assert.equal(cache.size, 0)
  })
  test('remembers the last use of what it forgot, and of no more sessions than it may hold', () => {
    const cache = new SessionCache(2)
    cache.put(entry('1'))
    cache.removeAccount('a')
    assert.equal(cache.useOf('s-1')?.sessionId, 's-1')
    cache.put(entry('2'))
    cache.put(entry('3'))
    assert.equal(cache.useOf('s-1'), undefined)
  })
})

suite('what is remembered briefly', () => {
  test('is forgotten after its time, or when the clock is set back', () => {
    const briefly = new Briefly<string>(10, 1_000)
    briefly.put('k', 'v', 5_000)
    assert.equal(briefly.get('k', 5_999), 'v')
    assert.equal(briefly.get('k', 6_000), undefined)
    briefly.put('k', 'v', 5_000)
    assert.equal(briefly.get('k', 4_999), undefined)
  })
  test('is bounded, the oldest going first', () => {
    const briefly = new Briefly<number>(2, 1_000)
    for (const [at, key] of ['a', 'b', 'c'].entries()) briefly.put(key, at, 0)
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => briefly.get(key, 0)),
      [undefined, 1, 2],
    )
  })
})
