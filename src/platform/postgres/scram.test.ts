import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Secret } from '../../kernel/secret.ts'
import { generatePassword, scramVerifier } from './scram.ts'

suite('a SCRAM verifier', () => {
  test('is the one of RFC 7677 for its salt and count', () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
    assert.equal(
      scramVerifier(new Secret('pencil'), 4096, salt),
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    )
  })
  for (const [flaw, password] of [
    ['empty', ''],
    ['beyond ASCII', 'pässwort'],
    ['a control character', 'a\nb'],
  ] as const) {
    test(`is refused for a password that is ${flaw}`, () => {
      assert.throws(() => scramVerifier(new Secret(password)), TypeError)
    })
  }
})

test('a generated password is 32 URL-safe characters and never the same', () => {
  const some = new Set(Array.from({ length: 100 }, () => generatePassword().release()))
  assert.equal(some.size, 100)
  for (const password of some) assert.match(password, /^[\w-]{32}$/)
})
