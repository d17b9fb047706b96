import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { OpenId, OpenIdParts } from './openid.ts'

/** Identities at providers, as the accounts that have them keep them. */
export function createIdentities({
  accounts,
  clock,
  events,
}: Pick<OpenIdParts, 'accounts' | 'clock' | 'events'>): Pick<
  OpenId,
  'use' | 'link' | 'unlink' | 'list' | 'accountOf' | 'waysIn'
> {
  return {
    async use(tx, proved, accountId, origin) {
      // An account disabled or an identity removed meanwhile must not leave a session behind.
      const account = await this.accountOf(tx, proved)
      if (account === null || account.id !== accountId) throw this.refusal(proved.provider.id, 'flow', origin)
      if (account.disabled) throw this.refusal(proved.provider.id, 'disabled', { ...origin, accountId })
      await tx
        .updateTable('holdfast.openid_identity')
        .set({ used_at: new Date(clock.now()) })
        .where('provider', '=', proved.provider.id)
        .where('subject', '=', proved.subject)
        .execute()
    },

    async link(tx, accountId, { provider, subject }, origin) {
      const kept = await tx
        .selectFrom('holdfast.openid_identity')
        .select('subject')
        .where('account_id', '=', accountId)
        .where('provider', '=', provider.id)
        .executeTakeFirst()
      if (kept?.subject === subject) return
      if (kept !== undefined) throw new Refusal('conflict', ANOTHER)
      const made = await tx
        .insertInto('holdfast.openid_identity')
        .values({
          provider: provider.id,
          subject,
          account_id: accountId,
          linked_at: new Date(clock.now()),
          used_at: null,
        })
        .onConflict((conflict) => conflict.columns(['provider', 'subject']).doNothing())
        .returning('subject')
        .executeTakeFirst()
      if (made === undefined) throw new Refusal('conflict', TAKEN)
      await events.stage(tx, {
        name: 'authn_openid_linked',
        result: 'success',
        fields: { provider: provider.id },
        ...origin,
        accountId,
      })
    },

    async unlink(tx, accountId, provider, origin) {
      const { numDeletedRows } = await tx
        .deleteFrom('holdfast.openid_identity')
        .where('account_id', '=', accountId)
        .where('provider', '=', provider)
        .executeTakeFirst()
      if (numDeletedRows === 0n) throw new Refusal('not-found')
      // The transaction ends here, and takes the removal back.
      if ((await this.waysIn(tx, accountId)) === 0) throw new Refusal('conflict', LAST)
      await events.stage(tx, {
        name: 'authn_openid_unlinked',
        result: 'success',
        fields: { provider },
        ...origin,
        accountId,
      })
    },

    async list(accountId) {
      const rows = await accounts
        .as(NOBODY)
        .selectFrom('holdfast.openid_identity')
        .select(['provider', 'linked_at', 'used_at'])
        .where('account_id', '=', accountId)
        .orderBy('linked_at')
        .limit(100)
        .execute()
      return rows.map(({ provider, linked_at, used_at }) => ({
        provider,
        linkedAt: linked_at.getTime(),
        usedAt: used_at?.getTime() ?? null,
      }))
    },

    async accountOf(tx, { provider, subject }) {
      const row = await tx
        .selectFrom('holdfast.openid_identity')
        .innerJoin('holdfast.account', 'holdfast.account.id', 'holdfast.openid_identity.account_id')
        .select([
          'holdfast.account.id',
          'holdfast.account.email',
          'holdfast.account.name',
          'holdfast.account.disabled_at',
        ])
        .where('holdfast.openid_identity.provider', '=', provider.id)
        .where('holdfast.openid_identity.subject', '=', subject)
        .forShare()
        .executeTakeFirst()
      if (row === undefined) return null
      const { disabled_at, ...account } = row
      return { ...account, disabled: disabled_at !== null }
    },

    async waysIn(tx, accountId) {
      const tables = ['holdfast.password', 'holdfast.passkey', 'holdfast.openid_identity'] as const
      let ways = 0
      for (const table of tables) {
        const row = await tx
          .selectFrom(table)
          .select((count) => count.fn.countAll<number>().as('n'))
          .where('account_id', '=', accountId)
          .executeTakeFirstOrThrow()
        ways += Number(row.n)
      }
      return ways
    },
  }
}

const ANOTHER = 'Your account has another identity of this provider already; remove that one first'
const TAKEN = 'This identity belongs to another account here'
const LAST = 'Nothing else signs you in; choose a password or add a passkey first'
