import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { base32, codeAt, matchingStep, stepOf, totpUri } from './totp.ts'

const SECRET = Buffer.from('12345678901234567890')

suite('time-based codes', () => {
  // RFC 6238, appendix B, SHA-1; its codes of eight digits end with ours of six.
  for (const [time, code] of [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ] as const) {
    test(`are those of the standard at ${time} s`, () =>
      assert.equal(codeAt(SECRET, stepOf(time * 1000)), code.slice(2)))
  }

  test('are found among the steps given, and nowhere else', () => {
    assert.equal(matchingStep(SECRET, codeAt(SECRET, 7), [6, 7, 8]), 7)
    assert.equal(matchingStep(SECRET, codeAt(SECRET, 9), [6, 7, 8]), null)
    assert.equal(matchingStep(SECRET, codeAt(SECRET, 0), [-1, 0, 1]), 0)
  })

  for (const typed of ['', '12345', '------', ' 123456', '1234567', '１２３４５６'])
    test(`are not found for ${JSON.stringify(typed)}`, () => assert.equal(matchingStep(SECRET, typed, [1]), null))

  test('come with a secret to type and an address for the QR code', () => {
    assert.equal(base32(SECRET), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
    const uri = new URL(totpUri(SECRET, 'Notes: mine', 'ada@example.test'))
    assert.equal(uri.protocol, 'otpauth:')
    assert.equal(uri.searchParams.get('secret'), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
    assert.equal(uri.searchParams.get('issuer'), 'Notes  mine')
  })
})
