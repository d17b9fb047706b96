import type { DatabaseRole } from '../../kernel/vantage.ts'
import { identifier, literal } from './sql-text.ts'

/** `my-notes` and `runtime` → `my_notes_runtime`. */
export const roleName = (definition: { readonly name: string }, role: DatabaseRole): string =>
  `${definition.name.replaceAll('-', '_')}_${role}`

export const DATABASE_ROLES: readonly DatabaseRole[] = [
  'owner',
  'runtime',
  'accounts',
  'jobs',
  'readonly',
  'backup',
  'auditor',
]

/** What a role is and how far it can go: no attribute beyond, no membership in another. */
export interface RoleSpecification {
  readonly replication: boolean
  /** Over all nodes. */
  readonly connections: number
  /** Settings of the role, as `pg_db_role_setting` shows them. */
  readonly settings: Readonly<Record<string, string>>
}

/** A role as the catalog has it. */
export interface StandingRole {
  readonly name: string
  readonly superuser: boolean
  readonly bypassesRowSecurity: boolean
  readonly createsDatabases: boolean
  readonly createsRoles: boolean
  readonly inherits: boolean
  readonly replication: boolean
  readonly login: boolean
  readonly connections: number
  /** Of all databases. */
  readonly settings: Readonly<Record<string, string>>
  /** Settings for a database of its own, which would override those: `notes: search_path=public`. */
  readonly overrides: readonly string[]
  readonly memberOf: readonly string[]
}

// pg_catalog first, so that nobody's object takes the place of a built-in one; pg_temp last, where it shadows nothing.
const CATALOG_ONLY = 'pg_catalog, pg_temp'
const APPLICATION = 'pg_catalog, app, pg_temp'

export const ROLE_SPECIFICATIONS: Readonly<Record<DatabaseRole, RoleSpecification>> = {
  // Migrations only: never held by the server.
  owner: role({ connections: 5, searchPath: CATALOG_ONLY, statement: '10min', idle: '1min', lock: '30s' }),
  // The application's handlers.
  runtime: role({ connections: 60, searchPath: APPLICATION, statement: '10s', idle: '15s', lock: '5s' }),
  // Sign-in, sessions and administration.
  accounts: role({ connections: 40, searchPath: CATALOG_ONLY, statement: '10s', idle: '15s', lock: '5s' }),
  // The worker: takes jobs out of the queue.
  jobs: role({ connections: 20, searchPath: CATALOG_ONLY, statement: '30s', idle: '15s', lock: '5s' }),
  // People and reports: what an identity may see.
  readonly: role({
    connections: 5,
    searchPath: APPLICATION,
    statement: '1min',
    idle: '1min',
    lock: '5s',
    readOnly: true,
  }),
  // Copies the cluster by the replication protocol; can't connect to a database.
  backup: role({
    connections: 4,
    searchPath: CATALOG_ONLY,
    statement: '1min',
    idle: '1min',
    lock: '5s',
    replication: true,
  }),
  // Catalog and events.
  auditor: role({
    connections: 5,
    searchPath: CATALOG_ONLY,
    statement: '1min',
    idle: '1min',
    lock: '5s',
    readOnly: true,
  }),
}

/** Statements that make a role what it has to be; none where it is. The password is set as a verifier, never as itself. */
export function roleSql(
  name: string,
  specification: RoleSpecification,
  standing: StandingRole | undefined,
  verifier?: string,
): readonly string[] {
  const role = identifier(name)
  const statements: string[] = []
  if (standing === undefined) {
    statements.push(
      `create role ${role} login nosuperuser nobypassrls nocreatedb nocreaterole noinherit ${specification.replication ? 'replication' : 'noreplication'}`,
    )
  } else {
    // Each only where it differs: a managed server's administrator may not even name some of these.
    const wrong = attributeFaults(standing, specification)
    if (wrong.length > 0) statements.push(`alter role ${role} ${wrong.map((fault) => fault.right).join(' ')}`)
    for (const group of standing.memberOf) statements.push(`revoke ${identifier(group)} from ${role}`)
  }
  if (standing?.connections !== specification.connections)
    statements.push(`alter role ${role} connection limit ${specification.connections}`)
  for (const [setting, value] of Object.entries(specification.settings)) {
    if (standing?.settings[setting] === value) continue
    // A search path is a list of names; as one quoted text it would be one name.
    statements.push(`alter role ${role} set ${setting} = ${setting === 'search_path' ? value : literal(value)}`)
  }
  for (const setting of Object.keys(standing?.settings ?? {})) {
    if (!(setting in specification.settings)) statements.push(`alter role ${role} reset ${identifier(setting)}`)
  }
  for (const override of standing?.overrides ?? []) {
    const database = override.slice(0, override.indexOf(': '))
    statements.push(`alter role ${role} in database ${identifier(database)} reset all`)
  }
  if (verifier !== undefined) statements.push(`alter role ${role} password ${literal(verifier)}`)
  return statements
}

/** How a standing role differs: what it is, and the words that put it right. */
export function attributeFaults(
  standing: StandingRole,
  specification: RoleSpecification,
): readonly { readonly is: string; readonly right: string }[] {
  const faults: { is: string; right: string }[] = []
  const never = [
    [standing.superuser, 'is superuser', 'nosuperuser'],
    [standing.bypassesRowSecurity, 'bypasses row-level security', 'nobypassrls'],
    [standing.createsDatabases, 'creates databases', 'nocreatedb'],
    [standing.createsRoles, 'creates roles', 'nocreaterole'],
    [standing.inherits, 'inherits', 'noinherit'],
    [standing.replication && !specification.replication, 'replicates', 'noreplication'],
    [!standing.replication && specification.replication, 'does not replicate', 'replication'],
    [!standing.login, 'can not log in', 'login'],
  ] as const
  for (const [wrong, is, right] of never) if (wrong) faults.push({ is, right })
  return faults
}

function role(given: {
  connections: number
  searchPath: string
  statement: string
  idle: string
  lock: string
  readOnly?: boolean
  replication?: boolean
}): RoleSpecification {
  return {
    replication: given.replication ?? false,
    connections: given.connections,
    settings: {
      search_path: given.searchPath,
      statement_timeout: given.statement,
      idle_in_transaction_session_timeout: given.idle,
      lock_timeout: given.lock,
      ...(given.readOnly ? { default_transaction_read_only: 'on' } : {}),
    },
  }
}
