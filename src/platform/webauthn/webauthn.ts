/** What a browser sends of `navigator.credentials.get`: all texts are base64url. */
export interface Assertion {
  /** The credential's id. */
  readonly id: string
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    /** Whose the passkey says it is; a passkey that was found without an address given has one. */
    readonly userHandle?: string | undefined
  }
}

/** What a browser sends of `navigator.credentials.create`: all texts are base64url. */
export interface Attestation {
  readonly id: string
  readonly response: {
    readonly clientDataJSON: string
    readonly attestationObject: string
    readonly transports?: readonly string[] | undefined
  }
}

/** What the answer of an authenticator must fit. */
export interface Expected {
  /** Origins of pages that may ask, compared as texts. */
  readonly origins: readonly string[]
  /** Host names that passkeys may be bound to. */
  readonly rpIds: readonly string[]
  /** Whether the authenticator must have checked that it is its owner: by finger, face or PIN. */
  readonly userVerification: boolean
}

/** What the browser says it was asked: see {@link import('./client-data.ts').readClientData}. */
export interface ClientData {
  readonly type: string
  /** base64url. */
  readonly challenge: string
  readonly origin: string
  readonly crossOrigin: boolean
}

export interface VerifiedAssertion {
  /** Whether the signature is that of the key. Everything else has been checked. */
  readonly signed: boolean
  /** How often the authenticator says it has signed; 0 where it does not count. */
  readonly counter: number
  /** Whether the passkey is kept in more than one place. */
  readonly backedUp: boolean
  /** Whether its authenticator says that it can never be kept anywhere else. */
  readonly deviceBound: boolean
}

export interface VerifiedAttestation {
  readonly credentialId: Buffer
  /** COSE key. */
  readonly publicKey: Buffer
  readonly counter: number
  readonly backedUp: boolean
}

/** Why an answer was not accepted: for events, never for who sent it. */
export type WebauthnFault =
  | 'malformed'
  | 'type'
  | 'origin'
  | 'cross-origin'
  | 'relying-party'
  | 'presence'
  | 'verification'
  | 'key'
  | 'attestation'

/** An answer that does not fit. Says nothing of what was in it. */
export class WebauthnMismatch extends Error {
  override readonly name = 'WebauthnMismatch'
  readonly fault: WebauthnFault

  constructor(fault: WebauthnFault, options?: ErrorOptions) {
    super(`the answer of the authenticator does not fit: ${fault}`, options)
    this.fault = fault
  }
}

/** Keys that are accepted: ECDSA on P-256, Ed25519, RSA with SHA-256 (which Windows still makes). */
export const ALGORITHMS = Object.freeze([-7, -8, -257])
