import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { DatabaseLeastPrivilege } from './control.ts'

/** Mistakes people ship with database accounts. Roles are found by their ending: one backend has a cluster of twins for itself. */
export const sabotages: readonly Sabotage<DatabaseLeastPrivilege>[] = [
  {
    name: 'granted-to-everybody',
    fault: 'Somebody could not read a table, so it was granted to PUBLIC.',
    leaves: 'present',
    caughtBy: ['public'],
    plant: (plan) => plan.sql('grant usage on schema holdfast to public; grant select on holdfast.account to public'),
  },
  {
    name: 'runtime-bypasses-row-security',
    fault: 'A migration that saw no rows was helped with BYPASSRLS, on the wrong role.',
    leaves: 'present',
    caughtBy: ['roles', 'row-security'],
    alsoBreaks: ['authentication/access-control'],
    plant: (plan) =>
      plan.sql(forRole('runtime', 'alter role %I bypassrls'), forRole('runtime', 'alter role %I nobypassrls')),
  },
  {
    name: 'row-security-not-forced',
    fault: 'FORCE was taken off for a repair and never put back.',
    leaves: 'present',
    caughtBy: ['row-security'],
    plant: (plan) => plan.sql(forTables('alter table %s no force row level security')),
  },
  {
    name: 'policies-let-everything-through',
    fault: 'Policies are there, enabled and forced, and say using (true).',
    leaves: 'present',
    caughtBy: ['row-security'],
    alsoBreaks: ['authentication/access-control'],
    plant: (plan) => plan.sql(forTables('alter policy %3$I on %1$s using (true)')),
  },
  {
    name: 'runtime-owns-its-tables',
    fault: 'One user migrates and serves, as in most tutorials.',
    leaves: 'absent',
    caughtBy: ['roles', 'runtime-confined'],
    plant: (plan) => plan.sql(forTables('alter table %s owner to %I', 'runtime')),
  },
  {
    name: 'runtime-reads-passwords',
    fault: 'GRANT SELECT ON ALL TABLES IN SCHEMA, with one schema too many.',
    leaves: 'present',
    caughtBy: ['runtime-confined'],
    alsoBreaks: ['authentication/strong-authentication'],
    plant: (plan) => plan.sql(forRole('runtime', 'grant select on all tables in schema holdfast to %I')),
  },
  {
    name: 'worker-reads-passwords',
    fault: 'A job was to remind people of old passwords, so the worker was let read them.',
    leaves: 'present',
    caughtBy: ['jobs-confined'],
    plant: (plan) =>
      plan.sql(forRole('jobs', 'grant usage on schema holdfast to %1$I; grant select on holdfast.password to %1$I')),
  },
  {
    name: 'accounts-deletes-tenants',
    fault: 'Deleting a tenant that still had a member failed in support, so the trigger that refuses it was disabled.',
    leaves: 'present',
    caughtBy: ['accounts-confined'],
    plant: (plan) =>
      plan.sql(
        'alter table holdfast.tenant disable trigger keep_inhabited',
        'alter table holdfast.tenant enable trigger keep_inhabited',
      ),
  },
  {
    name: 'accounts-reads-the-queue',
    fault: 'Whether a mail has gone out was to be shown, so the server that stages mails may read the queue.',
    leaves: 'present',
    caughtBy: ['accounts-confined', 'built-in-tables'],
    plant: (plan) => plan.sql(forRole('accounts', 'grant select on holdfast_jobs.job_common to %I')),
  },
  {
    name: 'accounts-fills-any-queue',
    fault: 'The policy of the queue was opened, since somebody did not see why an insert failed.',
    leaves: 'present',
    caughtBy: ['accounts-confined'],
    plant: (plan) => plan.sql('alter policy mail on holdfast_jobs.job with check (true)'),
  },
  {
    name: 'readonly-writes',
    fault: 'Reporting keeps its marks in the application’s tables.',
    leaves: 'present',
    caughtBy: ['readonly-confined', 'columns'],
    plant: (plan) => plan.sql(forRole('readonly', 'grant insert, delete on all tables in schema app to %I')),
  },
  {
    name: 'owner-is-superuser',
    fault: 'The migration user needed an extension once and stayed superuser.',
    leaves: 'present',
    caughtBy: ['owner-confined', 'roles'],
    plant: (plan) =>
      plan.sql(forRole('owner', 'alter role %I superuser'), forRole('owner', 'alter role %I nosuperuser')),
  },
  {
    name: 'backup-connects',
    fault: 'The backup user may connect, so that a dump tool works with it too.',
    leaves: 'present',
    caughtBy: ['backup-confined'],
    plant: (plan) => plan.sql(forRole('backup', 'grant connect on database %2$I to %1$I')),
  },
  {
    name: 'backup-replicates-no-more',
    fault: 'Somebody tidied up the attributes of roles, and backups fail since.',
    leaves: 'present',
    caughtBy: ['backup-confined'],
    plant: (plan) =>
      plan.sql(forRole('backup', 'alter role %I noreplication'), forRole('backup', 'alter role %I replication')),
  },
  {
    name: 'events-can-be-changed',
    fault: 'Who writes events may update them, to fold counts.',
    leaves: 'present',
    caughtBy: ['events-append-only'],
    plant: (plan) => plan.sql(forRole('runtime', 'grant select, update on holdfast.event_staging to %I')),
  },
  {
    name: 'own-events-are-everybodys',
    fault: 'The function that shows people their own events was rewritten without its condition.',
    leaves: 'present',
    caughtBy: ['events-append-only'],
    plant: (plan) =>
      plan.sql(`create or replace function holdfast.own_events()
        returns table (at timestamptz, name varchar, result varchar, by_themselves boolean, object varchar, address varchar, fields text)
        language sql stable security definer set search_path = pg_catalog, pg_temp as $$
        select e.at, e.name, e.result, e.account_id is not distinct from holdfast.account_id(), e.object, e.address, e.fields::text
        from holdfast.event_staging e order by e.n desc limit 10000 $$`),
  },
  {
    name: 'own-events-for-whoever-serves',
    fault: 'A handler wanted to show people their events, so the runtime role was let run the function too.',
    leaves: 'present',
    caughtBy: ['public'],
    plant: (plan) => plan.sql(forRole('runtime', 'grant execute on function holdfast.own_events() to %I')),
  },
  {
    name: 'owner-column-can-change',
    fault: 'UPDATE is granted on whole tables, so that rows can change hands.',
    leaves: 'present',
    caughtBy: ['columns'],
    plant: (plan) => plan.sql(forRole('runtime', 'grant update on all tables in schema app to %I')),
  },
  {
    name: 'readonly-reads-invitations',
    fault: 'A report on sign-ups was given the table of one-time links, and with it who is invited.',
    leaves: 'present',
    caughtBy: ['built-in-tables'],
    plant: (plan) => plan.sql(forRole('readonly', 'grant select on holdfast.one_time_link to %I')),
  },
  {
    name: 'unsafe-search-path',
    fault: 'The search path begins with a schema others may write to.',
    leaves: 'present',
    caughtBy: ['roles'],
    plant: (plan) =>
      plan.sql(
        forRole('runtime', 'alter role %I set search_path = public, app'),
        forRole('runtime', 'alter role %I set search_path = pg_catalog, app, pg_temp'),
      ),
  },
  {
    name: 'no-statement-timeout-here',
    fault: 'A long report was cut off, so the timeout was set to 0, for this database only.',
    leaves: 'present',
    caughtBy: ['roles'],
    plant: (plan) =>
      plan.sql(
        forRole('runtime', 'alter role %I in database %I set statement_timeout = 0'),
        forRole('runtime', 'alter role %I in database %I reset statement_timeout'),
      ),
  },
  {
    name: 'view-reads-as-its-owner',
    fault: 'A view for a report, made by the administrator: it reads as its owner, past row-level security.',
    leaves: 'present',
    caughtBy: ['public'],
    plant: (plan) =>
      plan.sql(
        forRole(
          'readonly',
          'create view holdfast.report as select id, email from holdfast.account; grant select on holdfast.report to %I',
        ),
      ),
  },
  {
    name: 'future-tables-granted',
    fault: 'ALTER DEFAULT PRIVILEGES, so that nobody has to think of grants for new tables.',
    leaves: 'present',
    caughtBy: ['public'],
    plant: (plan) =>
      plan.sql(forRole('readonly', 'alter default privileges in schema holdfast grant select on tables to %I')),
  },
  {
    name: 'large-objects-for-everybody',
    fault: 'The functions of large objects stay as PostgreSQL grants them: to everybody.',
    leaves: 'absent',
    caughtBy: ['runtime-confined', 'public'],
    plant: (plan) =>
      plan.sql(
        'grant execute on function lo_create(oid), lo_from_bytea(oid, bytea), lo_get(oid), lo_unlink(oid) to public',
      ),
  },
  {
    name: 'helper-runs-as-its-owner',
    fault: 'A SECURITY DEFINER function for one report, callable by everybody as functions are by default.',
    leaves: 'present',
    caughtBy: ['public'],
    plant: (plan) =>
      plan.sql(
        `create function holdfast.report() returns bigint language sql security definer as 'select count(*) from holdfast.password'`,
      ),
  },
  {
    name: 'readonly-reads-files',
    fault: 'Reporting was made a member of pg_read_server_files, to load a list once.',
    leaves: 'present',
    caughtBy: ['roles'],
    plant: (plan) =>
      plan.sql(
        forRole('readonly', 'grant pg_read_server_files to %I'),
        forRole('readonly', 'revoke pg_read_server_files from %I'),
      ),
  },
  {
    name: 'auditor-reads-the-application',
    fault: 'The auditor got pg_read_all_data, because audit should see everything.',
    leaves: 'present',
    caughtBy: ['auditor-confined'],
    alsoBreaks: ['authentication/strong-authentication'],
    plant: (plan) =>
      plan.sql(
        forRole('auditor', 'alter role %1$I inherit; grant pg_read_all_data to %1$I'),
        forRole('auditor', 'revoke pg_read_all_data from %1$I; alter role %1$I noinherit'),
      ),
  },
]

/** Runs a statement with the name of a role (`%1$I`) and of the database (`%2$I`). */
function forRole(role: string, statement: string): string {
  return `do $sabotage$
declare named name;
begin
  select rolname into strict named from pg_roles where rolcanlogin and rolname like '%\\_${role}';
  execute format($statement$${statement}$statement$, named, current_database());
end $sabotage$`
}

/** Runs a statement for each table of the application (`%1$s`), with a role (`%2$I`) and its policies for reading (`%3$I`). */
function forTables(statement: string, role = 'runtime'): string {
  return `do $sabotage$
declare at record;
begin
  for at in select c.oid::regclass as relation, r.rolname, p.polname from pg_class c
    join pg_roles r on r.rolcanlogin and r.rolname like '%\\_${role}'
    join pg_policy p on p.polrelid = c.oid and p.polcmd = 'r'
    where c.relnamespace = 'app'::regnamespace
  loop
    execute format($statement$${statement}$statement$, at.relation, at.rolname, at.polname);
  end loop;
end $sabotage$`
}
