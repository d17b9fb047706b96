import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { keptText } from './kept-text.ts'

suite('a kept text', () => {
  test('is the beginning of the field', () => {
    assert.equal(keptText(undefined, 5), '')
    assert.equal(keptText('short', 5), 'short')
    assert.equal(keptText('longer', 5), 'longe')
    assert.equal(keptText('\u00e9\u00ff\u0080--', 3), '\u00e9\u00ff\u0080')
  })

  test('does not hold on to the rest', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const held = (): number => {
      collect()
      return process.memoryUsage().heapUsed
    }
    const before = held()
    const kept = Array.from({ length: 2_000 }, () => keptText(Buffer.alloc(16_000, 'x').toString('latin1'), 200))
    const grown = held() - before
    assert.equal(kept.length, 2_000)
    assert.ok(grown < 2_000_000, `${grown} bytes for 2,000 texts of 200 characters`)
  })
})
