import type { Kysely } from 'kysely'
import type { Secret } from '../../../kernel/secret.ts'
import type { Clock } from '../../../kernel/time.ts'
import type { BreachService } from '../../../platform/breaches/index.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import type { Events } from '../../../platform/events/events.ts'
import type { Hasher, HashParameters, PasswordHash } from '../../../platform/hasher/index.ts'
import type { Sealer } from '../../../platform/keys/index.ts'
import type { OpenIdClient } from '../../../platform/openid/index.ts'
import type { ToldHash } from './breach-check.ts'
import type { MailLinks } from './mail-links.ts'
import type { Notices } from './notices.ts'
import type { OpenId } from './openid.ts'
import type { Passkeys, PasskeysOptions } from './passkeys.ts'
import type { PasswordProblem, Rules } from './rules.ts'

export interface StrongAuthenticationOptions extends PasskeysOptions {
  /** The way of the accounts role. */
  readonly accounts: Pick<Database<HoldfastTables>, 'as' | 'transaction'>
  readonly hasher: Pick<Hasher, 'hash' | 'verify' | 'expectRoom'>
  readonly clock: Clock
  readonly events: Pick<Events, 'stage' | 'report'>
  /** The service as people know it: `Notes`. No password may be made of it. */
  readonly serviceName: string
  /** Least length in code points. Default 15 where the password is the only factor, 8 where a second one is enforced. */
  readonly minimum?: { readonly alone: number; readonly withSecondFactor: number }
  /** What new hashes cost. Default 19 MiB and 2 passes; at sign-in weaker hashes are made anew. */
  readonly parameters?: HashParameters
  /** Whether a text is among what nobody may choose. Default what the shipped filter says. */
  readonly isCommon?: (text: string) => boolean
  /**
   * An outside service that is asked whether a password was seen in breaches, by a range query that does not tell it the
   * password. Default none. Where it fails, the filter alone decides and the failure is an event.
   */
  readonly breaches?: BreachService | undefined
  /** What of a password's hash it is told. Default the first five digits. */
  readonly toldOf?: (hash: string) => ToldHash
  /** Its keyed hash makes challenges that need not be stored; it seals the sign-ins at providers that are under way. */
  readonly sealer: Pick<Sealer, 'index' | 'seal' | 'open'>
  /** The way to the OpenID providers. Default none are configured. */
  readonly openid?: OpenIdClient
  /** In place of the rules of rules.ts. */
  readonly rules?: Rules
}

/** What the control is made of, defaults filled in. */
export type Parts = StrongAuthenticationOptions &
  Required<
    Pick<
      StrongAuthenticationOptions,
      'minimum' | 'parameters' | 'isCommon' | 'toldOf' | 'rules' | 'passkeyRules' | 'openid'
    >
  >

/** A transaction of the accounts role. */
export type AccountsTransaction = Kysely<HoldfastTables>

/** Who acted and from where, for events; whose turn it is to have a password hashed, goes by the address alone. */
export interface Origin {
  readonly address?: string | undefined
  readonly requestId?: string | undefined
  readonly accountId?: string | undefined
  readonly sessionId?: string | undefined
  readonly tenantId?: string | undefined
}

export interface AccountView {
  readonly id: string
  /** As it is stored: see {@link import('./email.ts').normaliseEmail}. */
  readonly email: string
  readonly name: string
}

/** Whose password it is to be. */
export interface PasswordOwner {
  readonly email: string
  readonly name: string
  /** Whether a second factor is enforced for the account. Default `false`. */
  readonly secondFactor?: boolean
}

/** A password that was accepted and hashed, ready to be stored. Made by {@link StrongAuthentication.preparePassword} only. */
export interface PreparedPassword extends PasswordHash {
  readonly prepared: true
  /** Whether it may be the only factor. */
  readonly standsAlone: boolean
}

/**
 * Passwords from the choice to the sign-in. There is no function by which anybody but who knows the current password, or
 * holds a proof that another item has checked, sets one; and none that gives a password or its hash away.
 */
export interface StrongAuthentication {
  readonly parts: Parts
  /** Passkeys: a way of signing in of its own. */
  readonly passkeys: Passkeys
  /** Signing in on the word of an outside provider. */
  readonly openid: OpenId
  /** Links that prove that somebody receives mail at an address. */
  readonly links: MailLinks
  /** Who is told that a way to sign in has changed. */
  readonly notices: Notices

  /** @returns why the password can't be accepted, or `null`. */
  checkPassword(password: Secret, owner: PasswordOwner): Promise<PasswordProblem | null>

  /**
   * Checks and hashes; call it before a transaction is opened, since it takes tens of milliseconds and may have to wait.
   *
   * @throws Refusal `password-refused` with the reason; `overloaded`.
   */
  preparePassword(password: Secret, owner: PasswordOwner, origin?: Origin): Promise<PreparedPassword>

  /** Makes the account or takes its password's place. Stages `authn_password_change`. */
  storePassword(tx: AccountsTransaction, accountId: string, prepared: PreparedPassword, origin?: Origin): Promise<void>

  /** Whether the account's password may be its only factor, or there is none: chosen beside a second one, it may be too short for that. */
  standsAlone(tx: AccountsTransaction, accountId: string): Promise<boolean>

  /**
   * @throws Refusal `input-invalid` for an address that is none, `address-unusable` where it is taken.
   */
  createAccount(
    tx: AccountsTransaction,
    account: {
      readonly id: string
      readonly email: string
      readonly name: string
      /** `null`: it has no password yet, and is signed in to in another way. */
      readonly prepared: PreparedPassword | null
      /** Whether it was proved that its owner receives mail there. */
      readonly verified: boolean
    },
  ): Promise<AccountView>

  /**
   * Before anything is done for a sign-in that would be turned away: under a flood most are, and each would have cost the database
   * several statements.
   *
   * @throws Refusal `overloaded` where no password can be compared just now for who asks from there.
   */
  expectTurn(origin: Origin): void

  /**
   * Who signs in with this address and password. An unknown address costs a hash too, of the same parameters.
   * Hashes made with weaker parameters or an older pepper are made anew. Reports `authn_login_success` or `authn_login_fail`.
   *
   * @throws Refusal `credentials-wrong`, the same for an unknown account, a wrong password and a disabled account;
   * `overloaded`.
   */
  signIn(credentials: { readonly email: string; readonly password: Secret }, origin: Origin): Promise<AccountView>

  /**
   * Whether what {@link StrongAuthentication.signIn} found still stands, inside the transaction that makes the session: a
   * password changed or an account disabled meanwhile must not leave a session behind. Locks the row until commit.
   *
   * @param account - the very object that `signIn` returned.
   * @throws Refusal `credentials-wrong`
   */
  stillStands(tx: AccountsTransaction, account: AccountView): Promise<void>

  /**
   * Asks somebody who is signed in for the password once more. Reports `authn_step_up` or `authn_step_up_fail`.
   *
   * @throws Refusal `credentials-wrong`; `overloaded`.
   */
  confirm(accountId: string, password: Secret, origin: Origin): Promise<void>
}
