import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Secret } from '../../../kernel/secret.ts'
import { proofsOfWork } from '../../../platform/challenge/index.ts'
import { compareTimes, isTold } from './compare-times.ts'
import { encode, solve } from './solve.ts'

suite('times of answers, compared', () => {
  const same = sample(7, 200, 0)
  const cases: readonly [what: string, other: readonly number[], told: boolean][] = [
    ['drawn alike', sample(11, 200, 0), false],
    ['shifted by 8 ms', sample(11, 200, 8), true],
    ['shifted by 8 ms the other way', sample(11, 200, -8), true],
    ['shifted so far that nothing overlaps', sample(11, 200, 500), true],
    [
      'alike but for ten that waited a second',
      sample(11, 200, 0).map((time, n) => (n < 10 ? time + 1000 : time)),
      false,
    ],
  ]
  for (const [what, other, told] of cases)
    test(`${told ? 'tell' : 'do not tell'} two kinds apart that are ${what}`, () =>
      assert.equal(isTold(compareTimes(other, same)), told))

  test('say as the smallest difference one that is told, while half of it is not', () => {
    const other = sample(11, 200, 0)
    const { smallest } = compareTimes(other, same)
    assert.ok(smallest > 0 && smallest < 5, `${smallest}`)
    for (const [times, told] of [
      [1.5, true],
      [0.25, false],
    ] as const)
      assert.equal(isTold(compareTimes(sample(11, 200, smallest * times), same)), told, `${times} times`)
  })

  test('of a machine that is too busy say that little would have been seen', () => {
    const busy = (seed: number): number[] => sample(seed, 200, 0).map((time) => time * 60)
    assert.ok(compareTimes(busy(3), busy(5)).smallest > 5)
  })

  test('are sure of the difference’s sign', () => {
    const { difference, t, z } = compareTimes(sample(11, 200, 8), same)
    assert.ok(difference > 4 && t > 0 && z > 0, `${difference} ${t} ${z}`)
  })
})

suite('the solver of the probe', () => {
  const now = (): number => Date.now()
  const proofs = proofsOfWork(new Secret(Buffer.alloc(32, 1)), now)

  for (const level of [0, 1])
    test(`solves what is asked for at level ${level}`, async () => {
      const challenge = await proofs.create(level)
      const verdict = await proofs.verify(solve(challenge))
      assert.ok(typeof verdict !== 'string', String(verdict))
      assert.equal(verdict.id, challenge.signature)
    })

  const wrongs: readonly [what: string, verdict: string, text: () => Promise<string>][] = [
    ['nothing', 'malformed', async () => ''],
    ['nonsense', 'malformed', async () => 'bm9uc2Vuc2U'],
    [
      'a solution that is none',
      'wrong',
      async () => encode(await proofs.create(0), { counter: 1, derivedKey: '00'.repeat(32) }),
    ],
    [
      'a challenge under another key',
      'forged',
      async () => solve(await proofsOfWork(new Secret(Buffer.alloc(32, 2)), now).create(0)),
    ],
    [
      'a challenge that is over',
      'expired',
      async () => solve(await proofsOfWork(new Secret(Buffer.alloc(32, 1)), () => now() - 600_000).create(0)),
    ],
  ]
  for (const [what, verdict, text] of wrongs)
    test(`is not needed to see that ${what} is ${verdict}`, async () =>
      assert.equal(await proofs.verify(await text()), verdict))
})

/** Times of answers that take about 20 ms, some much longer; always the same for a seed. Milliseconds. */
function sample(seed: number, count: number, shift: number): number[] {
  let state = seed
  const draw = (): number => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  return Array.from({ length: count }, () => 20 + shift - 2 * Math.log(1 - draw()) + (draw() < 0.05 ? 40 * draw() : 0))
}
