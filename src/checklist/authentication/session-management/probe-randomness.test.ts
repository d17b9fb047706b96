import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { judgeTokens } from './probe-randomness.ts'

const wrong = (make: (at: number) => string): readonly string[] =>
  judgeTokens(Array.from({ length: 256 }, (_, at) => make(at)))
    .filter(({ ok }) => !ok)
    .map(({ tried }) => tried)

suite('a look at 256 tokens', () => {
  test('finds nothing in random ones, many times over', () => {
    for (let round = 0; round < 20; round++)
      assert.deepEqual(
        wrong(() => randomBytes(32).toString('base64url')),
        [],
      )
    assert.deepEqual(
      wrong(() => randomBytes(16).toString('hex')),
      [],
    )
  })
  for (const [flaw, make] of [
    ['a counter', (at) => at.toString().padStart(43, '0')],
    ['a constant with a random end', () => `${'holdfast'.repeat(4)}${randomBytes(8).toString('base64url')}`],
    ['eight random bytes', () => randomBytes(8).toString('base64url')],
    ['digits', () => String(randomBytes(6).readUIntBE(0, 6))],
    ['the same one', () => createHash('sha256').update('x').digest('base64url')],
    [
      'one bit that is always set',
      () => {
        const bytes = randomBytes(32)
        bytes.writeUInt8((bytes[7] ?? 0) | 1, 7)
        return bytes.toString('base64url')
      },
    ],
    [
      'a time in front',
      (at) =>
        Buffer.concat([
          Buffer.from((1_700_000_000_000 + at).toString(16).padStart(16, '0'), 'hex'),
          randomBytes(24),
        ]).toString('base64url'),
    ],
  ] as readonly (readonly [string, (at: number) => string])[]) {
    test(`sees ${flaw}`, () => assert.notDeepEqual(wrong(make), []))
  }
})
