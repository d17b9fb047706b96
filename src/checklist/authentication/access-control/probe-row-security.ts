import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceTable } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { DatabaseConnection, ProbeContext } from '../../../kernel/vantage.ts'
import { rootOf } from './probe-expectation.ts'
import { attempt, type Bench, belongsTo, identityOf, nothing } from './probe-row-attempt.ts'
import { proveLending, proveWrites } from './probe-row-writes.ts'
import { isOwned, keyOf, nameOf, quoted, rowsOf } from './probe-rows.ts'

/** Row-level security, asked as the role of the application, past every route and handler. */
export const rowSecurityClaims: readonly Claim[] = [
  {
    id: 'row-security',
    says: 'The database itself shows and changes only what the identity of the statement may reach.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(1),
    byHand:
      "psql as the runtime role: begin; select set_config('holdfast.identity', 'ACCOUNT|TENANT|own', true); select owner from app.note;",
    prove: proveRowSecurity,
  },
]

async function proveRowSecurity(context: ProbeContext): Promise<void> {
  const colleague = context.identities.find(({ tenant, role }) => tenant === 'B' && role !== 'member')
  if (colleague === undefined) throw new Unproved('tenant B has one identity only')
  const cast = { me: context.identity('member', 'B'), colleague, foreigner: context.identity('member', 'A', 2) }
  // Rows of somebody are made whenever an example is.
  const route = context.surface.routes.find(({ examples }) => examples !== undefined)
  if (route === undefined) throw new Unproved('no route has an example')
  for (const as of Object.values(cast)) await context.example(route, { as, object: 'own' })

  const tables = context.surface.tables.filter((table) => isOwned(table, context.surface.tables))
  if (tables.length === 0) throw new Unproved('no table has an owner or a tenant')
  await context.database.as('runtime', async (connection) => {
    for (const table of tables) await proveTable(context, connection, table, cast)
  })
}

async function proveTable(
  context: ProbeContext,
  connection: DatabaseConnection,
  table: SurfaceTable,
  cast: Bench['cast'],
): Promise<void> {
  const say: Bench['say'] = (side, what, saw, expected) =>
    context.expect(side, `${table.name} as runtime: ${what}`, saw, expected)
  for (const [what, identity] of WITHOUT_ANYBODY) {
    // An identity that can't be read may also be an error; what must not come is a row.
    const saw = await attempt(connection, identity, [`select 1 from ${nameOf(table)} limit 1`])
    say('negative', `rows seen ${what}`, nothing(saw), 'nothing')
  }

  const rows = await rowsOf(context, table)
  const [mine, colleagues, foreign] = [cast.me, cast.colleague, cast.foreigner].map((who) =>
    rows.find((row) => belongsTo(row, who)),
  )
  const { tables } = context.surface
  if (mine === undefined) {
    // What is lent is somebody's by intent: no rows of it are made for probes. It is tried where the table that lends is.
    if (tables.some(({ sharedThrough }) => sharedThrough === table.name)) return
    throw new Unproved(`no row of ${table.name} to ask for`)
  }
  const root = rootOf(table.name, tables) ?? table
  const bench: Bench = { connection, table, root, cast, mine, colleagues, foreign, say }
  await proveReads(bench)
  await proveWrites(bench)
  const share = tables.find(({ name }) => name === table.sharedThrough)
  if (share !== undefined) await proveLending(bench, share)
}

const WITHOUT_ANYBODY = [
  ['without an identity', null],
  ['with an empty identity', ''],
  ["with nobody's identity", '||own'],
  ["with nobody's identity that claims a tenant", '||tenant'],
  [
    'with somebody who is not there',
    '00000000-0000-4000-8000-000000000009|00000000-0000-4000-8000-000000000009|tenant',
  ],
] as const

async function proveReads(bench: Bench): Promise<void> {
  const { connection, table, cast, mine, colleagues, foreign, say } = bench
  const one = `select 1 from ${nameOf(table)} where ${quoted(keyOf(table))}::text = $1`
  const expect = async (what: string, identity: string, key: string, seen: boolean): Promise<void> => {
    const saw = await attempt(connection, identity, [one, [key]])
    say(seen ? 'positive' : 'negative', what, saw, seen ? 'rows' : 'no rows')
  }
  for (const scope of ['own', 'tenant', 'all'] as const) {
    const identity = identityOf(cast.me, scope)
    await expect(`my row, with my identity @${scope}`, identity, mine.key, true)
    // Without a tenant column nothing says what a tenant would be.
    if (typeof colleagues?.owner === 'string' && (colleagues.tenant !== null || scope !== 'tenant')) {
      await expect(`a colleague's row, with my identity @${scope}`, identity, colleagues.key, scope !== 'own')
    }
    if (typeof foreign?.tenant === 'string') {
      await expect(`another tenant's row, with my identity @${scope}`, identity, foreign.key, scope === 'all')
    }
  }
  if (mine.owner !== null) {
    await expect("my row, with a colleague's identity", identityOf(cast.colleague, 'own'), mine.key, false)
  }
  if (mine.tenant !== null) {
    await expect("my row, with another tenant's identity", identityOf(cast.foreigner, 'tenant'), mine.key, false)
  }
}
