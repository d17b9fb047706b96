import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import { after, hours } from '../../../kernel/time.ts'
import type { MultiFactorParts } from './control.ts'
import type { FactorTransaction, MultiFactor } from './multi-factor.ts'

type Resets = Pick<
  MultiFactor,
  'startReset' | 'cancelReset' | 'resetOf' | 'toldOfReset' | 'finishResets' | 'waitingTime'
>

/** What an administrator does for somebody who lost everything: it takes time, in which the person can say no. */
export function createResets(
  { accounts, clock, events, resetWait }: MultiFactorParts,
  isRequired: MultiFactor['isRequired'],
): Resets {
  return {
    async startReset(tx, accountId, by, origin) {
      const factors = await this.factorsOf(accountId, tx)
      if (!factors.totp && factors.passkeys === 0) throw new Refusal('conflict', 'There is no second factor to reset')
      const now = clock.now()
      const effectiveAt = after(now, this.waitingTime(await rolesOf(tx, accountId)))
      const started = await tx
        .insertInto('holdfast.factor_reset')
        .values({
          account_id: accountId,
          started_by: by,
          started_at: new Date(now),
          effective_at: new Date(effectiveAt),
        })
        .onConflict((conflict) => conflict.column('account_id').doNothing())
        .executeTakeFirst()
      if (started.numInsertedOrUpdatedRows !== 1n) throw new Refusal('conflict', 'A reset is under way')
      await events.stage(tx, {
        name: 'authn_factor_reset_started',
        result: 'success',
        fields: { account: accountId },
        ...origin,
      })
      return { effectiveAt }
    },

    async cancelReset(tx, accountId, origin) {
      const { numDeletedRows } = await tx
        .deleteFrom('holdfast.factor_reset')
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      if (numDeletedRows !== 1n) return false
      await events.stage(tx, {
        name: 'authn_factor_reset_cancelled',
        result: 'success',
        fields: { account: accountId },
        ...origin,
      })
      return true
    },

    async resetOf(accountId) {
      const row = await accounts
        .as(NOBODY)
        .selectFrom('holdfast.factor_reset')
        .select(['started_at', 'effective_at'])
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row === undefined ? null : { startedAt: row.started_at.getTime(), effectiveAt: row.effective_at.getTime() }
    },

    async toldOfReset(tx, accountId, byOperator) {
      if (!byOperator && !isRequired(await rolesOf(tx, accountId))) return [accountId]
      const owners = await tx
        .selectFrom('holdfast.account_role as held')
        .innerJoin('holdfast.account as account', 'account.id', 'held.account_id')
        .select('account.id')
        .where('held.role', '=', 'owner')
        .where('account.disabled_at', 'is', null)
        .where('account.id', '!=', accountId)
        .orderBy('held.granted_at')
        .orderBy('account.id')
        .limit(MOST_TOLD)
        .execute()
      return [accountId, ...owners.map(({ id }) => id)]
    },

    async finishResets(tx, only) {
      let due = tx
        .selectFrom('holdfast.factor_reset')
        .select('account_id')
        .where('effective_at', '<=', new Date(clock.now()))
        .orderBy('effective_at')
        .orderBy('account_id')
        .limit(AT_ONCE)
      if (only !== undefined) due = due.where('account_id', '=', only)
      const done: string[] = []
      for (const { account_id: account } of await due.execute()) {
        await this.lock(tx, account)
        // Cancelled, or done by another node, while the lock was waited for.
        const { numDeletedRows } = await tx
          .deleteFrom('holdfast.factor_reset')
          .where('account_id', '=', account)
          .where('effective_at', '<=', new Date(clock.now()))
          .executeTakeFirst()
        if (numDeletedRows !== 1n) continue
        for (const table of HELD) await tx.deleteFrom(table).where('account_id', '=', account).execute()
        await events.stage(tx, {
          name: 'authn_factor_reset_done',
          result: 'success',
          fields: { account },
          accountId: account,
        })
        done.push(account)
      }
      return done
    },

    waitingTime(roles) {
      const least = isRequired(roles) ? PRIVILEGED : ORDINARY
      return resetWait > least ? resetWait : least
    },
  }
}

async function rolesOf(tx: FactorTransaction, accountId: string): Promise<readonly string[]> {
  const rows = await tx.selectFrom('holdfast.account_role').select('role').where('account_id', '=', accountId).execute()
  return rows.map((row) => row.role)
}

const HELD = ['holdfast.pending_sign_in', 'holdfast.totp', 'holdfast.passkey', 'holdfast.recovery_code'] as const
const AT_ONCE = 100
/** A service with more owners than that has other worries. */
const MOST_TOLD = 50
/** Long enough that somebody who reads their mail once a day sees it. */
const ORDINARY = hours(24)
/** Over a weekend. */
const PRIVILEGED = hours(72)
