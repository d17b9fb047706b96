import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Lookups } from './lookups.ts'

/** Lookups whose queries wait until they are answered one by one. */
function held() {
  const queries: { readonly keys: readonly string[]; answer(): void; fail(error: Error): void }[] = []
  const lookups = new Lookups<string>((keys) => {
    const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, string>>()
    queries.push({ keys, answer: () => resolve(new Map(keys.map((key) => [key, `${key}!`]))), fail: reject })
    return promise
  })
  return { lookups, queries }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

suite('lookups', () => {
  test('of one key at a time are one query', async () => {
    const { lookups, queries } = held()
    const all = Promise.all(Array.from({ length: 50 }, () => lookups.find('a')))
    queries[0]?.answer()
    assert.deepEqual(new Set(await all), new Set(['a!']))
    assert.deepEqual(
      queries.map(({ keys }) => keys),
      [['a']],
    )
  })
  test('of many keys send two queries at a time, each for many', async () => {
    const { lookups, queries } = held()
    const all = Promise.all(Array.from({ length: 500 }, (_, at) => lookups.find(`k${at}`)))
    assert.equal(queries.length, 2)
    for (let at = 0; at < queries.length; at++) {
      queries[at]?.answer()
      await settled()
    }
    assert.equal((await all).length, 500)
    assert.ok(queries.length <= 5, `${queries.length} queries`)
  })
  test('that are too many are refused at once, and the others answered', async () => {
    const { lookups, queries } = held()
    const found = Array.from({ length: 2_002 }, (_, at) => lookups.find(`k${at}`))
    await assert.rejects(lookups.find('one more'), { name: 'Refusal', code: 'overloaded' })
    for (let at = 0; at < queries.length; at++) {
      queries[at]?.answer()
      await settled()
    }
    assert.equal((await Promise.all(found)).length, 2_002)
  })
  test('made after something changed do not join a query from before', async () => {
    const { lookups, queries } = held()
    const before = lookups.find('a')
    lookups.restart()
    const after = lookups.find('a')
    assert.equal(queries.length, 2)
    queries[1]?.answer()
    assert.equal(await after, 'a!')
    const joined = lookups.find('b')
    queries[0]?.answer()
    assert.equal(await before, 'a!')
    queries[2]?.answer()
    assert.equal(await joined, 'b!')
  })
  test('that fail, fail for all who asked, and the next asks again', async () => {
    const { lookups, queries } = held()
    const [one, two] = [lookups.find('a'), lookups.find('a')]
    queries[0]?.fail(new Error('gone'))
    await assert.rejects(one, /gone/)
    await assert.rejects(two, /gone/)
    await settled()
    const again = lookups.find('a')
    queries[1]?.answer()
    assert.equal(await again, 'a!')
  })
})
