import type { Clock, Moment } from '../../../kernel/time.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import type { Events } from '../../../platform/events/events.ts'
import type { Sealer } from '../../../platform/keys/index.ts'
import type { OpenIdClaims, OpenIdClient, OpenIdFaultReason } from '../../../platform/openid/index.ts'
import type { AccountsTransaction, AccountView, Origin } from './strong-authentication.ts'

export interface OpenIdParts {
  /** The way of the accounts role. */
  readonly accounts: Pick<Database<HoldfastTables>, 'as' | 'transaction'>
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
  readonly events: Pick<Events, 'stage' | 'report'>
  readonly sealer: Pick<Sealer, 'seal' | 'open'>
  readonly client: OpenIdClient
}

/** A sign-in at a provider that has begun. It is in the browser's cookie, sealed, and nowhere else. */
export interface OpenIdFlow {
  readonly provider: string
  readonly purpose: 'sign-in' | 'link'
  /** To whose account the identity is to be added, of `link`. */
  readonly accountId: string | null
  /** A path of ours to go on to. */
  readonly next: string | null
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  /** Of PKCE. */
  readonly verifier: string
  readonly expiresAt: Moment
}

/** Somebody at a provider, on the provider's word, which was verified. */
export interface ProvedIdentity {
  readonly flow: OpenIdFlow
  readonly provider: { readonly id: string; readonly label: string }
  /** Who it is there; the name and the address there may change. */
  readonly subject: string
  /** Normalised, and only where the provider says that it has verified it; `null` otherwise. */
  readonly email: string | null
  /** A line of at most 100 characters; `null` where there is none to use. */
  readonly name: string | null
  /** Whose identity it is here, `null` where it is nobody's. */
  readonly account: AccountView | null
}

/** An identity of an account, as its owner sees it. */
export interface LinkedIdentity {
  readonly provider: string
  readonly linkedAt: Moment
  readonly usedAt: Moment | null
}

/** Why a sign-in at a provider is of no effect here. */
export type OpenIdRefusalReason =
  | OpenIdFaultReason
  /** The browser has no sign-in of this kind under way; it has run out, or was used. */
  | 'flow'
  | 'used'
  /** The identity is linked to an account that is disabled. */
  | 'disabled'
  /** Nobody here has it, and the provider has not verified the address. */
  | 'unverified'
  /** Nobody here has it, and somebody here has the address. */
  | 'address-taken'
  /** Nobody here has it, and accounts are made by invitation. */
  | 'no-sign-up'
  /** It is to be linked, and is linked to somebody else. */
  | 'linked-elsewhere'
  /** It is to be linked, and whoever wanted that is not signed in any more. */
  | 'nobody'

/**
 * Signing in on the word of an outside OpenID provider (code flow with PKCE and nonce). An account is found by provider and subject,
 * and by nothing else: whoever can have a provider say an address is not thereby its owner's account here.
 *
 * What is called within is called through the object itself, so that one that was wrapped is wrapped as a whole.
 *
 * @see OpenID Connect Core 1.0, RFC 9700, RFC 9207
 */
export interface OpenId {
  /** The configured providers. */
  readonly providers: OpenIdClient['providers']
  /** Whether browsers may be sent to an address: see {@link OpenIdClient.leadsTo}. */
  leadsTo(address: string): boolean

  /**
   * @returns where to send the browser, and the value of the cookie it is to come back with.
   *
   * @throws Refusal `not-found` for a provider that is not configured; `openid-refused` where it can't be reached.
   */
  begin(
    this: OpenId,
    wanted: Pick<OpenIdFlow, 'provider' | 'purpose' | 'accountId' | 'next' | 'redirectUri'>,
    origin: Origin,
  ): Promise<{ readonly location: string; readonly cookie: string; readonly lifetime: number }>

  /**
   * Who it is that the browser came back with. The sign-in that began is used up, whatever comes of it.
   *
   * @param came.query - the parameters with which it came.
   * @throws Refusal `not-found`, `openid-refused`; reports `authn_openid_fail` with the reason.
   */
  prove(
    this: OpenId,
    came: {
      readonly provider: string
      readonly cookie: string | undefined
      readonly query: Readonly<Record<string, string>>
    },
    origin: Origin,
  ): Promise<ProvedIdentity>

  /**
   * Whether an identity is still its account's, in the transaction that makes the session; keeps that it was used.
   *
   * @throws Refusal `openid-refused`
   */
  use(this: OpenId, tx: AccountsTransaction, proved: ProvedIdentity, accountId: string, origin: Origin): Promise<void>

  /**
   * Adds an identity to an account. Stages `authn_openid_linked`.
   *
   * @throws Refusal `openid-refused` where it is somebody else's; `conflict` where the account has another one of this provider.
   */
  link(tx: AccountsTransaction, accountId: string, proved: ProvedIdentity, origin: Origin): Promise<void>
  /**
   * Stages `authn_openid_unlinked`.
   *
   * @throws Refusal `not-found` where there is none; `conflict` where nothing would be left to sign in with.
   */
  unlink(this: OpenId, tx: AccountsTransaction, accountId: string, provider: string, origin: Origin): Promise<void>
  /** Of configured providers and of others, oldest first. */
  list(accountId: string): Promise<readonly LinkedIdentity[]>

  /** Reports `authn_openid_fail`. @returns a Refusal `openid-refused` that says no more than `said`. */
  refusal(provider: string, reason: OpenIdRefusalReason, origin: Origin, said?: string): Error

  // Policies: small and replaceable, so that each can be seen to matter.
  /** 256 bits of chance each, base64url. */
  makeState(): string
  makeNonce(): string
  makeVerifier(): string
  /** A sign-in that began, as the browser keeps it. */
  seal(flow: OpenIdFlow): string
  /** The sign-in that a browser's cookie stands for, where it came back with that one's state; `null` otherwise. */
  read(cookie: string | undefined, state: string): OpenIdFlow | null
  /** Whether the provider says that the address belongs to who it speaks of. */
  hasVerifiedEmail(claims: OpenIdClaims): boolean
  /** Whose identity it is. */
  accountOf(
    tx: AccountsTransaction,
    identity: Pick<ProvedIdentity, 'provider' | 'subject' | 'email'>,
  ): Promise<(AccountView & { readonly disabled: boolean }) | null>
  /** Keeps that a state was used. @returns whether it was the first time. */
  spend(tx: AccountsTransaction, hash: Buffer, until: Date): Promise<boolean>
  /** How many ways to sign in an account has that need no mail: its password, its passkeys, its identities. */
  waysIn(tx: AccountsTransaction, accountId: string): Promise<number>
}
