import assert from 'node:assert/strict'
import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import type { PasskeyAsked } from './passkeys.ts'
import { makeChallenge, readChallenge, spentChallenge } from './passkeys-challenge.ts'
import { rpIdAt } from './passkeys-expected.ts'
import { PASSKEY_RULES, userHandleOf } from './passkeys-rules.ts'

const ADA = randomUUID()
const VISITOR: PasskeyAsked = { purpose: 'sign-in', accountId: null }
const ADA_MAKES: PasskeyAsked = { purpose: 'register', accountId: ADA }

function partsWith(key = 'key') {
  let now = 1_800_000_000_000
  return {
    random: randomBytes,
    sealer: { index: (kind: string, value: string) => createHmac('sha256', key).update(`${kind}\0${value}`).digest() },
    clock: { now: () => now },
    wait: (seconds: number) => {
      now += seconds * 1000
    },
  }
}

suite('a challenge', () => {
  test('is ours for what and whom it was made, until five minutes are over', () => {
    const parts = partsWith()
    const challenge = makeChallenge(parts, ADA_MAKES)
    assert.deepEqual(readChallenge(parts, ADA_MAKES, challenge), { genuine: true, expired: false })
    parts.wait(299.999)
    assert.deepEqual(readChallenge(parts, ADA_MAKES, challenge), { genuine: true, expired: false })
    parts.wait(0.001)
    assert.deepEqual(readChallenge(parts, ADA_MAKES, challenge), { genuine: true, expired: true })
  })

  for (const [what, asked] of [
    ['for somebody else', { purpose: 'register', accountId: randomUUID() }],
    ['for another purpose', { purpose: 'step-up', accountId: ADA }],
    ['for anybody', { purpose: 'register', accountId: null }],
  ] as const) {
    test(`is not ours ${what}`, () => {
      const parts = partsWith()
      assert.equal(readChallenge(parts, asked, makeChallenge(parts, ADA_MAKES)).genuine, false)
    })
  }

  test('is not ours under another key', () => {
    assert.equal(readChallenge(partsWith('other'), VISITOR, makeChallenge(partsWith(), VISITOR)).genuine, false)
  })

  test('is not ours with any bit of it turned', () => {
    const parts = partsWith()
    const bytes = Buffer.from(makeChallenge(parts, VISITOR), 'base64url')
    assert.equal(bytes.length, 62)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const turned = Buffer.from(bytes)
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(readChallenge(parts, VISITOR, turned.toString('base64url')).genuine, false, `bit ${bit}`)
    }
  })

  for (const [what, spell] of [
    ['padded', (text: string) => `${text}=`],
    ['with a line end', (text: string) => `${text}\n`],
    ['in the other alphabet', (text: string) => `${text.replaceAll('-', '+').replaceAll('_', '/')}==`],
    ['cut', (text: string) => text.slice(0, -1)],
    ['longer', (text: string) => `${text}AA`],
    ['empty', () => ''],
  ] as const) {
    test(`is not ours when it is ${what}: one text only stands for it among what was used`, () => {
      const parts = partsWith()
      assert.equal(readChallenge(parts, VISITOR, spell(makeChallenge(parts, VISITOR))).genuine, false)
    })
  }

  test('is kept as used for longer than it lives', () => {
    const parts = partsWith()
    const challenge = makeChallenge(parts, VISITOR)
    parts.wait(299)
    const { hash, until } = spentChallenge(parts, challenge)
    assert.equal(hash.length, 32)
    parts.wait(1)
    assert.equal(readChallenge(parts, VISITOR, challenge).expired, true)
    assert.ok(until.getTime() > parts.clock.now())
  })
})

suite('the rules of passkeys', () => {
  for (const [kept, shown, accepted] of [
    [0, 0, true],
    [0, 1, true],
    [7, 8, true],
    [7, 4_294_967_295, true],
    [7, 7, false],
    [7, 6, false],
    [7, 0, false],
    [4_294_967_295, 0, false],
  ] as const) {
    test(`${accepted ? 'accept' : 'refuse'} a count of ${shown} after one of ${kept}`, () =>
      assert.equal(PASSKEY_RULES.counterGrows(kept, shown), accepted))
  }

  test('accept pages of ours and no other, whatever was shown', () => {
    const ours = ['https://harbour.example']
    assert.deepEqual(PASSKEY_RULES.origins(ours, 'https://elsewhere.example'), ours)
  })

  test('know an owner by the account’s bytes', () => {
    assert.equal(Buffer.from(userHandleOf(ADA), 'base64url').toString('hex'), ADA.replaceAll('-', ''))
    assert.equal(PASSKEY_RULES.isOwner(userHandleOf(ADA), ADA), true)
    assert.equal(PASSKEY_RULES.isOwner(userHandleOf(randomUUID()), ADA), false)
    assert.equal(PASSKEY_RULES.isOwner(undefined, ADA), false)
  })
})

test('passkeys are bound to the host of the page that asks where it is ours, else to the first of ours', () => {
  const publicOrigins = ['https://harbour.example', 'https://quay.example:8443']
  assert.equal(rpIdAt({ publicOrigins }, 'https://quay.example:8443'), 'quay.example')
  for (const at of [undefined, 'null', 'https://elsewhere.example', 'https://quay.example'])
    assert.equal(rpIdAt({ publicOrigins }, at), 'harbour.example')
})
