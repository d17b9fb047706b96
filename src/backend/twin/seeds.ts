import { randomBytes, randomUUID } from 'node:crypto'
import type { BackendDefinition, ColumnDefinition, TableDefinition } from '../../platform/declaration/definition.ts'

/** Runs a statement as the administrator of the twin's database, past row-level security. */
export type Run = (text: string, values: readonly unknown[]) => Promise<unknown>

/** Whose rows are made. */
export interface SeedOwner {
  readonly accountId: string
  readonly tenantId: string
}

export type SeedRows = Record<string, Record<string, string>>

/**
 * Makes one row of each declared table, in the order of the declaration so that what is referred to exists, owned by
 * `owner`. Shares are left out: what is shared is somebody's by intent.
 *
 * @returns table → column → value as text.
 */
export async function seedRows(definition: BackendDefinition, owner: SeedOwner, run: Run): Promise<SeedRows> {
  const seeded: SeedRows = {}
  const shares = new Set(definition.tables.map((table) => table.sharedThrough))
  for (const table of definition.tables) {
    if (shares.has(table.name)) continue
    const row = rowOf(table, owner, seeded)
    const names = Object.keys(row)
    const columns = names.map((name) => `"${name}"`).join(', ')
    const places = names.map((_, index) => `$${index + 1}`).join(', ')
    await run(`insert into "${table.schema}"."${table.name}" (${columns}) values (${places})`, Object.values(row))
    seeded[table.name] = row
  }
  return seeded
}

/** Ids that no row has. */
export function absentRows(definition: BackendDefinition): SeedRows {
  const nobody = { accountId: randomUUID(), tenantId: randomUUID() }
  const absent: SeedRows = {}
  for (const table of definition.tables) absent[table.name] = rowOf(table, nobody, absent)
  return absent
}

function rowOf(table: TableDefinition, owner: SeedOwner, seeded: SeedRows): Record<string, string> {
  const row: Record<string, string> = {}
  for (const column of table.definitions) {
    const described = table.columns.find((candidate) => candidate.name === column.name)
    if (column.name === table.owner) row[column.name] = owner.accountId
    else if (column.name === table.tenant) row[column.name] = owner.tenantId
    else if (table.parent?.column === column.name) row[column.name] = seeded[table.parent.table]?.id ?? randomUUID()
    else if (column.references !== undefined)
      row[column.name] = seeded[column.references.table]?.[column.references.column] ?? randomUUID()
    else if (described?.primary === true || described?.generated !== true) row[column.name] = sampleOf(column)
  }
  return row
}

/** A value the column's own schema accepts, different each time where the type allows it. */
function sampleOf(column: ColumnDefinition): string {
  const schema = column.schema
  if (Array.isArray(schema.enum)) return String(schema.enum[0])
  if ('const' in schema) return String(schema.const)
  const options = schema.anyOf
  if (Array.isArray(options) && 'const' in Object(options[0])) return String(options[0].const)
  if (column.sqlType === 'uuid') return randomUUID()
  if (column.sqlType === 'boolean') return 'false'
  if (column.sqlType.startsWith('timestamp')) return new Date().toISOString()
  if (column.sqlType === 'date') return new Date().toISOString().slice(0, 10)
  if (column.sqlType.startsWith('varchar') || column.sqlType === 'text') {
    const max = typeof schema.maxLength === 'number' ? schema.maxLength : 16
    return `s${randomBytes(8).toString('hex')}`.slice(0, Math.max(1, max))
  }
  return String(typeof schema.minimum === 'number' ? schema.minimum : 1)
}
