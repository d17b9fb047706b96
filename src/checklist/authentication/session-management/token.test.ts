import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { hashToken, isToken, newToken } from './token.ts'

suite('a session token', () => {
  test('is 32 bytes of the random source, as base64url', () => {
    const token = newToken(() => new Uint8Array(32).fill(255)).release()
    assert.equal(token, `${'_'.repeat(42)}8`)
    assert.equal(Buffer.from(token, 'base64url').length, 32)
  })
  test('does not show itself', () => {
    assert.equal(
      `${newToken(randomBytes)} ${JSON.stringify({ token: newToken(randomBytes) })}`,
      '[secret] {"token":"[secret]"}',
    )
  })
  test('is not made when the random source gives too little', () => {
    assert.throws(() => newToken(() => new Uint8Array(16)), TypeError)
  })
  test('is looked up by its SHA-256', () => {
    const token = newToken(randomBytes).release()
    assert.equal(hashToken(token), createHash('sha256').update(token).digest('base64url'))
  })
  for (const [flaw, text] of [
    ['empty', ''],
    ['short', 'A'.repeat(42)],
    ['long', 'A'.repeat(44)],
    ['base64 of another alphabet', `${'A'.repeat(42)}+`],
    ['padded', `${'A'.repeat(42)}=`],
    ['quoted', `"${'A'.repeat(41)}"`],
    ['ended by a line', `${'A'.repeat(42)}\n`],
    ['not ASCII', `${'A'.repeat(42)}é`],
  ] as const) {
    test(`is no text that is ${flaw}`, () => assert.equal(isToken(text), false))
  }
})
