import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { LinksUnderWay } from './links-under-way.ts'

suite('a link', () => {
  test('is used by one at a time, and again when that has failed', async () => {
    const underWay = new LinksUnderWay()
    let ran = 0
    const use = (token: string): Promise<number> =>
      underWay.alone(token, async () => {
        ran += 1
        await new Promise((resolve) => setImmediate(resolve))
        if (ran === 1) throw new Error('the password was too weak')
        return ran
      })
    const first = use('one')
    await assert.rejects(use('one'), { code: 'link-invalid' })
    await assert.rejects(first, /too weak/)
    assert.equal(await use('one'), 2)
    assert.deepEqual(await Promise.all([use('one'), use('two')]), [4, 4])
  })
})
