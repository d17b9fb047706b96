import { createHash } from 'node:crypto'
import { type Expected, WebauthnMismatch } from './webauthn.ts'

/** What the authenticator says: the bytes that every answer begins with. */
export interface AuthenticatorData {
  readonly counter: number
  readonly backedUp: boolean
  /** Whether it can never leave the authenticator, by its own word: there is no attestation. */
  readonly deviceBound: boolean
}

/**
 * Whether the authenticator answered for us, with somebody there, and checked that it is its owner.
 *
 * @throws {@link WebauthnMismatch} `malformed`, `relying-party`, `presence`, `verification`.
 *
 * @see Web Authentication, 6.1: 32 bytes of hash, one of flags, four of counter
 */
export function checkAuthenticatorData(bytes: Uint8Array, expected: Expected): AuthenticatorData {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (data.length < LEAST) throw new WebauthnMismatch('malformed')
  const hash = data.subarray(0, 32)
  if (!expected.rpIds.some((id) => createHash('sha256').update(id).digest().equals(hash)))
    throw new WebauthnMismatch('relying-party')
  const flags = data.readUInt8(32)
  if ((flags & PRESENT) === 0) throw new WebauthnMismatch('presence')
  if (expected.userVerification && (flags & VERIFIED) === 0) throw new WebauthnMismatch('verification')
  // What can not be backed up is not backed up (6.1.3).
  if ((flags & BACKED_UP) !== 0 && (flags & CAN_BE_BACKED_UP) === 0) throw new WebauthnMismatch('malformed')
  return {
    counter: data.readUInt32BE(33),
    backedUp: (flags & BACKED_UP) !== 0,
    deviceBound: (flags & CAN_BE_BACKED_UP) === 0,
  }
}

const LEAST = 37
const PRESENT = 0x01
const VERIFIED = 0x04
const CAN_BE_BACKED_UP = 0x08
const BACKED_UP = 0x10
