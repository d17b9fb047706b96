import type { Moment } from '../../../kernel/time.ts'
import type { SessionTransaction } from './sessions.ts'

/** The roles an account has, by name. */
export async function rolesOf(tx: SessionTransaction, accountId: string): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom('holdfast.account_role')
    .select('role')
    .where('account_id', '=', accountId)
    .orderBy('role')
    .execute()
  return rows.map((row) => row.role)
}

/** The tenant an account joined first; `null` for none. */
export async function firstTenantOf(tx: SessionTransaction, accountId: string): Promise<string | null> {
  const row = await tx
    .selectFrom('holdfast.tenant_member')
    .select('tenant_id')
    .where('account_id', '=', accountId)
    .orderBy('joined_at')
    .orderBy('tenant_id')
    .executeTakeFirst()
  return row?.tenant_id ?? null
}

/** Keeps an account from gathering sessions without end: for one more, the longest unused beyond `most` end. */
export async function makeRoom(tx: SessionTransaction, accountId: string, most: number, now: Moment): Promise<void> {
  const surplus = await tx
    .selectFrom('holdfast.session')
    .select('id')
    .where('account_id', '=', accountId)
    .where('ended_at', 'is', null)
    .orderBy('used_at', 'desc')
    .offset(most - 1)
    .limit(AT_ONCE)
    .execute()
  if (surplus.length === 0) return
  // Sign-ins of one account at the same moment find the same surplus: each takes what no other has, and none waits for
  // another, or two that wait for each other would both be refused.
  const free = await tx
    .selectFrom('holdfast.session')
    .select('id')
    .where(
      'id',
      'in',
      surplus.map((row) => row.id),
    )
    .where('ended_at', 'is', null)
    .forUpdate()
    .skipLocked()
    .execute()
  if (free.length === 0) return
  await tx
    .updateTable('holdfast.session')
    .set({ ended_at: new Date(now), ended_by: 'expiry' })
    .where(
      'id',
      'in',
      free.map((row) => row.id),
    )
    .execute()
}

/** Sessions that make room in one go; only one is over where the limit did not change. */
const AT_ONCE = 100
