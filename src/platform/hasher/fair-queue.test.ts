import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { FairQueue } from './fair-queue.ts'

/** Each letter is an asker, each job its letter and how many of that asker's came before: `aab` puts a1, a2 and b1. */
function filled(most: number, askers: string): { readonly queue: FairQueue<string>; readonly gaveWay: string } {
  const queue = new FairQueue<string>(most)
  const counts = new Map<string, number>()
  const gaveWay = [...askers].map((who) => {
    const count = (counts.get(who) ?? 0) + 1
    counts.set(who, count)
    const roomy = queue.hasRoom(who)
    const job = `${who}${count}`
    const left = queue.put(who, job)
    assert.equal(roomy, left !== job, `what ${who} was told of room, and what came of it`)
    return left
  })
  return { queue, gaveWay: gaveWay.filter((job) => job !== null).join(' ') }
}

function emptied(queue: FairQueue<string>): string {
  const taken: string[] = []
  for (let job = queue.take(); job !== undefined; job = queue.take()) taken.push(job)
  assert.equal(queue.size, 0)
  return taken.join(' ')
}

suite('a fair queue', () => {
  for (const [askers, order] of [
    ['', ''],
    ['aaa', 'a1 a2 a3'],
    ['aaab', 'a1 b1 a2 a3'],
    ['aaabb', 'a1 b1 a2 b2 a3'],
    ['abcabc', 'a1 b1 c1 a2 b2 c2'],
    ['aaaabbc', 'a1 b1 c1 a2 b2 a3 a4'],
  ] as const) {
    test(`with ${askers || 'nobody'} waiting gives turns to ${order || 'nobody'}`, () =>
      assert.equal(emptied(filled(10, askers).queue), order))
  }

  for (const [most, askers, gaveWay, order] of [
    [4, 'aaaaa', 'a5', 'a1 a2 a3 a4'],
    [4, 'aaaab', 'a4', 'a1 b1 a2 a3'],
    [4, 'aaaabb', 'a4 a3', 'a1 b1 a2 b2'],
    // Who would have as many as the other gains nothing by another's place.
    [4, 'aaaabbb', 'a4 a3 b3', 'a1 b1 a2 b2'],
    [4, 'aabba', 'a3', 'a1 b1 a2 b2'],
    // Of two who have equally many, the one whose turn comes last.
    [4, 'aabbc', 'b2', 'a1 b1 c1 a2'],
    [4, 'abcde', 'e1', 'a1 b1 c1 d1'],
    [3, 'abbc', 'b2', 'a1 b1 c1'],
    [1, 'ab', 'b1', 'a1'],
    [0, 'a', 'a1', ''],
  ] as const) {
    test(`of ${most} places, asked for by ${askers}, lets ${gaveWay} give way`, () => {
      const { queue, gaveWay: left } = filled(most, askers)
      assert.equal(left, gaveWay)
      assert.equal(emptied(queue), order)
    })
  }

  test('gives whoever has just had a turn the last one, also when they come back for it', () => {
    const { queue } = filled(10, 'aab')
    assert.equal(queue.take(), 'a1')
    queue.put('c', 'c1')
    assert.equal(queue.take(), 'b1')
    queue.put('b', 'b2')
    assert.equal(emptied(queue), 'a2 c1 b2')
  })

  test('forgets who waits no longer, and takes nothing twice', () => {
    const { queue } = filled(10, 'aabbc')
    for (const [who, job] of [
      ['a', 'a2'],
      ['a', 'a2'],
      ['b', 'b1'],
      ['c', 'c1'],
      ['c', 'c1'],
      ['d', 'd1'],
      ['a', 'b2'],
    ] as const)
      queue.remove(who, job)
    assert.equal(queue.size, 2)
    assert.equal(emptied(queue), 'a1 b2')
  })

  test('never holds more than its places, whatever comes', () => {
    const queue = new FairQueue<number>(8)
    let seed = 7
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    const waiting = new Map<number, string>()
    for (let job = 0; job < 5_000; job += 1) {
      const what = random(10)
      const who = `asker ${random(random(3) === 0 ? 30 : 3)}`
      if (what < 6) {
        waiting.set(job, who)
        const left = queue.put(who, job)
        if (left !== null) waiting.delete(left)
      } else if (what < 9) {
        const taken = queue.take()
        assert.equal(taken === undefined, waiting.size === 0)
        if (taken !== undefined) assert.ok(waiting.delete(taken))
      } else {
        const [some] = waiting
        if (some !== undefined) {
          queue.remove(some[1], some[0])
          waiting.delete(some[0])
        }
      }
      assert.equal(queue.size, waiting.size)
      assert.ok(queue.size <= 8)
    }
  })
})
