import { verifyRegistrationResponse } from '@simplewebauthn/server'
import { decodeAttestationObject } from '@simplewebauthn/server/helpers'
import { checkAuthenticatorData } from './authenticator-data.ts'
import { checkClientData, readClientData } from './client-data.ts'
import { ALGORITHMS, type Attestation, type Expected, type VerifiedAttestation, WebauthnMismatch } from './webauthn.ts'

/**
 * Verifies an answer to `navigator.credentials.create`, but for its challenge, which the caller has compared. Makers of
 * authenticators are not asked for: statements that carry certificates are refused unread, since verifying them would
 * fetch revocation lists from addresses that the sender writes.
 *
 * @throws {@link WebauthnMismatch} where it does not fit.
 *
 * @see Web Authentication, 7.1
 */
export async function verifyAttestation(
  { id, response }: Attestation,
  expected: Expected,
): Promise<VerifiedAttestation> {
  const clientData = readClientData(response.clientDataJSON)
  checkClientData(clientData, 'webauthn.create', expected)
  const authenticatorData = readAttestation(response.attestationObject)
  const { counter, backedUp } = checkAuthenticatorData(authenticatorData, expected)
  try {
    const result = await verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject },
      },
      expectedChallenge: clientData.challenge,
      expectedOrigin: [...expected.origins],
      expectedRPID: [...expected.rpIds],
      requireUserVerification: expected.userVerification,
      supportedAlgorithmIDs: [...ALGORITHMS],
    })
    const credential = result.registrationInfo?.credential
    if (!result.verified || credential === undefined) throw new WebauthnMismatch('attestation')
    if (credential.id !== id) throw new WebauthnMismatch('malformed')
    const publicKey = Buffer.from(credential.publicKey)
    if (publicKey.length < SHORTEST_KEY || publicKey.length > LONGEST_KEY) throw new WebauthnMismatch('key')
    return { credentialId: Buffer.from(credential.id, 'base64url'), publicKey, counter, backedUp }
  } catch (cause) {
    if (cause instanceof WebauthnMismatch) throw cause
    throw new WebauthnMismatch('malformed', { cause })
  }
}

/** The authenticator's data, of a statement that is none, or is signed by the new key itself. */
function readAttestation(encoded: string): Uint8Array {
  let statement: ReturnType<typeof decodeAttestationObject>
  let format: unknown
  let data: unknown
  let certified: boolean
  try {
    statement = decodeAttestationObject(Uint8Array.from(Buffer.from(encoded, 'base64url')))
    format = statement.get('fmt')
    data = statement.get('authData')
    certified = statement.get('attStmt').get('x5c') !== undefined
  } catch (cause) {
    throw new WebauthnMismatch('malformed', { cause })
  }
  if (!(data instanceof Uint8Array)) throw new WebauthnMismatch('malformed')
  if (format !== 'none' && (format !== 'packed' || certified)) throw new WebauthnMismatch('attestation')
  return data
}

/** Bytes: what the column holds. */
const SHORTEST_KEY = 16
const LONGEST_KEY = 2048
