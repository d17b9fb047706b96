import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNonce } from './nonce.ts'

test('nonces have 128 bits and do not repeat', () => {
  const nonces = Array.from({ length: 2_000 }, createNonce)
  assert.equal(new Set(nonces).size, nonces.length)
  for (const nonce of nonces) assert.match(nonce, /^[A-Za-z0-9+/]{22}==$/)
  assert.ok(nonces.every((nonce) => Buffer.from(nonce, 'base64').some((byte) => byte !== 0)))
})
