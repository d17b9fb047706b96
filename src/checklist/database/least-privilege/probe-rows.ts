import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceTable } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { DatabaseConnection, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'

/** Row-level security, asked directly as the runtime role. */
export const rowClaims: readonly Claim[] = [
  {
    id: 'row-security',
    says: 'Row-level security is on and forced on every declared table: a connection sees and changes nothing but what its identity may.',
    level: 'required',
    needs: ['database'],
    effect: 'writes',
    keeps: days(7),
    byHand: `psql "user=…_runtime" -c 'table app.note' -c "set holdfast.identity = '…|…|own'; table app.note"`,
    async prove(context) {
      const cast: Cast = {
        me: context.identity('member', 'A'),
        colleague: context.identity('member', 'A', 2),
        stranger: context.identity('member', 'B'),
      }
      const ids = await seed(context, cast.me)
      const { tables } = context.surface
      if (!tables.some((table) => isSomebodys(rootOf(table, tables))))
        throw new Unproved('no declared table belongs to anybody')
      const without: string[] = []
      for (const table of tables) {
        await inspectTable(context, table)
        const mine = await rowsOf(context, table, ids, cast)
        if (mine === null) without.push(table.name)
        else if (isSomebodys(rootOf(table, tables)))
          await context.database.as('runtime', (connection) => askTable(context, connection, table, mine, cast))
        else await context.database.as('runtime', (connection) => askReference(context, connection, table, mine, cast))
        await context.database.as('owner', async (connection) => {
          const { rowCount } = await connection.query(`select from ${nameOf(table)}`)
          context.expect('negative', `rows of ${table.name} that its own owner role sees`, rowCount, 0)
        })
      }
      if (without.length > 0) throw new Unproved(`no row could be made to ask for in ${without.join(', ')}`)
    },
  },
]

/** Somebody, somebody else of the same tenant, and a member of another tenant. */
interface Cast {
  readonly me: TwinIdentity
  readonly colleague: TwinIdentity
  readonly stranger: TwinIdentity
}

const nameOf = (table: SurfaceTable): string => `"${table.schema}"."${table.name}"`
const isSomebodys = (root: SurfaceTable): boolean => root.owner !== undefined || root.tenant !== undefined

/** The table itself, or the one it hangs on at the end: it says whose the rows are. */
function rootOf(table: SurfaceTable, tables: readonly SurfaceTable[]): SurfaceTable {
  let root = table
  for (let depth = 0; depth < tables.length; depth++) {
    const above = tables.find(({ name }) => name === root.parent?.table)
    if (above === undefined) break
    root = above
  }
  return root
}

/**
 * Has rows made for somebody, by the examples that ask for some, and takes their ids from the requests. Nobody else knows these
 * rows, so they stay as they are while other probes are at work.
 */
async function seed(context: ProbeContext, as: TwinIdentity): Promise<readonly string[]> {
  const routes = context.surface.routes.filter(
    ({ builtIn, examples, schema }) => !builtIn && examples !== undefined && schema.params !== undefined,
  )
  const ids = new Set<string>()
  for (const route of routes) {
    const { path } = await context.example(route, { as, object: 'own' })
    for (const [id] of path.matchAll(UUID)) ids.add(id)
  }
  if (ids.size === 0) throw new Unproved('no example: no route names an object by its id')
  return [...ids]
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

async function inspectTable({ database, expect }: ProbeContext, table: SurfaceTable): Promise<void> {
  const { rows } = await database.admin.query(
    `select relrowsecurity as enabled, relforcerowsecurity as forced,
      (select count(*)::integer from pg_policy where polrelid = c.oid and (0 = any(polroles))) as open
    from pg_class c where oid = $1::regclass`,
    [nameOf(table)],
  )
  expect('negative', `whether row-level security of ${table.name} is on`, String(rows[0]?.enabled), 'true')
  expect('negative', `whether it is forced on ${table.name}`, String(rows[0]?.forced), 'true')
  expect('negative', `policies of ${table.name} for everybody`, Number(rows[0]?.open), 0)
}

/** Rows that are somebody's: a condition of constants, and how many there are. */
interface Mine {
  readonly condition: string
  readonly count: number
}

/**
 * Rows that are mine by their owner or tenant, that hang on a row of mine, or, where nothing says whose they are, that are there at all;
 * `null` where none is. Asked as the administrator, who is past row-level security.
 */
async function rowsOf(
  context: ProbeContext,
  table: SurfaceTable,
  ids: readonly string[],
  cast: Cast,
): Promise<Mine | null> {
  const { admin } = context.database
  const lends = context.surface.tables.find(({ sharedThrough }) => sharedThrough === table.name)
  if (lends !== undefined) await lendOne(context, table, lends, cast)
  const condition = isSomebodys(rootOf(table, context.surface.tables))
    ? conditionOf(table, ids, cast.me)
    : await conditionOfSome(context, table, ids)
  if (condition === null) return null
  const { rowCount } = await admin.query(`select from ${nameOf(table)} where ${condition}`)
  return rowCount === 0 ? null : { condition, count: rowCount }
}

function conditionOf(table: SurfaceTable, ids: readonly string[], me: TwinIdentity): string {
  if (table.owner !== undefined) return `"${table.owner}" = '${me.accountId}'`
  if (table.tenant !== undefined) return `"${table.tenant}" = '${me.tenantId}'`
  return `"${table.parent?.column}" in (${ids.map((id) => `'${id}'`).join(', ')})`
}

/** A few rows of what belongs to nobody, those that were made for me first: others are made and removed by other probes meanwhile. */
async function conditionOfSome(
  { database: { admin } }: ProbeContext,
  table: SurfaceTable,
  ids: readonly string[],
): Promise<string | null> {
  const key = table.columns.find(({ primary }) => primary)?.name ?? 'id'
  const { rows } = await admin.query(
    `select "${key}"::text as key from ${nameOf(table)} order by "${key}"::text = any($1::text[]) desc, 1 limit 5`,
    [ids],
  )
  if (rows.length === 0) return null
  return `"${key}"::text in (${rows.map((row) => `'${String(row.key).replaceAll("'", "''")}'`).join(', ')})`
}

/** What is lent is somebody's by intent, so nothing makes a row of it: one of mine is lent to a colleague. */
async function lendOne(
  { database: { admin } }: ProbeContext,
  share: SurfaceTable,
  lends: SurfaceTable,
  { me, colleague }: Cast,
): Promise<void> {
  const key = lends.columns.find(({ primary }) => primary)?.name ?? 'id'
  await admin.query(
    `insert into ${nameOf(share)} ("${lends.name}", "${share.owner}", "${share.tenant}", grantee, access)
     select "${key}", "${lends.owner}", "${lends.tenant}", $1, 'read' from ${nameOf(lends)} where "${lends.owner}" = $2 limit 1
     on conflict do nothing`,
    [colleague.accountId, me.accountId],
  )
}

type Ask = (identity: string | null, sql: string) => Promise<number>

/** Runs a statement with an identity, and takes it back. @returns how many rows it was about. */
const asker =
  (connection: DatabaseConnection): Ask =>
  async (identity, sql) => {
    await connection.query('begin')
    try {
      if (identity !== null) await connection.query(`select set_config('holdfast.identity', $1, true)`, [identity])
      return (await connection.query(sql)).rowCount
    } finally {
      await connection.query('rollback')
    }
  }

const identity = (who: TwinIdentity, scope: string, tenant = who.tenantId): string =>
  `${who.accountId}|${tenant}|${scope}`

/** Reference data: who is signed in reads it, nobody writes it without the scope of a tenant. */
async function askReference(
  { expect }: ProbeContext,
  connection: DatabaseConnection,
  table: SurfaceTable,
  mine: Mine,
  { me }: Cast,
): Promise<void> {
  const ask = asker(connection)
  const [read, remove] = [`select from ${nameOf(table)}`, `delete from ${nameOf(table)}`]
  expect(
    'positive',
    `rows of ${table.name} that somebody signed in sees`,
    await ask(identity(me, 'own'), `${read} where ${mine.condition}`),
    mine.count,
  )
  expect('negative', `rows of ${table.name} that they delete`, await ask(identity(me, 'own'), remove), 0)
  for (const [who, claimed] of NOBODY) {
    expect('negative', `rows of ${table.name} that ${who} sees`, await ask(claimed, read), 0)
    expect('negative', `rows of ${table.name} that ${who} deletes`, await ask(claimed, remove), 0)
  }
}

const NOBODY = [
  ['a connection that says nothing', null],
  ['nobody', '||own'],
  ['nobody, at scope all', '||all'],
] as const

async function askTable(
  { expect, surface }: ProbeContext,
  connection: DatabaseConnection,
  table: SurfaceTable,
  mine: Mine,
  { me, stranger }: Cast,
): Promise<void> {
  const ask = asker(connection)
  const read = `select from ${nameOf(table)} where ${mine.condition}`
  const remove = `delete from ${nameOf(table)} where ${mine.condition}`
  const column = table.columns.find(
    ({ name, generated, primary }) =>
      !generated && !primary && name !== table.owner && name !== table.tenant && name !== table.parent?.column,
  )?.name
  const change =
    column === undefined ? undefined : `update ${nameOf(table)} set "${column}" = "${column}" where ${mine.condition}`

  // Rows without an owner are the tenant's: its members see them, and its scope writes them.
  const owned = rootOf(table, surface.tables).owner !== undefined
  const whose = owned ? 'their owner' : 'a member of their tenant'
  expect('positive', `rows of ${table.name} that ${whose} sees`, await ask(identity(me, 'own'), read), mine.count)
  if (change !== undefined) {
    const by = identity(me, owned ? 'own' : 'tenant')
    expect('positive', `rows of ${table.name} that ${whose} can change`, await ask(by, change), mine.count)
  }
  if (!owned) {
    const saw = await ask(identity(me, 'own'), remove)
    expect('negative', `rows of ${table.name} that ${whose} deletes at scope own`, saw, 0)
  }
  for (const [who, claimed] of [
    ...NOBODY,
    ['nobody, in the tenant', `|${me.tenantId}|tenant`],
    ['another tenant’s member', identity(stranger, 'own')],
    ['another tenant’s member, at its scope', identity(stranger, 'tenant')],
    // In which tenant somebody is, is the backend's to say; a row without an owner has nothing to hold against it.
    ...(owned ? ([['a stranger who claims the tenant', identity(stranger, 'own', me.tenantId)]] as const) : []),
  ] as const) {
    expect('negative', `rows of ${table.name} that ${who} sees`, await ask(claimed, read), 0)
    expect('negative', `rows of ${table.name} that ${who} deletes`, await ask(claimed, remove), 0)
    if (change !== undefined)
      expect('negative', `rows of ${table.name} that ${who} changes`, await ask(claimed, change), 0)
  }
}
