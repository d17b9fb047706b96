import { Unproved } from '../../../kernel/claim.ts'
import type { Scope } from '../../../kernel/principal.ts'
import type { SurfaceTable } from '../../../kernel/surface.ts'
import type { NetworkRequest, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'

/** A row as the administrator sees it, with whom it belongs to through its parents. */
export interface OwnedRow {
  readonly table: SurfaceTable
  readonly key: string
  readonly owner: string | null
  readonly tenant: string | null
  /** The row as text, and its columns. */
  readonly columns: Readonly<Record<string, unknown>>
}

/** `"app"."note"`. */
export const nameOf = (table: SurfaceTable): string => `${quoted(table.schema)}.${quoted(table.name)}`
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
export const keyOf = (table: SurfaceTable): string => {
  const key = table.columns.find((column) => column.primary)
  if (key === undefined) throw new Unproved(`table ${table.name} has no primary key`)
  return key.name
}

/** The newest rows of a table, as far as the given bound, with owner and tenant found by following its parents. */
export async function rowsOf(context: ProbeContext, table: SurfaceTable): Promise<readonly OwnedRow[]> {
  const { rows } = await context.database.admin.query(
    `select to_jsonb(t0) as columns, ${ownership(table, context.surface.tables)} order by t0.ctid desc limit ${MOST_ROWS}`,
  )
  return rows.map((row) => {
    const columns = row.columns as Readonly<Record<string, unknown>>
    return { table, key: String(columns[keyOf(table)]), owner: text(row.owner), tenant: text(row.tenant), columns }
  })
}

/** Whether any column says whose the rows are, the parents' included. */
export const isOwned = (table: SurfaceTable, tables: readonly SurfaceTable[]): boolean => {
  const last = chainOf(table, tables).at(-1)
  return last?.owner !== undefined || last?.tenant !== undefined
}

/** Whether somebody with a scope may see a row by who owns it and where it lies. What was lent is asked for by {@link lentTo}. */
export function isVisible(row: OwnedRow, who: TwinIdentity, scope: Scope): boolean {
  if (scope === 'all') return true
  const inTenant = row.tenant === null || row.tenant === who.tenantId
  return inTenant && (scope === 'tenant' || row.owner === null || row.owner === who.accountId)
}

/** Keys of the rows that were lent to somebody, over all tables that lend. */
export async function lentTo(context: ProbeContext, who: TwinIdentity): Promise<ReadonlySet<string>> {
  const lent = new Set<string>()
  for (const table of context.surface.tables) {
    const share = context.surface.tables.find((candidate) => candidate.name === table.sharedThrough)
    if (share === undefined) continue
    const { rows } = await context.database.admin.query(
      `select to_jsonb(s) as columns from ${nameOf(share)} s where position($1 in to_jsonb(s)::text) > 0`,
      [who.accountId],
    )
    for (const { columns } of rows) for (const value of Object.values(columns as object)) lent.add(String(value))
  }
  return lent
}

/**
 * Whether rows that stay refer to the one in a request's address: rows of other tables that hold its key, but for those that go
 * with it, which are its shares and what hangs on it.
 */
export async function isReferredTo(
  context: ProbeContext,
  request: NetworkRequest,
  objects: readonly string[],
): Promise<boolean> {
  const { tables } = context.surface
  const going = new Set(
    objects.flatMap((name) => [name, tables.find((table) => table.name === name)?.sharedThrough ?? name]),
  )
  const staying = tables.filter(({ name, parent }) => !going.has(name) && !going.has(parent?.table ?? ''))
  const ids = (request.path.split('?')[0] ?? '').split('/').map(decodeURIComponent)
  for (const table of staying) {
    const { rowCount } = await context.database.admin.query(
      `select from ${nameOf(table)} t, jsonb_each_text(to_jsonb(t) - $2::text) held where held.value = any($1::text[]) limit 1`,
      [ids, keyOf(table)],
    )
    if (rowCount > 0) return true
  }
  return false
}

/**
 * The rows a request could touch, as text: those of every declared table in which one of its values stands, and the
 * built-in ones it names. Two of them that are equal say that nothing changed.
 */
export async function touched(context: ProbeContext, request: NetworkRequest): Promise<string> {
  const people = new Set(context.identities.flatMap(({ accountId, tenantId }) => [accountId, tenantId]))
  const named = valuesOf(request)
  const values = named.filter((value) => !people.has(value))
  const declared = context.surface.tables.map(
    (table) =>
      `select ${literal(table.name)} as place, to_jsonb(t)::text as row from ${nameOf(table)} t where exists (select 1 from unnest($1::text[]) v where position(v in to_jsonb(t)::text) > 0)`,
  )
  const { rows } = await context.database.admin.query(
    `${[...declared, ...BUILT_IN].join(' union all ')} order by 1, 2`,
    [values, named],
  )
  return JSON.stringify(rows)
}

/**
 * The texts of a request that tell one row from another: parts of its address and of its body, from eight characters on and
 * with a digit, as ids and an example's unique texts have. Words that every example repeats stand in others' rows too.
 */
export function valuesOf(request: NetworkRequest): readonly string[] {
  const found = new Set<string>()
  const take = (value: unknown): void => {
    if (typeof value === 'string') found.add(value)
    else if (value !== null && typeof value === 'object') for (const inner of Object.values(value)) take(inner)
  }
  for (const part of (request.path.split('?')[0] ?? '').split('/')) take(decodeURIComponent(part))
  if (typeof request.body === 'string') for (const value of new URLSearchParams(request.body).values()) take(value)
  else take(request.body)
  return [...found].filter((value) => value.length >= 8 && /\d/.test(value))
}

const BUILT_IN = [
  "select 'account', jsonb_build_array(id, email, name, disabled_at)::text from holdfast.account where id::text = any($2::text[])",
  "select 'account_role', jsonb_build_array(account_id, role)::text from holdfast.account_role where account_id::text = any($2::text[])",
  "select 'role', to_jsonb(r)::text from holdfast.role r where name = any($2::text[])",
  "select 'session', jsonb_build_array(id, ended_at, ended_by)::text from holdfast.session where id::text = any($2::text[])",
] as const

/** `owner, tenant` of the last parent, and the joins that lead there. */
function ownership(table: SurfaceTable, tables: readonly SurfaceTable[]): string {
  const chain = chainOf(table, tables)
  const end = chain.length - 1
  const last = chain[end]
  const column = (name: string | undefined): string => (name === undefined ? 'null' : `t${end}.${quoted(name)}::text`)
  const joins = chain.map((step, index) => {
    const before = chain[index - 1]
    return before?.parent === undefined
      ? `from ${nameOf(step)} t${index}`
      : `join ${nameOf(step)} t${index} on t${index}.${quoted(keyOf(step))} = t${index - 1}.${quoted(before.parent.column)}`
  })
  return `${column(last?.owner)} as owner, ${column(last?.tenant)} as tenant ${joins.join(' ')}`
}

function chainOf(table: SurfaceTable, tables: readonly SurfaceTable[]): readonly SurfaceTable[] {
  const chain = [table]
  for (let last: SurfaceTable | undefined = table; last?.parent !== undefined && chain.length <= tables.length; ) {
    const { parent }: SurfaceTable = last
    last = tables.find((candidate) => candidate.name === parent.table)
    if (last !== undefined) chain.push(last)
  }
  return chain
}

const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`
const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value))

const MOST_ROWS = 500
