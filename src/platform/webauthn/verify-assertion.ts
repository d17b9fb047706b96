import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import { checkAuthenticatorData } from './authenticator-data.ts'
import { checkClientData, readClientData } from './client-data.ts'
import { type Assertion, type Expected, type VerifiedAssertion, WebauthnMismatch } from './webauthn.ts'

/**
 * Verifies an answer to `navigator.credentials.get`, but for its challenge, which the caller has compared: see
 * {@link readClientData}. The counter is given back; comparing it is a matter of the transaction that keeps it.
 *
 * @param publicKey - COSE key.
 * @throws {@link WebauthnMismatch} where it does not fit.
 *
 * @see Web Authentication, 7.2
 */
export async function verifyAssertion(
  { id, response }: Assertion,
  publicKey: Uint8Array,
  expected: Expected,
): Promise<VerifiedAssertion> {
  const clientData = readClientData(response.clientDataJSON)
  checkClientData(clientData, 'webauthn.get', expected)
  const { counter, backedUp, deviceBound } = checkAuthenticatorData(
    Buffer.from(response.authenticatorData, 'base64url'),
    expected,
  )
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: response.clientDataJSON,
          authenticatorData: response.authenticatorData,
          signature: response.signature,
        },
      },
      expectedChallenge: clientData.challenge,
      expectedOrigin: [...expected.origins],
      expectedRPID: [...expected.rpIds],
      requireUserVerification: expected.userVerification,
      // Whoever has counted least of all: the stored counter is compared under its row's lock.
      credential: { id, publicKey: Uint8Array.from(publicKey), counter: 0 },
    })
    return { signed: verified, counter, backedUp, deviceBound }
  } catch (cause) {
    throw new WebauthnMismatch('malformed', { cause })
  }
}
