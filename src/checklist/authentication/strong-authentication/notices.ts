import type { AccountsTransaction } from './strong-authentication.ts'

/** A change of the ways in which somebody signs in. */
export type CredentialChange =
  | 'password-changed'
  | 'password-reset'
  | 'address-change-asked'
  | 'address-changed'
  | 'totp-added'
  | 'totp-removed'
  | 'passkey-added'
  | 'passkey-removed'
  | 'security-key-added'
  | 'security-key-removed'
  | 'recovery-codes-made'
  | 'recovery-code-used'
  | 'factor-reset-started'
  | 'factor-reset-cancelled'
  | 'factor-reset-done'
  | 'openid-linked'
  | 'openid-unlinked'

/** Every change of a credential is told to the account's owner by mail [ASVS 6.3.7]. */
export interface Notices {
  /**
   * The addresses that are told of a change: where the account receives mail at this moment. Of a change of the address, call it
   * before the change, so that it is the old mailbox that is told.
   */
  addressees(tx: AccountsTransaction, accountId: string, change: CredentialChange): Promise<readonly string[]>
}

export function createNotices(): Notices {
  return {
    async addressees(tx, accountId) {
      const rows = await tx.selectFrom('holdfast.account').select('email').where('id', '=', accountId).execute()
      return rows.map(({ email }) => email)
    },
  }
}
