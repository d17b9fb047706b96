import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { Secret } from '../../../kernel/secret.ts'
import { clearCookie, cookieName, readCookie, setCookie } from './cookie.ts'

const NAME = cookieName(true)
const A = 'A'.repeat(43)
const B = 'B'.repeat(43)

suite('the session cookie', () => {
  test('is set for this host alone, out of reach of scripts, plain HTTP and other sites', () => {
    assert.equal(
      setCookie(new Secret(A), 60.9, true),
      `__Host-session=${A}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure`,
    )
  })
  test('is removed under the same attributes', () => {
    assert.equal(clearCookie(true), '__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure')
  })
  test('has its plain name only where there is no HTTPS', () => {
    assert.equal(setCookie(new Secret(A), 1, false), `session=${A}; Path=/; Max-Age=1; HttpOnly; SameSite=Lax`)
  })

  for (const field of [
    `__Host-session=${A}`,
    `a=b; __Host-session=${A}`,
    `__Host-session=${A}; c=d`,
    `a=b;__Host-session=${A};c`,
  ]) {
    test(`is found in ${field.replace(A, 'TOKEN')}`, () => {
      assert.deepEqual(readCookie(field, NAME), { kind: 'token', token: A })
    })
  }
  for (const [what, field] of [
    ['nothing', undefined],
    ['an empty field', ''],
    ['other cookies', 'a=b; c=d'],
    ['a name that ends like it', `x__Host-session=${A}`],
    ['a name that begins like it', `__Host-session2=${A}`],
    ['another case', `__host-session=${A}`],
    ['the name as a value', `a=__Host-session=${A}`],
    ['the name after a space in a value', `a=b __Host-session=${A}`],
    ['the name without a value', '__Host-session'],
    ['a space before the sign', `__Host-session =${A}`],
  ] as const) {
    test(`is not there in ${what}`, () => assert.deepEqual(readCookie(field, NAME), { kind: 'absent' }))
  }
  for (const [what, field] of [
    ['twice the same', `__Host-session=${A}; __Host-session=${A}`],
    ['two of them', `__Host-session=${A}; a=b; __Host-session=${B}`],
    ['one and an empty one', `__Host-session=; __Host-session=${B}`],
    ['an empty value', '__Host-session='],
    ['a quoted value', `__Host-session="${A}"`],
    ['a value with a space after it', `__Host-session=${A} ; a=b`],
    ['a value that is too long', `__Host-session=${A}A`],
    ['fields joined by a comma', `__Host-session=${A}, __Host-session=${B}`],
  ] as const) {
    test(`is unusable as ${what}`, () => assert.deepEqual(readCookie(field, NAME), { kind: 'unusable' }))
  }

  test('is read only where it stands once as a pair of its own, whatever surrounds it', () => {
    const piece = fc.constantFrom('__Host-session=', '__Host-session', '=', ';', '; ', ' ', ',', A, B, 'a=b', '"')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const field = pieces.join('')
        const pairs = field.split(';').map((pair) => pair.replace(/^ +/, ''))
        const ours = pairs.filter((pair) => pair.startsWith('__Host-session='))
        const read = readCookie(field, NAME)
        if (read.kind === 'token') assert.deepEqual(ours, [`__Host-session=${read.token}`])
        else assert.notEqual(read.kind === 'absent' ? ours.length === 0 : ours.length > 0, false)
      }),
      { numRuns: 2_000 },
    )
  })
})
