import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { pooledRandom } from './pooled-random.ts'

suite('a supply of random bytes', () => {
  test('gives each byte once, in the order drawn, and draws again before it runs out', () => {
    const drawn: Buffer[] = []
    const take = pooledRandom((bytes) => {
      const one = randomBytes(bytes)
      drawn.push(Buffer.from(one))
      return one
    }, 32)
    const given = Array.from({ length: 7 }, () => Buffer.from(take(10)))
    assert.equal(drawn.length, 3)
    assert.deepEqual(Buffer.concat(given.slice(0, 3)), drawn[0]?.subarray(0, 30))
    assert.deepEqual(Buffer.concat(given.slice(3, 6)), drawn[1]?.subarray(0, 30))
    assert.deepEqual(given[6], drawn[2]?.subarray(0, 10))
  })

  test('asks the source for what is larger than the supply', () => {
    assert.equal(pooledRandom(randomBytes, 16)(17).length, 17)
  })
})
