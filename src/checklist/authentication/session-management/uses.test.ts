import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Use, Uses } from './uses.ts'

const use = (sessionId: string, usedAt: number): Use => ({
  sessionId,
  assurance: 1,
  usedAt,
  address: '',
  device: '',
  writtenAt: 0,
  queued: false,
})

suite('last uses', () => {
  test('are written once a minute each, with the time of the flush', async () => {
    const uses = new Uses()
    const written: number[] = []
    const write = async (piece: readonly Use[]): Promise<void> =>
      void written.push(...piece.map(({ usedAt }) => usedAt))
    const one = use('s', 60_000)
    uses.note(one, 60_000)
    one.usedAt = 60_900
    uses.note(one, 60_900)
    await uses.flush(write)
    one.usedAt = 120_000
    uses.note(one, 120_000)
    await uses.flush(write)
    one.usedAt = 120_900
    uses.note(one, 120_900)
    await uses.flush(write)
    assert.deepEqual(written, [60_900, 120_900])
  })
  test('of one session that was looked up anew are one row, the younger', async () => {
    const uses = new Uses()
    const pieces: (readonly Use[])[] = []
    uses.note(use('s', 70_000), 70_000)
    uses.note(use('s', 71_000), 71_000)
    await uses.flush(async (piece) => void pieces.push(piece))
    assert.deepEqual(
      pieces.flat().map(({ usedAt }) => usedAt),
      [71_000],
    )
  })
  test('are written in pieces of 500', async () => {
    const uses = new Uses()
    for (let at = 0; at < 1_201; at++) uses.note(use(`s${at}`, 60_000), 60_000)
    const sizes: number[] = []
    await uses.flush(async (piece) => void sizes.push(piece.length))
    assert.deepEqual(sizes, [500, 500, 201])
  })
  test('that could not be written are written after the next use', async () => {
    const uses = new Uses()
    const one = use('s', 60_000)
    uses.note(one, 60_000)
    await assert.rejects(uses.flush(() => Promise.reject(new Error('away'))))
    uses.note(one, 60_001)
    const written: string[] = []
    await uses.flush(async (piece) => void written.push(...piece.map(({ sessionId }) => sessionId)))
    assert.deepEqual(written, ['s'])
  })
})
