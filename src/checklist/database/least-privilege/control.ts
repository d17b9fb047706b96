import type { DatabaseConnection, DatabaseRole } from '../../../kernel/vantage.ts'
import { compare, differenceLine } from '../../../platform/database/migrate.ts'
import { ROLE_SPECIFICATIONS, roleName, roleSql } from '../../../platform/declaration/database-roles.ts'
import type { BackendDefinition, TableDefinition } from '../../../platform/declaration/definition.ts'
import { databaseSql, grantSql, schemaSql } from '../../../platform/declaration/grants.ts'
import { policiesOf, policySql } from '../../../platform/declaration/policies.ts'

/**
 * What each role of the database may do, as statements made from the declaration. Migrations put the same ones in place;
 * here they can be read before they run, and what stands be compared with them.
 */
export interface DatabaseLeastPrivilege {
  /** Makes a role that is not there yet. Without its password. */
  roleStatements(definition: Named, role: DatabaseRole): readonly string[]
  /** Who may connect to the database and make schemas; who may use the application's schema. */
  databaseStatements(definition: Named, database: string): readonly string[]
  /** Takes everything on the table from everybody, then gives by column what is needed. */
  grantStatements(definition: Named, table: TableDefinition): readonly string[]
  /** Row-level security of the table. */
  policyStatements(definition: Definition, table: TableDefinition): readonly string[]
  /** What stands and is not declared, or the other way round: a line each, none when they agree. */
  compare(connection: DatabaseConnection, definition: Definition): Promise<readonly string[]>
}

type Named = Pick<BackendDefinition, 'name'>
type Definition = Pick<BackendDefinition, 'name' | 'tables'>

export const control: DatabaseLeastPrivilege = {
  roleStatements: (definition, role) => roleSql(roleName(definition, role), ROLE_SPECIFICATIONS[role], undefined),
  databaseStatements: (definition, database) => [
    ...databaseSql(database, definition.name),
    ...schemaSql(definition.name),
  ],
  grantStatements: (definition, table) => grantSql(table, definition.name),
  policyStatements: (definition, table) => policySql(table, policiesOf(table, definition.tables, definition.name)),
  compare: async (connection, definition) => (await compare(connection, definition)).map(differenceLine),
}
