import type { DatabaseConnection } from '../../kernel/vantage.ts'
import { DATABASE_ROLES, roleName, type StandingRole } from '../declaration/database-roles.ts'

/** The application's schema as the catalog has it. */
export interface StandingTable {
  readonly name: string
  readonly owner: string
  readonly rowSecurity: boolean
  readonly forced: boolean
  readonly columns: readonly StandingColumn[]
  /** Name → definition, as PostgreSQL writes it. */
  readonly constraints: ReadonlyMap<string, string>
  readonly indexes: ReadonlyMap<string, string>
  readonly policies: ReadonlyMap<string, string>
  /** `notes_runtime SELECT`, `notes_runtime INSERT (title)`; the owner's own are left out. */
  readonly grants: ReadonlySet<string>
}

export interface StandingColumn {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  /** Default or generating expression. */
  readonly expression: string
}

/** Reads `app`; needs no right beyond connecting, since the catalog is open. */
export async function standingTables(connection: DatabaseConnection): Promise<readonly StandingTable[]> {
  const { rows } = await connection.query(TABLES)
  return rows.map((row) => ({
    name: String(row.name),
    owner: String(row.owner),
    rowSecurity: row.row_security === true,
    forced: row.forced === true,
    columns: list(row.columns).map((column) => ({
      name: String(column.name),
      type: String(column.type),
      nullable: column.nullable === true,
      expression: String(column.expression ?? ''),
    })),
    constraints: pairs(row.constraints),
    indexes: pairs(row.indexes),
    policies: pairs(row.policies),
    grants: new Set(list(row.grants).map(grantText)),
  }))
}

/** The backend's roles that are there. */
export async function standingRoles(
  connection: DatabaseConnection,
  definition: { readonly name: string },
): Promise<ReadonlyMap<string, StandingRole>> {
  const { rows } = await connection.query(ROLES, [DATABASE_ROLES.map((role) => roleName(definition, role))])
  return new Map(
    rows.map((row) => [
      String(row.name),
      {
        name: String(row.name),
        superuser: row.superuser === true,
        bypassesRowSecurity: row.bypass === true,
        createsDatabases: row.createdb === true,
        createsRoles: row.createrole === true,
        inherits: row.inherits === true,
        replication: row.replication === true,
        login: row.login === true,
        connections: Number(row.connections),
        settings: Object.fromEntries(texts(row.settings).map(setting)),
        overrides: texts(row.overrides),
        memberOf: texts(row.member_of),
      },
    ]),
  )
}

/** What each object of Holdfast's own schema may be used for, by whom: `holdfast.password` → its access list. */
export async function standingAccess(connection: DatabaseConnection): Promise<ReadonlyMap<string, string>> {
  const { rows } = await connection.query(ACCESS)
  return new Map(rows.map((row) => [String(row.name), String(row.access)]))
}

const setting = (text: string): readonly [string, string] => {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}

type Json = Readonly<Record<string, unknown>>
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : [])
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
const pairs = (value: unknown): ReadonlyMap<string, string> =>
  new Map(list(value).map((pair) => [String(pair.name), String(pair.definition)]))
const grantText = (grant: Json): string =>
  `${grant.grantee} ${grant.privilege}${grant.column === null ? '' : ` (${grant.column})`}${grant.grantable === true ? ' WITH GRANT OPTION' : ''}`

// Aggregated as JSON, so that one round trip brings all; null where there is nothing.
const TABLES = `
select c.relname as name, pg_catalog.pg_get_userbyid(c.relowner) as owner, c.relrowsecurity as row_security, c.relforcerowsecurity as forced,
  (select json_agg(json_build_object(
      'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'nullable', not a.attnotnull,
      'expression', pg_catalog.pg_get_expr(d.adbin, d.adrelid)) order by a.attnum)
    from pg_catalog.pg_attribute a
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  -- PostgreSQL 18 lists NOT NULL here too; columns tell it already.
  (select json_agg(json_build_object('name', n.conname, 'definition', pg_catalog.pg_get_constraintdef(n.oid)
      || case when n.convalidated then '' else ' NOT VALID' end))
    from pg_catalog.pg_constraint n where n.conrelid = c.oid and n.contype in ('p', 'u', 'c', 'f', 'x')) as constraints,
  (select json_agg(json_build_object('name', x.relname, 'definition', pg_catalog.pg_get_indexdef(i.indexrelid)))
    from pg_catalog.pg_index i join pg_catalog.pg_class x on x.oid = i.indexrelid
    where i.indrelid = c.oid and not exists (select from pg_catalog.pg_constraint n where n.conindid = i.indexrelid and n.conrelid = c.oid)) as indexes,
  (select json_agg(json_build_object('name', p.polname, 'definition', concat_ws(' | ',
      p.polcmd::text, case when p.polpermissive then 'permissive' else 'restrictive' end,
      (select string_agg(case when r = 0 then 'public' else pg_catalog.pg_get_userbyid(r)::text end, ', ' order by r) from unnest(p.polroles) r),
      'using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'with check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))))
    from pg_catalog.pg_policy p where p.polrelid = c.oid) as policies,
  (select json_agg(g) from (
      select case when e.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(e.grantee)::text end as grantee,
        e.privilege_type as privilege, null as column, e.is_grantable as grantable
      from pg_catalog.aclexplode(c.relacl) e where e.grantee <> c.relowner
      union all
      select case when e.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(e.grantee)::text end, e.privilege_type, a.attname, e.is_grantable
      from pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl) e where a.attrelid = c.oid and e.grantee <> c.relowner
    ) g) as grants
from pg_catalog.pg_class c
where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'app') and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by c.relname`

const ROLES = `
select r.rolname as name, r.rolsuper as superuser, r.rolbypassrls as bypass, r.rolcreatedb as createdb, r.rolcreaterole as createrole,
  r.rolinherit as inherits, r.rolreplication as replication, r.rolcanlogin as login, r.rolconnlimit as connections,
  (select to_json(s.setconfig) from pg_catalog.pg_db_role_setting s where s.setrole = r.oid and s.setdatabase = 0) as settings,
  (select json_agg(d.datname || ': ' || one) from pg_catalog.pg_db_role_setting s join pg_catalog.pg_database d on d.oid = s.setdatabase,
    unnest(s.setconfig) one where s.setrole = r.oid) as overrides,
  (select json_agg(g.rolname) from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid where m.member = r.oid) as member_of
from pg_catalog.pg_roles r
where r.rolname = any($1)`

// Schemas, relations with their columns, and functions, each with who may do what; entries sorted, since their order means nothing.
const ACCESS = `
with mine as (select oid, nspname, nspacl from pg_catalog.pg_namespace where nspname in ('holdfast', 'holdfast_jobs', 'holdfast_migrations', 'app'))
select name, coalesce(access, '') as access from (
  select 'schema ' || nspname as name, (select string_agg(e::text, ' ' order by e::text) from unnest(nspacl) e) as access from mine
  union all
  select mine.nspname || '.' || c.relname, concat_ws(' ',
    (select string_agg(e::text, ' ' order by e::text) from unnest(c.relacl) e),
    (select string_agg(a.attname || ':' || e::text, ' ' order by a.attname, e::text)
      from pg_catalog.pg_attribute a, unnest(a.attacl) e where a.attrelid = c.oid))
  from pg_catalog.pg_class c join mine on mine.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and mine.nspname <> 'app'
  union all
  select 'function ' || mine.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', (select string_agg(e::text, ' ' order by e::text) from unnest(p.proacl) e)
  from pg_catalog.pg_proc p join mine on mine.oid = p.pronamespace
) objects order by name`
