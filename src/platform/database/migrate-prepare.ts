import type { Secret } from '../../kernel/secret.ts'
import type { DatabaseConnection, DatabaseRole } from '../../kernel/vantage.ts'
import { DATABASE_ROLES, ROLE_SPECIFICATIONS, roleName, roleSql } from '../declaration/database-roles.ts'
import { databaseSql, LARGE_OBJECTS_SQL } from '../declaration/grants.ts'
import { standingRoles } from './migrate-standing.ts'

export interface PrepareOptions {
  /** The administrator, connected to the backend's database. */
  readonly admin: DatabaseConnection
  readonly definition: { readonly name: string }
  readonly passwords: Readonly<Record<DatabaseRole, Secret>>
  /** Makes the SCRAM verifier of a password, so that no password crosses SQL. */
  readonly verifier: (password: Secret) => string
}

/** Makes the roles and closes the database, or puts right what differs. Can be run again at any time. */
export async function prepareDatabase({ admin, definition, passwords, verifier }: PrepareOptions): Promise<void> {
  const standing = await standingRoles(admin, definition)
  for (const role of DATABASE_ROLES) {
    const name = roleName(definition, role)
    for (const sql of roleSql(name, ROLE_SPECIFICATIONS[role], standing.get(name), verifier(passwords[role])))
      await admin.query(sql)
  }
  await secureDatabase({ admin, definition })
}

/**
 * What belongs to the database itself and is not copied with a template: who may connect and make schemas. Functions of
 * large objects too, where the administrator is a superuser; others can't change what PostgreSQL grants.
 */
export async function secureDatabase({
  admin,
  definition,
}: Pick<PrepareOptions, 'admin' | 'definition'>): Promise<void> {
  const { rows } = await admin.query('select current_database() as name')
  for (const sql of [...databaseSql(String(rows[0]?.name), definition.name), LARGE_OBJECTS_SQL]) await admin.query(sql)
}
