import { Refusal } from '../kernel/refusal.ts'
import type { Moment } from '../kernel/time.ts'
import type { AccountView } from './accounts.ts'
import type { AccountsTransaction } from './parts.ts'

/** Whose account an address is, that a link was sent to. @throws Refusal `link-invalid` where it is nobody's, or disabled. */
export async function accountAt(tx: AccountsTransaction, email: string): Promise<AccountView> {
  const account = await tx
    .selectFrom('holdfast.account')
    .select(['id', 'email', 'name'])
    .where('email', '=', email)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  if (account === undefined) throw new Refusal('link-invalid')
  return account
}

/** Whoever used a link that was sent there receives mail there. */
export async function confirmAddress(tx: AccountsTransaction, accountId: string, now: Moment): Promise<void> {
  await tx
    .updateTable('holdfast.account')
    .set({ email_verified_at: new Date(now) })
    .where('id', '=', accountId)
    .where('email_verified_at', 'is', null)
    .execute()
}
