import type { Identity } from '../../kernel/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { identityText } from '../../platform/database/identity.ts'
import { runStatement } from '../../platform/database/run-statement.ts'
import type { BackendDefinition, TableDefinition } from '../../platform/declaration/definition.ts'
import { identifier } from '../../platform/declaration/sql-text.ts'

/** A declared table with rows of people in it, and which of them are somebody's. */
export interface OwnedTable {
  readonly table: TableDefinition
  /** SQL over the table; `$1` is the account. */
  readonly theirs: string
  /** Whether rows lie in tenants, the own ones or those of the row they hang on. */
  readonly inTenants: boolean
  /** Shares are about both sides; who was lent something can't take the share away, and it goes with the account. */
  readonly removable: string
}

/** The tables in whose rows the declaration names an owner: by a column, or by the row they hang on. In dependency order. */
export function ownedTables(definition: Pick<BackendDefinition, 'tables'>): readonly OwnedTable[] {
  const all = definition.tables
  return all.flatMap((table) => {
    const root = rootOf(table, all)
    if (root?.owner === undefined) return []
    const mine = mineIn(table, all)
    const isShare = all.some(({ sharedThrough }) => sharedThrough === table.name)
    const lentToMe = `${identifier(table.name)}.grantee = $1::uuid`
    return [
      {
        table,
        inTenants: root.tenant !== undefined,
        removable: mine,
        theirs: isShare ? `(${mine} or ${lentToMe})` : mine,
      },
    ]
  })
}

/** The row that says whose it is: its own, or that of the table it hangs on. */
function rootOf(table: TableDefinition, all: readonly TableDefinition[]): TableDefinition | undefined {
  let root: TableDefinition | undefined = table
  // No chain is longer than there are tables; one that goes in a circle has no root.
  for (let steps = 0; root?.parent !== undefined; steps++) {
    if (steps === all.length) return undefined
    const { parent }: TableDefinition = root
    root = all.find(({ name }) => name === parent?.table)
  }
  return root
}

function mineIn(table: TableDefinition, all: readonly TableDefinition[]): string {
  const { owner, parent } = table
  if (owner !== undefined) return `${identifier(table.name)}.${identifier(owner)} = $1::uuid`
  const above = all.find(({ name }) => name === parent?.table)
  const key = above?.columns.find(({ primary }) => primary)?.name
  if (parent === undefined || above === undefined || key === undefined) return 'false'
  return `${identifier(table.name)}.${identifier(parent.column)} in (select ${identifier(above.name)}.${identifier(key)} from app.${identifier(above.name)} where ${mineIn(above, all)})`
}

/** Some rows of a table, as handlers of the application would be given them. */
export interface OwnedRows {
  readonly table: string
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/**
 * All rows that are somebody's, page by page, read by the runtime role under their own identity: row-level security sees to it
 * that there is nobody else's among them, whatever is asked here.
 *
 * @param tenants - those they are in.
 */
export async function* readOwned(
  // biome-ignore lint/suspicious/noExplicitAny: the application's tables are known to its declaration, not here
  runtime: Database<any>,
  definition: Pick<BackendDefinition, 'tables'>,
  accountId: string,
  tenants: readonly string[],
): AsyncGenerator<OwnedRows> {
  for (const owned of ownedTables(definition)) {
    for (const tenantId of owned.inTenants ? tenants : [null]) {
      const db = runtime.as({ accountId, tenantId, scope: 'own' })
      let after: readonly unknown[] = []
      for (;;) {
        const { rows } = await runStatement(db, {
          sql: pageOf(owned, after.length > 0),
          parameters: [accountId, ...after],
        })
        if (rows.length > 0) yield { table: owned.table.name, rows: rows.map(withoutKeys) }
        const last = rows.at(-1)
        if (last === undefined || rows.length < PAGE) break
        after = keysOf(owned.table).map((_, index) => last[`${KEY}${index}`])
      }
    }
  }
}

/** The next rows behind a key. Keys travel as text, which loses nothing of them. */
function pageOf({ table, theirs }: OwnedTable, further: boolean): string {
  const name = identifier(table.name)
  const keys = keysOf(table)
  const columns = [
    ...table.columns.map((column) => `${name}.${identifier(column.name)}`),
    ...keys.map((key, index) => `${name}.${identifier(key.name)}::text as ${KEY}${index}`),
  ]
  const order = keys.map((key) => `${name}.${identifier(key.name)}`).join(', ')
  const behind = keys.map((key, index) => `$${index + 2}::${key.sqlType}`).join(', ')
  return `select ${columns.join(', ')} from app.${name} where ${theirs}${further ? ` and (${order}) > (${behind})` : ''} order by ${order} limit ${PAGE}`
}

const keysOf = (table: TableDefinition) =>
  table.definitions.filter(({ name }) => table.columns.some((column) => column.name === name && column.primary))

const withoutKeys = (row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith(KEY)))

/**
 * Removes all rows that are somebody's, all or none, by the runtime role under their own identity. What the declaration lets hang on
 * them goes with them.
 *
 * @throws Refusal where rows of others refer to them and may not go.
 */
export async function removeOwned(
  // biome-ignore lint/suspicious/noExplicitAny: see above
  runtime: Database<any>,
  definition: Pick<BackendDefinition, 'tables'>,
  accountId: string,
  tenants: readonly string[],
): Promise<void> {
  const tables = ownedTables(definition).toReversed()
  const whole: Identity = { accountId, tenantId: null, scope: 'own' }
  await runtime.transaction(whole, async (tx) => {
    for (const tenantId of [...tenants, null]) {
      // One transaction for all tenants, since a half-erased person is neither there nor gone.
      const identity = identityText({ accountId, tenantId, scope: 'own' })
      await runStatement(tx, { sql: `select set_config('holdfast.identity', $1::text, true)`, parameters: [identity] })
      for (const { table, removable, inTenants } of tables) {
        if (inTenants !== (tenantId !== null)) continue
        const name = identifier(table.name)
        const keys = keysOf(table).map((key) => `${name}.${identifier(key.name)}`)
        const sql = `delete from app.${name} where (${keys}) in (select ${keys} from app.${name} where ${removable} limit ${BATCH})`
        // Each statement stays within its time, however much there is.
        while ((await runStatement(tx, { sql, parameters: [accountId] })).changed === BATCH);
      }
    }
  })
}

const PAGE = 500
const BATCH = 5_000
/** Of the columns beside the declared ones. */
const KEY = 'holdfast_key_'
