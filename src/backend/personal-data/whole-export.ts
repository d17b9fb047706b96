import type { AccessControl } from '../../checklist/authentication/access-control/index.ts'
import type { Principal } from '../../kernel/principal.ts'
import type { JsonSchema } from '../../kernel/surface.ts'
import type { BackendDefinition, TableDefinition } from '../../platform/declaration/definition.ts'
import { type TSchema, Type } from '../../platform/declaration/index.ts'
import { KeptAbout } from './kept-about.ts'
import { ownedTables } from './owned-rows.ts'
import type { PersonalData, Wish } from './personal-data.ts'

/** What is kept about somebody, in one piece. */
export interface WholeExport {
  readonly kept: KeptAbout
  readonly tables: Readonly<Record<string, ExportedTable>>
  /** Tables of which more was there than one reply holds: `holdfast user export` has no such bound. */
  readonly leftOut: readonly string[]
}

export interface ExportedTable {
  readonly classification: Readonly<Record<string, string>>
  readonly rows: Readonly<Record<string, unknown>>[]
}

/** What each column holds, as the declaration says: `plain`, `personal` or `sensitive`. */
export const classificationOf = ({ columns }: Pick<TableDefinition, 'columns'>): Readonly<Record<string, string>> =>
  Object.fromEntries(columns.map(({ name, classification }) => [name, classification]))

/**
 * Everything kept about whoever asks, bounded, for one reply. Columns that they may not read in the application are not in it.
 *
 * @throws Refusal `not-found`.
 */
export async function wholeExport(
  data: PersonalData,
  definition: Pick<BackendDefinition, 'tables'>,
  access: Pick<AccessControl, 'filterReadable'>,
  by: Wish & { readonly principal: Principal },
): Promise<WholeExport> {
  const { principal } = by
  const kept = await data.kept(principal.accountId, by)
  const tables: Record<string, ExportedTable> = {}
  for (const { table } of ownedTables(definition))
    tables[table.name] = { classification: classificationOf(table), rows: [] }
  const leftOut = new Set<string>()
  let characters = 0
  for await (const { table, rows } of data.rows(principal.accountId, kept)) {
    const into = tables[table]?.rows ?? []
    for (const row of access.filterReadable(principal, table, rows) as typeof rows) {
      characters += JSON.stringify(row).length
      if (into.length >= MOST_ROWS || characters > MOST_CHARACTERS) {
        leftOut.add(table)
        break
      }
      into.push(row)
    }
    // Nothing more would fit, of any table: what is left is not even read.
    if (characters > MOST_CHARACTERS) break
  }
  if (characters > MOST_CHARACTERS) for (const name of Object.keys(tables)) leftOut.add(name)
  return { kept, tables, leftOut: [...leftOut] }
}

/** What the reply may hold: the declared columns and no others. */
export function wholeExportSchema(definition: Pick<BackendDefinition, 'tables'>): TSchema {
  const tables = Object.fromEntries(ownedTables(definition).map(({ table }) => [table.name, tableSchema(table)]))
  return Type.Object(
    {
      kept: KeptAbout,
      tables: Type.Object(tables, closed),
      leftOut: Type.Array(Type.String({ maxLength: 60 }), { maxItems: 1000 }),
    },
    closed,
  )
}

function tableSchema({ columns, definitions }: TableDefinition): TSchema {
  const classification = columns.map(({ name }) => [name, Type.Optional(Type.String({ maxLength: 10 }))])
  const row = definitions.map(({ name, schema }) => [name, Type.Optional(Type.Unsafe(schema as JsonSchema & object))])
  return Type.Object(
    {
      classification: Type.Object(Object.fromEntries(classification), closed),
      rows: Type.Array(Type.Object(Object.fromEntries(row), closed), { maxItems: MOST_ROWS }),
    },
    closed,
  )
}

const closed = { additionalProperties: false } as const
/** Of one table. */
const MOST_ROWS = 10_000
/** Of all rows together, as JSON. */
const MOST_CHARACTERS = 8_000_000
