import type { Kysely } from 'kysely'
import type { Assurance } from '../../../kernel/principal.ts'
import type { Secret } from '../../../kernel/secret.ts'
import type { Moment } from '../../../kernel/time.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'

/** A transaction of the accounts role. */
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

/**
 * Second factors. Every way to sign in passes {@link MultiFactor.admit}; every session's permissions pass
 * {@link MultiFactor.effectiveRoles}. There is no third way to a permission.
 */
export interface MultiFactor {
  /** Of these roles, those of use at this assurance: one that requires a second factor is of none below 2. */
  effectiveRoles(roles: readonly string[], assurance: Assurance): readonly string[]
  /** Whether one of these roles requires a second factor. */
  isRequired(roles: readonly string[]): boolean

  factorsOf(accountId: string): Promise<Factors>

  /**
   * The gate. A passkey with user verification is two factors in one; anything else is one, and whoever has a second
   * factor is asked for it. Who has none gets a session of assurance 1, in which roles that require one are of no effect.
   */
  admit(
    tx: FactorTransaction,
    proof: { readonly accountId: string; readonly method: FirstMethod; readonly assurance: Assurance },
  ): Promise<Admission>
  /** The half-finished sign-in of a cookie's token, where it lives. */
  pending(token: string): Promise<PendingSignIn | null>
  /** Uses it up, in the transaction that makes the session. @throws Refusal `authentication-required` where it lives no more. */
  complete(tx: FactorTransaction, token: string): Promise<PendingSignIn>

  /** Begins anew each time it is called, until a code was right. @param label - for the app's list: the address. */
  enrolTotp(accountId: string, label: string): Promise<TotpEnrolment>
  /** @throws Refusal `code-wrong`. Stages `authn_factor_added`. */
  confirmTotp(tx: FactorTransaction, accountId: string, code: string, origin: FactorOrigin): Promise<void>
  /** Stages `authn_factor_removed`. @returns whether there was one. */
  removeTotp(tx: FactorTransaction, accountId: string, origin: FactorOrigin): Promise<boolean>
  /** Accepts a code once. @throws Refusal `code-wrong`, and reports `authn_factor_fail`. */
  useTotp(tx: FactorTransaction, accountId: string, code: string, origin: FactorOrigin): Promise<void>

  /** Ten new ones; the ones before are void. Shown once. Stages `authn_recovery_codes_made`. */
  makeRecoveryCodes(tx: FactorTransaction, accountId: string, origin: FactorOrigin): Promise<readonly string[]>
  /** @throws Refusal `code-wrong`, and reports `authn_factor_fail`. */
  useRecoveryCode(tx: FactorTransaction, accountId: string, code: string, origin: FactorOrigin): Promise<void>

  /** An administrator lets somebody in again who lost everything: effective after the waiting time, unless it is cancelled. */
  startReset(
    tx: FactorTransaction,
    accountId: string,
    by: string,
    origin: FactorOrigin,
  ): Promise<{ readonly effectiveAt: Moment }>
  cancelReset(tx: FactorTransaction, accountId: string, origin: FactorOrigin): Promise<boolean>
  /** Removes all factors of those whose waiting time is over. @returns their accounts. */
  finishResets(tx: FactorTransaction): Promise<readonly string[]>
}
