export { browserScript } from './browser-script.ts'
export { readClientData } from './client-data.ts'
export { verifyAssertion } from './verify-assertion.ts'
export { verifyAttestation } from './verify-attestation.ts'
export {
  ALGORITHMS,
  type Assertion,
  type Attestation,
  type ClientData,
  type Expected,
  type VerifiedAssertion,
  type VerifiedAttestation,
  type WebauthnFault,
  WebauthnMismatch,
} from './webauthn.ts'
