import { Refusal } from '../../../kernel/refusal.ts'
import { normaliseEmail } from './email.ts'
import type { Parts, PreparedPassword, StrongAuthentication } from './strong-authentication.ts'

/** Writes accounts and passwords, always in the caller's transaction. */
export function createAccounts({
  clock,
  events,
}: Parts): Pick<StrongAuthentication, 'createAccount' | 'storePassword' | 'standsAlone'> {
  return {
    async createAccount(tx, { id, email, name, prepared, verified }) {
      const address = normaliseEmail(email)
      if (address === null) {
        throw new Refusal('input-invalid', undefined, {
          fields: [{ at: 'body/email', problem: 'must be an e-mail address' }],
        })
      }
      const at = new Date(clock.now())
      const made = await tx
        .insertInto('holdfast.account')
        .values({
          id,
          email: address,
          name: name.normalize('NFC'),
          created_at: at,
          disabled_at: null,
          email_verified_at: verified ? at : null,
        })
        .onConflict((conflict) => conflict.column('email').doNothing())
        .returning(['id', 'email', 'name'])
        .executeTakeFirst()
      if (made === undefined) throw new Refusal('address-unusable')
      if (prepared === null) return made
      await tx
        .insertInto('holdfast.password')
        .values({ account_id: id, ...columnsOf(prepared), changed_at: at })
        .execute()
      return made
    },

    async standsAlone(tx, accountId) {
      const row = await tx
        .selectFrom('holdfast.password')
        .select('stands_alone')
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row?.stands_alone ?? true
    },

    async storePassword(tx, accountId, prepared, origin = {}) {
      const row = { ...columnsOf(prepared), changed_at: new Date(clock.now()) }
      await tx
        .insertInto('holdfast.password')
        .values({ account_id: accountId, ...row })
        .onConflict((conflict) => conflict.column('account_id').doUpdateSet(row))
        .execute()
      await events.stage(tx, {
        name: 'authn_password_change',
        result: 'success',
        fields: {},
        ...origin,
        object: `account ${accountId}`,
      })
    },
  }
}

const columnsOf = ({ phc, pepperVersion, standsAlone }: PreparedPassword) => ({
  hash: phc,
  pepper_version: pepperVersion,
  stands_alone: standsAlone,
})
