import type { Clock, Moment } from '../../../kernel/time.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import type { Events } from '../../../platform/events/events.ts'
import type { Sealer } from '../../../platform/keys/index.ts'
import type { Assertion, Attestation } from '../../../platform/webauthn/index.ts'
import type { PasskeyRules } from './passkeys-rules.ts'
import type { AccountsTransaction, AccountView, Origin } from './strong-authentication.ts'

/** What a passkey is asked for: a challenge made for one of them is of no use for another. */
export type PasskeyPurpose = 'sign-in' | 'second-factor' | 'step-up' | 'register' | 'register-security-key'

/**
 * A passkey checks its owner, and is two factors in one. A security key shows that somebody has it: it is one, and good beside a
 * password alone.
 */
export type PasskeyKind = 'passkey' | 'security-key'

export interface PasskeysOptions {
  /** The way of the accounts role. */
  readonly accounts: Pick<Database<HoldfastTables>, 'as' | 'transaction'>
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
  readonly events: Pick<Events, 'stage' | 'report'>
  /** Its keyed hash makes challenges that need not be stored. */
  readonly sealer: Pick<Sealer, 'index'>
  /** Origins under which our pages are served; passkeys are bound to their hosts. */
  readonly publicOrigins: readonly string[]
  /** The service as people know it, for the browser's window. */
  readonly title: string
  /** In place of the rules of passkeys-rules.ts. */
  readonly passkeyRules?: PasskeyRules
}

/** What the passkeys are made of, defaults filled in. */
export type PasskeyParts = PasskeysOptions & Required<Pick<PasskeysOptions, 'passkeyRules'>>

/** For `navigator.credentials.get`, as `PublicKeyCredential.parseRequestOptionsFromJSON` takes it. */
export interface PasskeyRequest {
  readonly challenge: string
  readonly rpId: string
  /** `preferred` of somebody who has security keys: what a passkey must check is looked at when it has answered. */
  readonly userVerification: 'required' | 'preferred'
  /** Milliseconds. */
  readonly timeout: number
  /** Of somebody who is known already; empty: whichever passkey the person chooses. */
  readonly allowCredentials: readonly PasskeyDescriptor[]
}

/** For `navigator.credentials.create`, as `PublicKeyCredential.parseCreationOptionsFromJSON` takes it. */
export interface PasskeyCreation {
  readonly challenge: string
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[]
  readonly timeout: number
  readonly excludeCredentials: readonly PasskeyDescriptor[]
  readonly authenticatorSelection:
    | {
        readonly residentKey: 'required'
        readonly requireResidentKey: true
        readonly userVerification: 'required'
      }
    | {
        readonly residentKey: 'discouraged'
        readonly requireResidentKey: false
        readonly userVerification: 'discouraged'
      }
  readonly attestation: 'none'
}

export interface PasskeyDescriptor {
  readonly type: 'public-key'
  /** base64url. */
  readonly id: string
  readonly transports: readonly string[]
}

/** A passkey as its owner sees it. */
export interface PasskeyView {
  readonly id: string
  readonly kind: PasskeyKind
  readonly name: string
  readonly createdAt: Moment
  readonly usedAt: Moment | null
  /** Kept in more than one place by its maker. */
  readonly backedUp: boolean
}

/** A signature that was found to be right, and is of no effect before {@link Passkeys.use}. */
export interface ProvedPasskey {
  readonly account: AccountView
  readonly kind: PasskeyKind
  readonly passkeyId: string
  readonly challenge: string
  readonly counter: number
  readonly backedUp: boolean
  /** Can never be kept anywhere else, as its authenticator says. */
  readonly deviceBound: boolean
}

/** A new passkey that was found to be right, and is kept by {@link Passkeys.add}. */
export interface NewPasskey {
  readonly kind: PasskeyKind
  readonly challenge: string
  readonly credentialId: Buffer
  readonly publicKey: Buffer
  readonly counter: number
  readonly backedUp: boolean
  readonly transports: readonly string[]
}

/** For whom and for what an answer is wanted. */
export interface PasskeyAsked {
  readonly purpose: PasskeyPurpose
  /** `null` where nobody is known yet: at the sign-in. */
  readonly accountId: string | null
}

/** Passkeys from making to removing. */
export interface Passkeys {
  /** @param at - the origin of the page that asks, where it is known; passkeys are bound to its host. */
  request(asked: PasskeyAsked, at: string | undefined): Promise<PasskeyRequest>

  /**
   * Whose signature it is. An unknown passkey costs a verification too. Call {@link Passkeys.use} in the transaction that rests on it.
   *
   * @throws Refusal `passkey-refused`, the same whatever is wrong; reports `authn_passkey_fail` with the reason.
   */
  prove(answer: Assertion, asked: PasskeyAsked, origin: Origin): Promise<ProvedPasskey>

  /**
   * Uses the challenge up and moves the counter on; judges again what may have changed meanwhile.
   *
   * @throws Refusal `passkey-refused`, as {@link Passkeys.prove}.
   */
  use(tx: AccountsTransaction, proved: ProvedPasskey, origin: Origin): Promise<void>

  creation(account: AccountView, at: string | undefined, kind: PasskeyKind): Promise<PasskeyCreation>

  /** @throws Refusal `passkey-refused`; reports `authn_passkey_fail` with the reason. */
  proveNew(answer: Attestation, accountId: string, kind: PasskeyKind, origin: Origin): Promise<NewPasskey>

  /**
   * Keeps it, and uses the challenge up. Stages `authn_factor_added`.
   *
   * @throws Refusal `passkey-refused`; `conflict` where there are twenty already.
   */
  add(tx: AccountsTransaction, accountId: string, name: string, made: NewPasskey, origin: Origin): Promise<PasskeyView>

  /** Oldest first. */
  list(accountId: string): Promise<readonly PasskeyView[]>
  /** @returns whether the account has such a passkey. */
  rename(accountId: string, passkeyId: string, name: string): Promise<boolean>
  /** Stages `authn_factor_removed`. @returns what it was, or `null` where the account has no such passkey. */
  remove(
    tx: AccountsTransaction,
    accountId: string,
    passkeyId: string,
    origin: Origin,
  ): Promise<Pick<PasskeyView, 'name' | 'kind'> | null>
}

/** Most of one account. */
export const MOST_PASSKEYS = 20
