import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { allSettled, retryTakenPorts } from './retry-taken-ports.ts'

const taken = (): Error => Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' })

suite('a start whose port was taken meanwhile', () => {
  for (const [what, failures, expected, calls] of [
    ['is tried again', [taken()], 'up', 2],
    ['is given up in the end', Array.from({ length: 9 }, taken), /EADDRINUSE/, 4],
    ['is not tried again for another reason', [new Error('no memory')], /no memory/, 1],
  ] as const) {
    test(what, async () => {
      let called = 0
      const started = retryTakenPorts(async () => {
        const failure = failures[called++]
        if (failure !== undefined) throw failure
        return 'up'
      })
      if (expected === 'up') assert.equal(await started, expected)
      else await assert.rejects(started, expected)
      assert.equal(called, calls)
    })
  }

  test('is told of when what was started beside it has settled too', async () => {
    const opened: string[] = []
    const late = async (): Promise<void> => {
      await sleep(20)
      opened.push('late')
    }
    await assert.rejects(allSettled([Promise.reject(taken()), late()]), /EADDRINUSE/)
    assert.deepEqual(opened, ['late'])
  })
})
