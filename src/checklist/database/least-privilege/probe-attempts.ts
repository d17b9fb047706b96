import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { DatabaseConnection, DatabaseRole, ProbeContext } from '../../../kernel/vantage.ts'
import { ALLOWED, type Attempt, attempt, common, OWN, type Place, says, server } from './attempts.ts'

/** What roles try, and what comes of it. */
export const attemptClaims: readonly Claim[] = [
  ...(['runtime', 'accounts', 'jobs', 'readonly', 'auditor'] as const).map(
    (role): Claim => ({
      id: `${role}-confined`,
      says: `The ${role} role does what it is for and can not go beyond it: schema, roles, files, programs, other tables.`,
      level: 'required',
      needs: ['database'],
      effect: 'writes',
      keeps: days(7),
      byHand: `psql "user=…_${role}" -c "copy (select 1) to program 'true'" -c 'select from pg_authid'`,
      prove: async (context) => {
        const place = await placeOf(context)
        await tryAll(context, role, [...common(place, role), ...(OWN[role] ?? []), ...(await elsewhere(context, role))])
      },
    }),
  ),
  {
    id: 'owner-confined',
    says: 'The owner role migrates; it administers nothing, and forced row-level security shows it no row.',
    level: 'required',
    needs: ['database'],
    effect: 'writes',
    keeps: days(7),
    byHand: `psql "user=…_owner" -c 'create role r superuser' -c 'table app.note'`,
    prove: async (context) => {
      await tryAll(context, 'owner', server(await placeOf(context), 'owner'))
    },
  },
  {
    id: 'backup-confined',
    says: 'The backup role replicates, it alone, and can not connect to a database.',
    level: 'required',
    needs: ['database'],
    effect: 'reads',
    keeps: days(7),
    byHand: `psql "user=…_backup" -c 'select 1'`,
    async prove(context) {
      const saw = await context.database
        .as('backup', async () => 'connected')
        .catch((error: unknown) => {
          if (says(error, 'permission denied for database')) return 'permission denied for database'
          throw new Unproved('the backup role could not try to connect')
        })
      context.expect('negative', 'connecting to the database as the backup role', saw, 'permission denied for database')
      context.expect(
        'positive',
        'the backup role by the replication protocol',
        await replicates(context, 'backup'),
        'it may',
      )
      for (const role of ['owner', 'runtime', 'accounts', 'jobs', 'readonly', 'auditor'] as const)
        context.expect('negative', `${role} by the replication protocol`, await replicates(context, role), 'refused')
    },
  },
  {
    id: 'events-append-only',
    says: 'Who writes security events can not read, change or remove them; people are shown their own, and of what others did to them only that it was done.',
    level: 'required',
    needs: ['database'],
    effect: 'writes',
    keeps: days(7),
    byHand: `psql "user=…_runtime" -c 'delete from holdfast.event_staging'`,
    async prove(context) {
      for (const role of ['runtime', 'accounts', 'jobs'] as const) {
        await context.database.as(role, async (connection) => {
          const write = `insert into holdfast.event_staging (id, at, name, result, fields) values (gen_random_uuid(), now(), 'probe', 'success', '{}')`
          context.expect('positive', `as ${role}: an event is written`, await attempt(connection, write), 'done')
          for (const sql of [
            'select from holdfast.event_staging',
            'update holdfast.event_staging set count = count + 1',
            `update holdfast.event_staging set name = 'other'`,
            'delete from holdfast.event_staging',
            'truncate holdfast.event_staging',
            'alter table holdfast.event_staging disable trigger all',
          ])
            context.expect('negative', `as ${role}: ${sql}`, await attempt(connection, sql), '42501')
          if (role === 'accounts') await seeOwnEvents(context, connection)
          else {
            const sql = 'select from holdfast.own_events()'
            context.expect('negative', `as ${role}: ${sql}`, await attempt(connection, sql), '42501')
          }
        })
      }
    },
  },
]

/** Writes an event of somebody, one of another about them and one that is none of theirs, and looks as them and as nobody. */
async function seeOwnEvents({ expect }: ProbeContext, connection: DatabaseConnection): Promise<void> {
  await connection.query('begin transaction read write')
  try {
    const { rows: made } = await connection.query(
      'select gen_random_uuid()::text as me, gen_random_uuid()::text as other',
    )
    const { me, other } = made[0] ?? {}
    for (const [name, by, about] of [
      ['probe_mine', me, null],
      ['probe_about_me', other, `account ${me}`],
      ['probe_of_another', other, null],
    ])
      await connection.query(
        `insert into holdfast.event_staging (id, at, name, result, account_id, object, address, fields)
         values (gen_random_uuid(), now(), $1, 'success', $2, $3, '127.0.0.1', '{"seen": 1}')`,
        [name, by, about],
      )
    const seen = async (identity: string): Promise<string> => {
      await connection.query(`select set_config('holdfast.identity', $1, true)`, [identity])
      const { rows } = await connection.query(
        `select name || coalesce(' ' || object, '') || coalesce(' ' || address, '') || coalesce(' ' || fields, '') as event
         from holdfast.own_events() order by name desc`,
      )
      return rows.map(({ event }) => String(event)).join(', ') || 'nothing'
    }
    const own = 'probe_mine 127.0.0.1 {"seen": 1}, probe_about_me'
    expect(
      'positive',
      'events that somebody is shown: theirs, and that something was done to them',
      await seen(`${me}||own`),
      own,
    )
    expect('negative', 'events that nobody is shown', await seen('||own'), 'nothing')
  } finally {
    await connection.query('rollback')
  }
}

async function tryAll(context: ProbeContext, role: DatabaseRole, attempts: readonly Attempt[]): Promise<void> {
  await context.database.as(role, async (connection) => {
    for (const sql of ALLOWED[role] ?? [])
      context.expect('positive', `as ${role}: ${sql}`, await attempt(connection, sql), 'done')
    for (const { sql, first, or = [] } of attempts) {
      const saw = await attempt(connection, sql, first)
      const expected = ['42501', ...or]
      context.record({
        side: 'negative',
        tried: `as ${role}: ${sql}`,
        saw,
        expected: expected.join(' or '),
        ok: expected.includes(saw),
      })
    }
  })
}

/** Tables of the application for the roles that have nothing to do with them, writing for the one that only reads. */
async function elsewhere(context: ProbeContext, role: DatabaseRole): Promise<readonly Attempt[]> {
  const tables = context.surface.tables.map(({ schema, name }) => `"${schema}"."${name}"`)
  if (role === 'accounts' || role === 'jobs' || role === 'auditor')
    return tables.map((table) => ({ sql: `select from ${table}` }))
  if (role === 'readonly')
    return tables.flatMap((table) => [{ sql: `insert into ${table} default values` }, { sql: `delete from ${table}` }])
  return []
}

async function placeOf({ database, surface }: ProbeContext): Promise<Place> {
  const [table] = surface.tables
  const place = { database: database.connection.database, roleName: (role: DatabaseRole) => database.roleName(role) }
  if (table === undefined) return place
  const { rows } = await database.admin.query(
    `select polname from pg_policy where polrelid = format('%I.%I', $1::text, $2::text)::regclass order by polname limit 1`,
    [table.schema, table.name],
  )
  const [column] = table.columns
  if (column === undefined) throw new Unproved(`table ${table.name} has no column`)
  return {
    ...place,
    table: {
      name: `"${table.schema}"."${table.name}"`,
      column: `"${column.name}"`,
      policy: `"${rows[0]?.polname ?? 'none'}"`,
    },
  }
}

/** Whether a role can ask for a copy of the whole cluster: a system identifier is the first thing that one asks for. */
async function replicates({ database }: ProbeContext, role: DatabaseRole): Promise<string> {
  if (database.replicating === undefined) throw new Unproved('nothing here speaks the replication protocol')
  try {
    const { rows } = await database.replicating(role, (connection) => connection.query('IDENTIFY_SYSTEM'))
    return /^\d+$/.test(String(rows[0]?.systemid)) ? 'it may' : 'no answer'
  } catch (error) {
    if (says(error, 'no pg_hba.conf entry') || says(error, 'permission denied')) return 'refused'
    throw error
  }
}
