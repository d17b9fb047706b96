import { DATABASE_ROLES, roleName } from './database-roles.ts'
import type { TableDefinition } from './definition.ts'
import { identifier } from './sql-text.ts'

/** Privileges on one declared table: for columns where not the whole table is meant. */
export interface TableGrants {
  readonly select: readonly string[]
  readonly delete: readonly string[]
  /** The columns whose value a row may be made with. */
  readonly insert: readonly string[]
  /** The columns that may change: never the key, owner, tenant or parent. */
  readonly update: readonly string[]
  /** The role that inserts, updates and deletes. */
  readonly writer: string
}

export function grantsOf(table: TableDefinition, backend: string): TableGrants {
  const runtime = roleName({ name: backend }, 'runtime')
  const identity = (name: string): boolean => name === table.owner || name === table.tenant
  return {
    select: [runtime, roleName({ name: backend }, 'readonly')],
    delete: [runtime],
    insert: table.columns
      .filter((column) => !column.generated || column.primary || identity(column.name))
      .map((column) => column.name),
    update: table.columns
      .filter(
        (column) =>
          !column.generated && !column.primary && !identity(column.name) && column.name !== table.parent?.column,
      )
      .map((column) => column.name),
    writer: runtime,
  }
}

/** Takes everything on the table from everybody but its owner, then gives what {@link grantsOf} says. */
export function grantSql(table: TableDefinition, backend: string): readonly string[] {
  const on = `app.${identifier(table.name)}`
  const grants = grantsOf(table, backend)
  const everybody = DATABASE_ROLES.filter((role) => role !== 'owner').map((role) =>
    identifier(roleName({ name: backend }, role)),
  )
  const columns = (names: readonly string[]): string => names.map(identifier).join(', ')
  return [
    `revoke all on ${on} from public, ${everybody.join(', ')}`,
    `grant select on ${on} to ${columns(grants.select)}`,
    `grant insert (${columns(grants.insert)}) on ${on} to ${identifier(grants.writer)}`,
    ...(grants.update.length === 0
      ? []
      : [`grant update (${columns(grants.update)}) on ${on} to ${identifier(grants.writer)}`]),
    `grant delete on ${on} to ${columns(grants.delete)}`,
  ]
}

/**
 * What is set on the database itself, by its administrator. Copies made from a template have none of it, so it is run on
 * each.
 */
export function databaseSql(database: string, backend: string): readonly string[] {
  const name = identifier(database)
  const role = (which: (typeof DATABASE_ROLES)[number]): string => identifier(roleName({ name: backend }, which))
  const connecting = DATABASE_ROLES.filter((which) => which !== 'backup').map(role)
  return [
    `revoke all on database ${name} from public, ${DATABASE_ROLES.map(role).join(', ')}`,
    `grant connect on database ${name} to ${connecting.join(', ')}`,
    // Migrations make schemas.
    `grant create on database ${name} to ${role('owner')}`,
    `do $$ begin
  if exists (select from pg_catalog.pg_namespace where nspname = 'public') then
    revoke all on schema public from public;
  end if;
end $$`,
  ]
}

/**
 * Takes the functions of large objects from everybody: they keep data beside all tables, under no row-level security, and fill the
 * disk. They belong to the system, so only a superuser can; for others there is nothing to do here, and nothing fails.
 */
export const LARGE_OBJECTS_SQL = `do $$
declare each record;
begin
  if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then return; end if;
  for each in
    select p.oid::pg_catalog.regprocedure as signature from pg_catalog.pg_proc p
    where p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace and p.proname ~ '^(lo_[a-z0-9_]+|loread|lowrite)$'
  loop
    execute format('revoke execute on function %s from public', each.signature);
  end loop;
end $$`

/** What is set on the application's schema, by the owner. */
export function schemaSql(backend: string): readonly string[] {
  const role = (which: (typeof DATABASE_ROLES)[number]): string => identifier(roleName({ name: backend }, which))
  return [
    'create schema if not exists app',
    `revoke all on schema app from public, ${DATABASE_ROLES.filter((which) => which !== 'owner')
      .map(role)
      .join(', ')}`,
    `grant usage on schema app to ${role('runtime')}, ${role('readonly')}`,
    // What is made later is closed until it is granted. Functions are open to everybody by PostgreSQL's own default.
    'alter default privileges revoke execute on functions from public',
  ]
}
