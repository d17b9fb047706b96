import type { AccountsTransaction } from './strong-authentication.ts'

/**
 * Keeps that something was used which is otherwise kept nowhere.
 *
 * @param until - when it would be refused by itself.
 * @returns whether it was the first time.
 */
export async function spendOnce(tx: AccountsTransaction, hash: Buffer, until: Date): Promise<boolean> {
  const spent = await tx
    .insertInto('holdfast.spent')
    .values({ hash, expires_at: until })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .returning('hash')
    .executeTakeFirst()
  return spent !== undefined
}
