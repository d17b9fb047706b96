import type { PasskeyKind } from './passkeys.ts'
import { spendOnce } from './spend-once.ts'
import type { AccountsTransaction } from './strong-authentication.ts'

/**
 * What makes a passkey's answer count, one function a rule, so that each can be taken away and seen to matter.
 */
export interface PasskeyRules {
  /** Origins of pages whose answers are accepted, of ours and the one that was shown. */
  origins(ours: readonly string[], shown: string): readonly string[]
  /** Whether the authenticator must have checked that it is its owner. */
  readonly userVerification: boolean
  /** Whether it signs in by itself. */
  standsAlone(kind: PasskeyKind): boolean
  /** Whether a challenge that we made, for this, for this account, and not too long ago. */
  isOurs(challenge: ChallengeFacts): boolean
  /** Whether the signature counts. */
  isSigned(signed: boolean): boolean
  /** Whether whoever the passkey says it belongs to is who we keep it for. */
  isOwner(shown: string | undefined, accountId: string): boolean
  /** Whether an account that is disabled, or not, may be proved. */
  mayBeProved(disabledAt: Date | null): boolean
  /** Whether the count is one that the authenticator, and not a copy of it, can have reached. */
  counterGrows(kept: number, shown: number): boolean
  /** Uses a challenge up. @returns whether it had not been. */
  spend(tx: AccountsTransaction, hash: Buffer, until: Date): Promise<boolean>
}

/** What was found out about a challenge: each alone makes it void. */
export interface ChallengeFacts {
  /** Whether we made it, for this purpose and this account. */
  readonly genuine: boolean
  readonly expired: boolean
}

export const PASSKEY_RULES: PasskeyRules = Object.freeze<PasskeyRules>({
  origins: (ours) => ours,
  userVerification: true,
  standsAlone: (kind) => kind === 'passkey',
  isOurs: ({ genuine, expired }) => genuine && !expired,
  isSigned: (signed) => signed,
  isOwner: (shown, accountId) => shown === userHandleOf(accountId),
  mayBeProved: (disabledAt) => disabledAt === null,
  // Many count nothing, and show 0 always (Web Authentication, 6.1.1).
  counterGrows: (kept, shown) => (kept === 0 && shown === 0) || shown > kept,
  spend: spendOnce,
})

/** What a passkey keeps of whose it is: the account's id, which tells nothing of the person. base64url. */
export const userHandleOf = (accountId: string): string =>
  Buffer.from(accountId.replaceAll('-', ''), 'hex').toString('base64url')
