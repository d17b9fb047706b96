import type { DatabaseConnection, DatabaseRole } from '../../../kernel/vantage.ts'

/** Something a role must not be able to do. */
export interface Attempt {
  readonly sql: string
  /** What it may do, and what makes `sql` tell something. A refusal of this one is not taken for one of `sql`. */
  readonly first?: string
  /** Other SQLSTATEs than 42501 that refuse it as surely. */
  readonly or?: readonly string[]
}

/** What {@link attempt} saw: `done`, or the SQLSTATE of the refusal. */
export type Outcome = string

/** Runs a statement in a transaction that is always rolled back, so that even a success leaves nothing behind. */
export async function attempt(connection: DatabaseConnection, sql: string, first?: string): Promise<Outcome> {
  // A role that only reads by default could write by saying so: the grants must refuse, not the default.
  await connection.query('begin transaction read write')
  try {
    const failed = first === undefined ? undefined : await connection.query(first).then(() => undefined, stateOf)
    if (failed !== undefined) return `${failed} before it was tried`
    await connection.query(sql)
    return 'done'
  } catch (error) {
    return stateOf(error) ?? 'no answer'
  } finally {
    await connection.query('rollback')
  }
}

/** The SQLSTATE of an error, or of what caused it. */
export function stateOf(error: unknown): string | undefined {
  return chain(error)
    .map((each) => ('code' in each ? each.code : undefined))
    .find((code): code is string => typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code))
}

/** Whether an error, or what caused it, says so. */
export const says = (error: unknown, words: string): boolean =>
  chain(error).some(({ message }) => message.includes(words))

function chain(error: unknown): readonly Error[] {
  const errors: Error[] = []
  for (let at = error; at instanceof Error && errors.length < 5; at = at.cause) errors.push(at)
  return errors
}

/** What the attempts need to know of the database. */
export interface Place {
  readonly database: string
  roleName(role: DatabaseRole): string
  /** A declared table with one of its columns and policies, where the application has any. */
  readonly table?: { readonly name: string; readonly column: string; readonly policy: string }
}

/** The same for every role that is not the owner: nothing of the server, of other roles, of the schema, of files. */
export function common(place: Place, self: DatabaseRole): readonly Attempt[] {
  const owner = place.roleName('owner')
  const other = place.roleName(self === 'accounts' ? 'runtime' : 'accounts')
  return [
    ...server(place, self),
    { sql: 'create table app.probe_table (a integer)' },
    { sql: 'create table public.probe_table (a integer)', or: ['3F000'] },
    { sql: 'create temporary table probe_table (a integer)' },
    { sql: 'create view app.probe_view as select 1' },
    { sql: 'create function app.probe_function() returns integer language sql as $$ select 1 $$' },
    { sql: 'create schema probe_schema' },
    { sql: 'create extension dblink' },
    { sql: 'create publication probe_publication for all tables' },
    { sql: `set role ${owner}` },
    { sql: `set role ${other}` },
    { sql: `alter role ${owner} password null` },
    { sql: `grant ${owner} to ${place.roleName(self)}` },
    { sql: 'drop table holdfast.event_staging' },
    { sql: 'drop schema holdfast cascade' },
    { sql: 'grant execute on function pg_catalog.pg_read_file(text) to public' },
    { sql: 'truncate holdfast.account cascade' },
    { sql: 'alter function holdfast.account_id() owner to current_user' },
    { sql: 'update holdfast.event_staging set count = 2' },
    { sql: 'delete from holdfast.event_staging' },
    { sql: 'truncate holdfast.event_staging' },
    { sql: 'delete from holdfast_migrations.applied' },
    ...(place.table === undefined ? [] : onTable(place.table)),
  ]
}

/** What not even the owner of the tables may do: it migrates, it does not administer. */
export function server(place: Place, self: DatabaseRole): readonly Attempt[] {
  const me = place.roleName(self)
  return [
    { sql: 'create role probe_role superuser' },
    { sql: 'create role probe_role' },
    { sql: `alter role ${me} superuser` },
    { sql: `alter role ${me} bypassrls` },
    { sql: `alter role ${me} createrole` },
    { sql: `grant pg_read_server_files to ${me}` },
    { sql: 'set role pg_execute_server_program' },
    { sql: 'set session_replication_role = replica' },
    { sql: 'set log_statement = none' },
    { sql: `alter database ${place.database} connection limit 1000` },
    { sql: "copy (select 1) to program 'true'" },
    { sql: "copy (select 1) to '/dev/null'" },
    { sql: "select pg_read_file('PG_VERSION')" },
    { sql: "select pg_read_binary_file('global/pg_control')" },
    { sql: "select pg_ls_dir('.')" },
    { sql: "select lo_import('/etc/hostname')" },
    { sql: 'select lo_create(0)' },
    { sql: "select lo_from_bytea(0, 'kept beside all tables')" },
    { sql: 'select lo_unlink(1)' },
    { sql: 'select rolname, rolpassword from pg_authid' },
    { sql: 'select usename, passwd from pg_shadow' },
    { sql: 'select * from pg_hba_file_rules' },
    { sql: 'select pg_reload_conf()' },
    { sql: 'select pg_switch_wal()' },
    { sql: "create function pg_temp.probe_function() returns integer language c as 'libc', 'getpid'" },
    { sql: 'create event trigger probe_trigger on ddl_command_end execute function holdfast.account_id()' },
    { sql: 'create foreign data wrapper probe_wrapper' },
  ]
}

/** The schema of a declared table belongs to its owner. */
function onTable({ name, column, policy }: NonNullable<Place['table']>): readonly Attempt[] {
  return [
    { sql: `drop table ${name} cascade` },
    { sql: `truncate ${name} cascade` },
    { sql: `alter table ${name} disable row level security` },
    { sql: `alter table ${name} no force row level security` },
    { sql: `alter table ${name} add column probe integer` },
    { sql: `alter table ${name} owner to current_user` },
    { sql: `drop policy ${policy} on ${name}` },
    { sql: `alter policy ${policy} on ${name} using (true)` },
    { sql: `create policy probe_policy on ${name} using (true)` },
    { sql: `create index probe_index on ${name} (${column})` },
    { sql: `copy ${name} to program 'true'` },
    { sql: `create trigger probe_trigger before insert on ${name} execute function holdfast.account_id()` },
  ]
}

/** A tenant, an account, and the account in the tenant. */
const INHABITED = `with t as (select gen_random_uuid() as id), a as (select gen_random_uuid() as id),
  tenant as (insert into holdfast.tenant (id, name, created_at) select id, 'probe', now() from t),
  account as (insert into holdfast.account (id, email, name, created_at) select id, id || '@probe.example', 'probe', now() from a)
  insert into holdfast.tenant_member (tenant_id, account_id, manages, joined_at) select t.id, a.id, true, now() from t, a`

/** What one role may not do beyond {@link common}. */
export const OWN: Readonly<Partial<Record<DatabaseRole, readonly Attempt[]>>> = {
  runtime: [
    { sql: 'select from holdfast.password' },
    { sql: 'select from holdfast.session' },
    { sql: 'select from holdfast.one_time_link' },
    { sql: 'select from holdfast.account' },
    { sql: 'select from holdfast.account_role' },
    { sql: 'select from holdfast.event_staging' },
    { sql: `insert into holdfast.role (name, origin, grants, inherits) values ('probe', 'custom', '{}', '{}')` },
    { sql: `update holdfast.role set grants = '{}'` },
    { sql: 'delete from holdfast.account_role' },
    { sql: 'select from holdfast_migrations.applied' },
    { sql: 'select from holdfast_jobs.job' },
    { sql: `insert into holdfast_jobs.job (name, data) values ('mail', '{}')` },
    { sql: `insert into holdfast_jobs.job (name, data) values ('job.probe', '{"by": "somebody||all"}')` },
    { sql: 'update holdfast_jobs.job_common set state = state' },
  ],
  accounts: [
    { sql: 'select from holdfast.event_staging' },
    // A tenant that somebody is in goes with nobody; it is made here, so that there is one.
    { first: INHABITED, sql: 'delete from holdfast.tenant' },
    { sql: 'delete from holdfast.password' },
    { sql: 'select from holdfast_jobs.job' },
    { sql: 'select from holdfast_jobs.job_common' },
    { sql: `insert into holdfast_jobs.job (name, data) values ('mail-failed', '{}')` },
    { sql: `insert into holdfast_jobs.job (name, data, state) values ('mail', '{}', 'completed')` },
    { sql: `update holdfast_jobs.job set data = '{}'` },
    { sql: 'delete from holdfast_jobs.job' },
    { sql: 'update holdfast.account set id = id' },
    { sql: 'update holdfast.session set account_id = account_id' },
    { sql: `update holdfast.role set origin = 'custom'` },
    { sql: 'select from holdfast_migrations.applied' },
  ],
  jobs: [
    { sql: 'select from holdfast.password' },
    { sql: 'select from holdfast.session' },
    { sql: 'select email from holdfast.account' },
    { sql: 'select name from holdfast.account' },
    { sql: 'select from holdfast.mail_link' },
    { sql: 'select from holdfast.totp' },
    { sql: 'select from holdfast.event_staging' },
    { sql: 'insert into holdfast_jobs.queue select * from holdfast_jobs.queue' },
    { sql: 'delete from holdfast_jobs.queue' },
    { sql: `select holdfast_jobs.create_queue('probe', '{}')` },
    { sql: `select holdfast_jobs.job_table_run('select 1')` },
    { sql: 'drop table holdfast_jobs.job cascade' },
    { sql: 'alter table holdfast_jobs.job disable row level security' },
    { sql: 'select from holdfast_migrations.applied' },
  ],
  readonly: [
    { sql: 'select from holdfast.password' },
    { sql: 'select from holdfast.session' },
    { sql: 'select from holdfast.account' },
    { sql: 'select from holdfast.event_staging' },
    { sql: `insert into holdfast.tenant (id, name, created_at) values (gen_random_uuid(), 'probe', now())` },
  ],
  auditor: [
    { sql: 'select from holdfast.password' },
    { sql: 'select token_hash from holdfast.session' },
    { sql: 'select from holdfast.one_time_link' },
    { sql: 'update holdfast.account set name = name' },
    {
      sql: `insert into holdfast.account_role (account_id, role, granted_at) select gen_random_uuid(), 'owner', now()`,
    },
  ],
}

/** A tenant that nobody is in. */
const EMPTY = '00000000-0000-4000-8000-70726f626521'

/** What a role is for, so that a database which refuses everything does not pass. */
export const ALLOWED: Readonly<Partial<Record<DatabaseRole, readonly string[]>>> = {
  owner: ['create table app.probe_table (a integer)', 'select from holdfast.password'],
  runtime: [
    'select holdfast.account_id()',
    `insert into holdfast.event_staging (id, at, name, result, fields) values (gen_random_uuid(), now(), 'probe', 'success', '{}')`,
  ],
  accounts: [
    'select from holdfast.password',
    `update holdfast.session set used_at = used_at`,
    `insert into holdfast.tenant (id, name, created_at) values ('${EMPTY}', 'probe', now()); delete from holdfast.tenant where id = '${EMPTY}'`,
    `insert into holdfast_jobs.job (name, data) values ('mail', '{}')`,
    `insert into holdfast.event_staging (id, at, name, result, fields) values (gen_random_uuid(), now(), 'probe', 'success', '{}')`,
  ],
  jobs: [
    'select from holdfast_jobs.job',
    'update holdfast_jobs.job_common set state = state',
    `insert into holdfast.event_staging (id, at, name, result, fields) values (gen_random_uuid(), now(), 'probe', 'success', '{}')`,
  ],
  readonly: ['select holdfast.account_id()'],
  auditor: [
    'select from holdfast.event_staging',
    'select from holdfast.account',
    'select from holdfast_migrations.applied',
  ],
}
