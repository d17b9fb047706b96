import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { createKeyring } from './keyring.ts'
import { createSealer, SealBroken } from './seal.ts'

suite('the sealer', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-seal-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  const keyring = createKeyring(join(directory, 'data.json'), { keys: ['data', 'index'] })
  const sealer = createSealer(keyring, randomBytes)
  const secret = Buffer.from('JBSWY3DPEHPK3PXP')

  test('opens what it sealed for the same context, and says the same thing twice in two ways', () => {
    const sealed = sealer.seal(secret, 'totp a')
    assert.deepEqual(sealer.open(sealed, 'totp a'), secret)
    assert.equal(sealed.length, secret.length + 33)
    assert.equal(sealed.includes(secret), false)
    assert.notDeepEqual(sealed, sealer.seal(secret, 'totp a'))
  })

  test('opens nothing that was moved, changed anywhere or cut short', () => {
    const sealed = sealer.seal(secret, 'totp a')
    assert.throws(() => sealer.open(sealed, 'totp b'), SealBroken)
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.throws(() => sealer.open(changed, 'totp a'), SealBroken, `byte ${at}`)
      assert.throws(() => sealer.open(sealed.subarray(0, at), 'totp a'), SealBroken, `${at} bytes`)
    }
  })

  test('opens with a key that has a newer version since, and not without its version', () => {
    const sealed = sealer.seal(secret, 'totp a')
    const rotated = createSealer(keyring.addVersion('data'), randomBytes)
    assert.deepEqual(rotated.open(sealed, 'totp a'), secret)
    assert.throws(() => sealer.open(rotated.seal(secret, 'totp a'), 'totp a'), SealBroken)
    assert.deepEqual(rotated.index('account', 'x'), sealer.index('account', 'x'))
  })

  test('gives one value another index for another kind', () => {
    assert.notDeepEqual(sealer.index('account', 'x'), sealer.index('address', 'x'))
  })

  test('has no secret in what it throws', () => {
    try {
      sealer.open(Buffer.alloc(40), `totp ${secret}`)
      assert.fail('opened')
    } catch (error) {
      assert.equal(String(error).includes(secret.toString()), false)
    }
  })
})
