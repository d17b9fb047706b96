import type { Claim } from '../../../kernel/claim.ts'
import type { SurfaceTable } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { DatabaseConnection, DatabaseRole, ProbeContext } from '../../../kernel/vantage.ts'
import { inspectBuiltIn } from './probe-built-in.ts'

/** What the catalog says of roles, of everybody, and of each column. */
export const catalogClaims: readonly Claim[] = [
  {
    id: 'roles',
    says: 'No role of the backend is more than it has to be: no attribute, no membership, nothing owned, a safe search path, limits.',
    level: 'required',
    needs: ['database'],
    effect: 'reads',
    keeps: days(1),
    byHand: 'psql -c "\\du+" -c "\\drds"',
    prove: async (context) => {
      await inspectRoles(context)
      await context.database.as('runtime', async (connection) => {
        const { rows } = await connection.query('select current_user::text as name, current_setting($1) as path', [
          'search_path',
        ])
        context.expect(
          'positive',
          'who the runtime role is when it connects',
          String(rows[0]?.name),
          context.database.roleName('runtime'),
        )
        context.expect('negative', 'the search path it gets', String(rows[0]?.path), 'pg_catalog, app, pg_temp')
      })
    },
  },
  {
    id: 'public',
    says: 'Nothing is granted to everybody beyond what the system catalogs come with, nothing made later is granted by itself, and no function or view has more rights than who uses it, but the one that shows people their own events.',
    level: 'required',
    needs: ['database'],
    effect: 'reads',
    keeps: days(1),
    byHand: 'psql -c "\\l+" -c "\\dn+" -c "\\dp *.*" -c "\\ddp"',
    prove: inspectPublic,
  },
  {
    id: 'columns',
    says: 'Each role may do to each column of each declared table what the declaration needs: no more, no less.',
    level: 'required',
    needs: ['database'],
    effect: 'reads',
    keeps: days(1),
    byHand: 'psql -c "\\dp app.*"',
    prove: inspectColumns,
  },
  {
    id: 'original',
    says: 'The roles, grants and row-level security of the deployed database are as strict as the twin’s.',
    level: 'where-present',
    needs: ['database'],
    effect: 'reads',
    keeps: days(1),
    on: 'original',
    byHand: 'holdfast check --original --item database/least-privilege',
    present: async ({ surface }) => surface.tables.length > 0 || 'no table is declared',
    async prove(context) {
      await inspectRoles(context)
      await inspectPublic(context)
      await inspectColumns(context)
      await inspectBuiltIn(context)
      for (const { schema, name } of context.surface.tables) {
        const { rows } = await context.database.admin.query(
          `select relrowsecurity and relforcerowsecurity as forced from (${RELATION}) t join pg_class c on c.oid = t.relation`,
          [schema, name],
        )
        context.expect(
          'negative',
          `whether row-level security of ${schema}.${name} is forced`,
          String(rows[0]?.forced),
          'true',
        )
      }
    },
  },
]

const ROLES: readonly DatabaseRole[] = ['owner', 'runtime', 'accounts', 'jobs', 'readonly', 'backup', 'auditor']

async function inspectRoles({ database, expect, record }: ProbeContext): Promise<void> {
  for (const role of ROLES) {
    const name = database.roleName(role)
    const { rows } = await database.admin.query(ROLE, [name])
    const [found] = rows
    if (found === undefined) {
      expect('positive', `role ${name}`, 'is not there', 'is there')
      continue
    }
    expect('positive', `whether ${name} can log in`, String(found.login), 'true')
    expect(
      'negative',
      `what ${name} is beyond a login`,
      String(found.attributes),
      role === 'backup' ? 'replication' : 'nothing',
    )
    expect('negative', `roles that ${name} is a member of`, String(found.memberships), 'none')
    if (role !== 'owner') expect('negative', `objects that ${name} owns here`, Number(found.owned), 0)
    const settings = new Map(
      String(found.settings)
        .split('\n')
        .map((line) => line.split('=') as [string, string]),
    )
    const path = settings.get('search_path') ?? 'not set'
    record({
      side: 'negative',
      tried: `search path of ${name}`,
      saw: path,
      expected: 'pg_catalog first, pg_temp last, no schema others can write to',
      ok: /^pg_catalog, (app, )?pg_temp$/.test(path),
    })
    expect(
      'negative',
      `settings of ${name} for single databases, which would go over these`,
      String(found.overrides),
      'none',
    )
    for (const limit of ['statement_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout']) {
      const value = settings.get(limit) ?? 'not set'
      record({
        side: 'negative',
        tried: `${limit} of ${name}`,
        saw: value,
        expected: 'a length of time above zero',
        ok: /^[1-9]\d*(ms|s|min)?$/.test(value),
      })
    }
    const connections = Number(found.connections)
    record({
      side: 'negative',
      tried: `connections of ${name}`,
      saw: String(connections),
      expected: '1 to 200',
      ok: connections >= 1 && connections <= 200,
    })
  }
}

async function inspectPublic({ database, expect }: ProbeContext): Promise<void> {
  const { rows } = await database.admin.query(EVERYBODY)
  for (const kind of ['database', 'schemas', 'tables', 'columns', 'functions']) {
    expect('negative', `${kind} open to everybody`, namesOf(rows, kind), 'none')
  }
  for (const [kind, what] of [
    ['default privileges', 'privileges that others than its maker get by themselves on what is made later'],
    ['leakproof', 'functions that row-level security may run before its own conditions (leakproof)'],
    ['views', 'views that read with the rights of their owner, and materialized ones, which know no rows of anybody'],
  ] as const) {
    expect('negative', what, namesOf(rows, kind), 'none')
  }
  expect(
    'negative',
    'functions that run with the rights of their owner, and who may run them',
    namesOf(rows, 'security definer'),
    `holdfast.own_events by ${database.roleName('accounts')}`,
  )
  const objects = namesOf(rows, 'large objects')
  const { rows: makers } = await database.admin.query(MAKER)
  // What PostgreSQL itself grants to everybody, a superuser alone can take back.
  const open = makers[0]?.superuser === true ? 'none' : objects
  expect(
    'negative',
    `functions of large objects open to everybody${open === 'none' ? '' : ': no superuser made this database, so they could not be closed'}`,
    objects,
    open,
  )
  const runtime = database.roleName('runtime')
  const connects = await privilege(database.admin, `has_database_privilege($1, current_database(), 'connect')`, [
    runtime,
  ])
  expect('positive', `whether ${runtime} may connect`, String(connects), 'true')
}

const namesOf = (rows: readonly Record<string, unknown>[], kind: string): string => {
  const found = rows.filter((row) => row.kind === kind).map((row) => String(row.name))
  return found.length === 0 ? 'none' : found.slice(0, 5).join(', ')
}

async function inspectColumns({ database, surface, expect }: ProbeContext): Promise<void> {
  for (const table of surface.tables) {
    for (const role of ['runtime', 'accounts', 'jobs', 'readonly', 'backup', 'auditor', 'public'] as const) {
      const name = role === 'public' ? 'public' : database.roleName(role)
      const { rows } = await database.admin.query(COLUMNS, [table.schema, table.name, name])
      const expected = neededBy(role, table)
      expect(
        role === 'runtime' || role === 'readonly' ? 'positive' : 'negative',
        `what ${name} may do to ${table.schema}.${table.name}`,
        String(rows[0]?.privileges ?? 'there is no such table'),
        expected,
      )
    }
  }
}

/** Restated from the requirement: keys, owner, tenant and parent of a row never change; what the database fills in is no input. */
function neededBy(role: DatabaseRole | 'public', table: SurfaceTable): string {
  if (role === 'readonly') return 'SELECT'
  if (role !== 'runtime') return 'nothing'
  const filledIn = (name: string): boolean => name === table.owner || name === table.tenant
  const insert = table.columns.filter((column) => !column.generated || column.primary || filledIn(column.name))
  const update = table.columns.filter(
    (column) => !column.generated && !column.primary && !filledIn(column.name) && column.name !== table.parent?.column,
  )
  const list = (columns: typeof insert): string =>
    columns
      .map((column) => column.name)
      .sort()
      .join(', ')
  return `SELECT, DELETE, INSERT (${list(insert)})${update.length === 0 ? '' : `, UPDATE (${list(update)})`}`
}

async function privilege(admin: DatabaseConnection, expression: string, values: readonly unknown[]): Promise<boolean> {
  const { rows } = await admin.query(`select ${expression} as held`, values)
  return rows[0]?.held === true
}

const ROLE = `
select r.rolcanlogin as login, r.rolconnlimit as connections,
  coalesce(nullif(concat_ws(', ', case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypassrls' end,
    case when rolcreatedb then 'createdb' end, case when rolcreaterole then 'createrole' end,
    case when rolreplication then 'replication' end), ''), 'nothing') as attributes,
  coalesce((select string_agg(pg_get_userbyid(roleid)::text, ', ') from pg_auth_members where member = r.oid), 'none') as memberships,
  (select count(*) from pg_shdepend d where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid and d.deptype = 'o'
    and d.dbid in (0, (select oid from pg_database where datname = current_database()))) as owned,
  coalesce((select string_agg(one, e'\\n') from pg_db_role_setting s, unnest(s.setconfig) one where s.setrole = r.oid and s.setdatabase = 0), '') as settings,
  coalesce((select string_agg(one, ', ') from pg_db_role_setting s, unnest(s.setconfig) one where s.setrole = r.oid and s.setdatabase <> 0), 'none') as overrides
from pg_roles r where r.rolname = $1`

// Everything outside the system's own schemas. An absent access list is the built-in default: functions are open by it.
const EVERYBODY = `
with here as (select oid, nspname, nspowner, nspacl from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
select 'database' as kind, privilege_type as name from pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
  where datname = current_database() and grantee = 0
union all
select 'schemas', nspname || ' ' || privilege_type from here, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) where grantee = 0
union all
select 'tables', here.nspname || '.' || relname || ' ' || privilege_type from pg_class c join here on here.oid = relnamespace, aclexplode(relacl) where grantee = 0
union all
select 'columns', here.nspname || '.' || relname || '.' || attname || ' ' || privilege_type
  from pg_attribute a join pg_class c on c.oid = attrelid join here on here.oid = relnamespace, aclexplode(attacl) where grantee = 0
union all
select 'functions', here.nspname || '.' || proname from pg_proc p join here on here.oid = pronamespace,
  aclexplode(coalesce(proacl, acldefault('f', proowner))) e where e.grantee = 0
  -- What an extension brings is its own; it runs with the caller's rights unless it says otherwise, and then it is named below.
  and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
union all
select 'default privileges', pg_get_userbyid(defaclrole)::text || ' ' || defaclobjtype::text || ' '
    || case when grantee = 0 then 'public' else pg_get_userbyid(grantee)::text end || ' ' || privilege_type
  from pg_default_acl, aclexplode(defaclacl) where grantee <> defaclrole
union all
select 'security definer', here.nspname || '.' || proname || ' by ' || coalesce((select string_agg(
    case when e.grantee = 0 then 'public' else pg_get_userbyid(e.grantee)::text end, ', ' order by e.grantee)
    from aclexplode(coalesce(proacl, acldefault('f', proowner))) e where e.grantee <> proowner), 'nobody')
  from pg_proc p join here on here.oid = pronamespace where prosecdef
union all
select 'leakproof', here.nspname || '.' || proname from pg_proc p join here on here.oid = pronamespace where proleakproof
  and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
union all
select 'views', here.nspname || '.' || relname from pg_class c join here on here.oid = relnamespace
  where (relkind = 'm' or relkind = 'v' and not coalesce(
    (select option_value::boolean from pg_options_to_table(reloptions) where option_name = 'security_invoker'), false))
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
union all
select 'large objects', p.oid::regprocedure::text from pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner))) e
  where p.pronamespace = 'pg_catalog'::regnamespace and p.proname ~ '^(lo_[a-z0-9_]+|loread|lowrite)$' and e.grantee = 0`

const MAKER = `select r.rolsuper as superuser from pg_database d join pg_roles r on r.oid = d.datdba where d.datname = current_database()`

// Not by the table's name: to look that up takes the right to use its schema, which the auditor does not have.
const RELATION = `select c.oid as relation from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2`

const COLUMNS = `
select coalesce(nullif(concat_ws(', ',
  case when has_table_privilege($3::name, relation, 'SELECT') then 'SELECT'
    when has_any_column_privilege($3::name, relation, 'SELECT') then 'SELECT of some columns' end,
  case when has_table_privilege($3::name, relation, 'DELETE') then 'DELETE' end,
  case when has_table_privilege($3::name, relation, 'TRUNCATE') then 'TRUNCATE' end,
  case when has_table_privilege($3::name, relation, 'TRIGGER') then 'TRIGGER' end,
  case when has_any_column_privilege($3::name, relation, 'REFERENCES') then 'REFERENCES' end,
  (select 'INSERT (' || string_agg(attname, ', ' order by attname collate "C") || ')' from pg_attribute
    where attrelid = relation and attnum > 0 and not attisdropped and has_column_privilege($3::name, attrelid, attnum, 'INSERT')),
  (select 'UPDATE (' || string_agg(attname, ', ' order by attname collate "C") || ')' from pg_attribute
    where attrelid = relation and attnum > 0 and not attisdropped and has_column_privilege($3::name, attrelid, attnum, 'UPDATE'))
), ''), 'nothing') as privileges
from (${RELATION}) t`
