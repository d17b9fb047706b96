import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { capture } from './fakes.fixture.ts'
import { type Progress, showProgress } from './progress.ts'

function show(terminal: boolean): [progress: Progress, written: () => string, pass: (milliseconds: number) => void] {
  const stream = Object.assign(capture(), { isTTY: terminal, columns: 60 })
  let now = 0
  const progress = showProgress({ stream, unit: 'claim', now: () => now })
  const pass = (milliseconds: number): void => {
    now += milliseconds
  }
  return [progress, stream.text, pass]
}

suite('progress', () => {
  test('is a line per stage and trouble where there is no terminal', () => {
    const [progress, written] = show(false)
    progress.plan(2)
    progress.stage('building the twin')
    progress.started('a')
    progress.ended('a')
    progress.ended('b', 'broken: b')
    progress.end()
    assert.equal(written(), '2 claims\nbuilding the twin\nbroken: b\n')
  })

  test('is one line redrawn on a terminal, no wider than it, and gone at the end', () => {
    const [progress, written, pass] = show(true)
    progress.plan(4)
    pass(2_000)
    progress.ended('a')
    progress.started('the/very-long-name-of-an-item and-the-name-of-its-claim')
    pass(100)
    progress.started('b')
    progress.end()
    const frames = written().split('\r\x1b[2K')
    assert.deepEqual(
      frames.slice(1).map((frame) => frame.length <= 59),
      Array(frames.length - 1).fill(true),
    )
    assert.match(frames[2] ?? '', /^█{6}░{18} 1\/4 claims · 2 s · $/)
    assert.equal(frames.at(-1), '')
  })

  test('says trouble above the line', () => {
    const [progress, written] = show(true)
    progress.plan(1)
    progress.ended('a', 'broken: a')
    assert.ok(written().includes(`\r\x1b[2Kbroken: a\n\r\x1b[2K${'█'.repeat(24)} 1/1`))
  })
})
