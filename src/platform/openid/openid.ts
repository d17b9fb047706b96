import type { Secret } from '../../kernel/secret.ts'

/** A provider at which people may prove who they are, as the operator configured it. */
export interface OpenIdProvider {
  /** Its name in our addresses: `acme`. */
  readonly id: string
  /** Its name on our pages. */
  readonly label: string
  /** Exactly as the provider writes it: `https://id.example`. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: Secret
}

/** What one sign-in is told apart by: three random texts that were made for it alone. */
export interface OpenIdRequest {
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  /** Of PKCE (RFC 7636): the provider is shown its hash first, and itself with the code. */
  readonly verifier: string
}

/** What a provider says of somebody: its ID token, verified. Nothing of it is checked beyond `sub`, which is text. */
export type OpenIdClaims = Readonly<Record<string, unknown>> & { readonly sub: string }

/** The way to the providers. */
export interface OpenIdClient {
  readonly providers: readonly Pick<OpenIdProvider, 'id' | 'label'>[]
  /**
   * Where to send the browser.
   *
   * @throws {@link OpenIdFault} `unreachable`, `provider`
   */
  authorizationUrl(provider: string, request: OpenIdRequest): Promise<string>
  /**
   * Takes the code that the browser came back with to the provider, and verifies the ID token that it gets for it: signature, issuer,
   * audience, authorised party, nonce, expiry, time of issue, and the hash of the access token.
   *
   * @param came - the address with its query at which the browser came back.
   * @throws {@link OpenIdFault}
   */
  claims(provider: string, came: URL, request: OpenIdRequest): Promise<OpenIdClaims>
  /** Whether an address is one to which browsers may be sent: the authorization endpoint of a configured provider. */
  leadsTo(address: string): boolean
}

/** Why a provider's word is not taken. For the log and the events; people are told less. */
export type OpenIdFaultReason =
  /** It does not answer, answers too slowly or too much, or is asked too often. */
  | 'unreachable'
  /** What it says of itself can not be used. */
  | 'provider'
  /** It said no, or its answer has no code. */
  | 'declined'
  /** The browser came back with somebody else's answer, or another provider's. */
  | 'answer'
  /** It did not take the code. */
  | 'code'
  | 'signature'
  /** The ID token was made for another sign-in, service or time; or it is none. */
  | 'nonce'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'token'

/** Quotes nothing that came from a provider. */
export class OpenIdFault extends Error {
  override readonly name = 'OpenIdFault'
  readonly reason: OpenIdFaultReason

  constructor(reason: OpenIdFaultReason) {
    super(`the OpenID provider’s word is not taken: ${reason}`)
    this.reason = reason
  }
}
