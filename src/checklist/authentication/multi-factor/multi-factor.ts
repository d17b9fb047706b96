import type { Kysely } from 'kysely'
import type { Assurance } from '../../../kernel/principal.ts'
import type { Secret } from '../../../kernel/secret.ts'
import type { Moment, Seconds } from '../../../kernel/time.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'

/** A transaction of the accounts role, or its way outside of one. */
export type FactorTransaction = Kysely<HoldfastTables>

/** Who acted and from where, for events. */
export interface FactorOrigin {
  readonly address?: string | undefined
  readonly requestId?: string | undefined
  readonly accountId?: string | undefined
  readonly sessionId?: string | undefined
  readonly tenantId?: string | undefined
}

/** What an account has beside its password. */
export interface Factors {
  readonly totp: boolean
  /** Security keys among them: those only beside a password. */
  readonly passkeys: number
  /** Recovery codes that are left. */
  readonly recoveryCodes: number
}

/** How somebody has shown who they are, before the gate. */
export type FirstMethod = 'password' | 'link' | 'openid' | 'passkey'

/** What the gate says to somebody who has proved a first factor. */
export type Admission =
  /** A session of this assurance may be made. */
  | { readonly kind: 'session'; readonly assurance: Assurance }
  /** The second step is to come; `token` is for the cookie of the half-finished sign-in, and for nothing else. */
  | { readonly kind: 'second-factor'; readonly token: Secret; readonly expiresAt: Moment; readonly factors: Factors }

/** A sign-in whose second step is to come. */
export interface PendingSignIn {
  readonly accountId: string
  readonly method: FirstMethod
  readonly expiresAt: Moment
}

/** A TOTP secret in the making: shown once, of no effect before a code of it was right. */
export interface TotpEnrolment {
  /** Base32, for typing. */
  readonly secret: string
  /** `otpauth://…`, for the QR code. */
  readonly uri: string
}

/** A reset that an administrator started. */
export interface FactorReset {
  readonly startedAt: Moment
  readonly effectiveAt: Moment
}

/**
 * Second factors. Every way to sign in passes {@link MultiFactor.admit}; every session's permissions pass
 * {@link MultiFactor.effectiveRoles}. There is no third way to a permission.
 *
 * What is called within is called through the object itself, so that one that was wrapped is wrapped as a whole.
 */
export interface MultiFactor {
  /** Of these roles, those of use at this assurance: one that requires a second factor is of none below 2. */
  effectiveRoles(roles: readonly string[], assurance: Assurance): readonly string[]
  /** Whether one of these roles requires a second factor. */
  isRequired(roles: readonly string[]): boolean

  /** @param tx - to read inside a transaction. */
  factorsOf(accountId: string, tx?: FactorTransaction): Promise<Factors>

  /**
   * The gate. A passkey with user verification is two factors in one; anything else is one, and whoever has a second
   * factor is asked for it. Who has none gets a session of assurance 1, in which roles that require one are of no effect.
   */
  admit(
    this: MultiFactor,
    tx: FactorTransaction,
    proof: { readonly accountId: string; readonly method: FirstMethod; readonly assurance: Assurance },
  ): Promise<Admission>
  /** The half-finished sign-in of a cookie's token, where it lives. */
  pending(token: string): Promise<PendingSignIn | null>
  /** Uses it up, in the transaction that makes the session. @throws Refusal `authentication-required` where it lives no more. */
  complete(tx: FactorTransaction, token: string): Promise<PendingSignIn>
  /** Ends all half-finished sign-ins of an account. */
  endPending(tx: FactorTransaction, accountId: string): Promise<void>

  /**
   * Begins anew each time it is called, until a code was right; one in use goes on until then.
   *
   * @param label - for the app's list: the address.
   */
  enrolTotp(this: MultiFactor, accountId: string, label: string): Promise<TotpEnrolment>
  /** @throws Refusal `code-wrong`, also where the secret was shown too long ago. Stages `authn_factor_added`. */
  confirmTotp(
    this: MultiFactor,
    tx: FactorTransaction,
    accountId: string,
    code: string,
    origin: FactorOrigin,
  ): Promise<void>
  /** Stages `authn_factor_removed`. @returns whether there was one. */
  removeTotp(tx: FactorTransaction, accountId: string, origin: FactorOrigin): Promise<boolean>
  /** Accepts a code once. Stages `authn_factor_used`. @throws Refusal `code-wrong`, and reports `authn_factor_fail`. */
  useTotp(
    this: MultiFactor,
    tx: FactorTransaction,
    accountId: string,
    code: string,
    origin: FactorOrigin,
  ): Promise<void>

  /** Ten new ones; the ones before are void. Shown once. Stages `authn_recovery_codes_made`. */
  makeRecoveryCodes(tx: FactorTransaction, accountId: string, origin: FactorOrigin): Promise<readonly string[]>
  /** Accepts a code once. Stages `authn_factor_used`. @throws Refusal `code-wrong`, and reports `authn_factor_fail`. */
  useRecoveryCode(tx: FactorTransaction, accountId: string, code: string, origin: FactorOrigin): Promise<void>
  /** Takes away what is of no use once the last factor is gone: recovery codes, half-finished sign-ins. */
  tidy(this: MultiFactor, tx: FactorTransaction, accountId: string): Promise<void>

  /**
   * Locks an account's factors until the transaction ends: what is decided by them stays true until then. Take it first, so that
   * two that change the same account never wait for each other.
   */
  lock(tx: FactorTransaction, accountId: string): Promise<void>

  /**
   * An administrator lets somebody in again who lost everything: effective after the waiting time, unless it is cancelled.
   *
   * @param by - `null`: whoever runs the backend, at the command line.
   * @throws Refusal `conflict` where one is under way, or there is nothing to reset.
   */
  startReset(
    this: MultiFactor,
    tx: FactorTransaction,
    accountId: string,
    by: string | null,
    origin: FactorOrigin,
  ): Promise<{ readonly effectiveAt: Moment }>
  /** @returns whether there was one. */
  cancelReset(tx: FactorTransaction, accountId: string, origin: FactorOrigin): Promise<boolean>
  resetOf(accountId: string): Promise<FactorReset | null>
  /**
   * The accounts that are told that a reset began or ended: the person; and the owners that may sign in, fifty at most, where a
   * role of the person requires a second factor.
   *
   * @param byOperator - the owners in any case: nobody who is signed in has asked for it.
   */
  toldOfReset(
    this: MultiFactor,
    tx: FactorTransaction,
    accountId: string,
    byOperator: boolean,
  ): Promise<readonly string[]>
  /**
   * Removes all factors of those whose waiting time is over, a hundred at a time.
   *
   * @param only - of this account alone.
   * @returns their accounts.
   */
  finishResets(this: MultiFactor, tx: FactorTransaction, only?: string): Promise<readonly string[]>

  // Policies: small and replaceable, so that each can be seen to matter.
  /** The time steps whose codes are good at `now`, rising. */
  steps(now: Moment): readonly number[]
  /** Keeps that a step's code was used. @returns whether it was the first to come with that step or a later one. */
  rememberStep(tx: FactorTransaction, accountId: string, step: number): Promise<boolean>
  /** Keeps that a recovery code was used. @returns whether it was one, and the first time. */
  spendRecoveryCode(tx: FactorTransaction, accountId: string, code: string): Promise<boolean>
  /** A secret as it is stored. */
  seal(secret: Uint8Array, context: string): Buffer
  open(sealed: Uint8Array, context: string): Buffer
  /** As whose wrong codes are counted: the account's, however many sign-ins are half finished. */
  countedAs(accountId: string, pendingToken: string | undefined): string
  /** How long a reset waits for somebody with these roles. */
  waitingTime(roles: readonly string[]): Seconds
}
