import type { Kysely } from 'kysely'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import { MAX_ROLES } from './role-store.ts'
import type { StoredRole } from './roles.ts'

/** The tables that the accounts role works on. */
export type RoleDatabase = Kysely<HoldfastTables>

/** All rows of `holdfast.role` by name; one more than may be, where there are too many, so that the excess is seen. */
export async function readRoles(db: RoleDatabase): Promise<readonly StoredRole[]> {
  const rows = await db
    .selectFrom('holdfast.role')
    .select(['name', 'origin', 'grants', 'inherits'])
    .orderBy('name')
    .limit(MAX_ROLES + 1)
    .execute()
  return rows
}

/** The names of the roles by which an account may do anything: none where it is out of use or does not exist. */
export async function readRolesOf(db: RoleDatabase, accountId: string): Promise<readonly string[]> {
  const rows = await givenRoles(db, accountId).where('holdfast.account.disabled_at', 'is', null).execute()
  return rows.map((row) => row.role)
}

/** The names of the roles an account was given: also while it is out of use, since it has them again when it is not. */
export async function readGivenRolesOf(db: RoleDatabase, accountId: string): Promise<readonly string[]> {
  const rows = await givenRoles(db, accountId).execute()
  return rows.map((row) => row.role)
}

const givenRoles = (db: RoleDatabase, accountId: string) =>
  db
    .selectFrom('holdfast.account_role')
    .innerJoin('holdfast.account', 'holdfast.account.id', 'holdfast.account_role.account_id')
    .select('holdfast.account_role.role')
    .where('holdfast.account.id', '=', accountId)
