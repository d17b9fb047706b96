import { createHash, sign } from 'node:crypto'
import type { TwinPasskey } from '../kernel/vantage.ts'

/** What a server asks a passkey, and the page that passes it on. */
export interface PasskeyQuestion {
  /** base64url. */
  readonly challenge: string
  readonly rpId: string
  readonly origin: string
}

/** The answer, as the routes take it: all texts are base64url. */
export interface PasskeyAnswer {
  readonly id: string
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle: string
  }
}

/**
 * Answers as an authenticator does that has checked its owner and counts nothing, so that a passkey can be used by several
 * at once.
 *
 * @param flags - what it says of itself. Default: somebody was there and was checked, and the key can not be kept elsewhere.
 *
 * @see Web Authentication, 6.1 and 6.3.3
 */
export function signWithPasskey(
  passkey: TwinPasskey,
  accountId: string,
  question: PasskeyQuestion,
  flags: number = PRESENT | VERIFIED,
): PasskeyAnswer {
  const { challenge, rpId, origin } = question
  const clientData = Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge, origin, crossOrigin: false }))
  const authenticatorData = Buffer.concat([sha256(rpId), Buffer.from([flags]), Buffer.alloc(4)])
  const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), passkey.privateKey)
  return {
    id: passkey.credentialId,
    response: {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authenticatorData.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: Buffer.from(accountId.replaceAll('-', ''), 'hex').toString('base64url'),
    },
  }
}

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest()

const PRESENT = 0x01
const VERIFIED = 0x04
