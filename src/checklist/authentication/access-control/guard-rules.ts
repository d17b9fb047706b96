import type { Scope } from '../../../kernel/principal.ts'
import { covers, OWNER } from './roles.ts'
import type { RoleDatabase } from './stored-roles.ts'

/** Somebody, or a role, with what it effectively may do. */
export interface Holder {
  /** Names of the roles it is made of. */
  readonly roles: readonly string[]
  readonly permissions: ReadonlyMap<string, Scope>
}

/** What every change of roles is judged by. An application may put stricter ones in their place. */
export interface GuardRules {
  /** Lets one change of roles at a time through, until the transaction ends. */
  lock(tx: RoleDatabase): Promise<void>
  /** Whether `actor` holds all that `role` grants, each at least as far. */
  holdsAll(actor: Holder, role: Holder): boolean
  /** How many owners whose account is in use there are besides this one. Only right behind {@link GuardRules.lock}. */
  otherOwners(tx: RoleDatabase, accountId: string): Promise<number>
}

export const GUARD_RULES: GuardRules = Object.freeze<GuardRules>({
  async lock(tx) {
    // The owner's row is always there and stands for the whole table: rows that do not exist yet can't be locked. What is read after it
    // is read in a new snapshot (READ COMMITTED), so it shows what the one before did.
    await tx.selectFrom('holdfast.role').select('name').where('name', '=', OWNER).forUpdate().executeTakeFirstOrThrow()
  },

  holdsAll(actor, role) {
    for (const [permission, scope] of role.permissions) {
      if (!covers(actor.permissions.get(permission), scope)) return false
    }
    return true
  },

  async otherOwners(tx, accountId) {
    const owners = await tx
      .selectFrom('holdfast.account_role')
      .innerJoin('holdfast.account', 'holdfast.account.id', 'holdfast.account_role.account_id')
      .select('holdfast.account.id')
      .where('holdfast.account_role.role', '=', OWNER)
      .where('holdfast.account.id', '!=', accountId)
      .where('holdfast.account.disabled_at', 'is', null)
      // One is enough to know.
      .limit(1)
      .execute()
    return owners.length
  },
})
