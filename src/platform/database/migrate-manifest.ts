import { createHash } from 'node:crypto'
import type { DatabaseConnection } from '../../kernel/vantage.ts'
import { tableDdl } from '../declaration/ddl.ts'
import type { BackendDefinition, TableDefinition } from '../declaration/definition.ts'
import { policiesOf } from '../declaration/policies.ts'
import { type StandingTable, standingAccess, standingTables } from './migrate-standing.ts'

/**
 * One expression of the database: what was declared, and how PostgreSQL wrote it when it was put in place. PostgreSQL
 * rewrites what it is given, so an expression can only be compared with its own earlier form.
 */
export interface ManifestEntry {
  /** `policy`, `constraint`, `index`, `default`, `access`. */
  readonly kind: string
  /** `note.note_select`. */
  readonly object: string
  /** SHA-256 of what was declared; empty where nothing is. */
  readonly declared: string
  readonly standing: string
}

/** What the declaration says now, hashed, by `kind object`. */
export function declaredManifest(definition: Pick<BackendDefinition, 'name' | 'tables'>): ReadonlyMap<string, string> {
  return new Map(definition.tables.flatMap((table) => declaredOf(table, definition)))
}

/** What stands now, by `kind object`. */
export async function standingManifest(
  connection: DatabaseConnection,
  tables?: readonly StandingTable[],
): Promise<ReadonlyMap<string, string>> {
  const standing = tables ?? (await standingTables(connection))
  return new Map([
    ...standing.flatMap((table) => [
      ...[...table.policies].map(([name, text]) => [`policy ${table.name}.${name}`, text] as const),
      ...[...table.constraints].map(([name, text]) => [`constraint ${table.name}.${name}`, text] as const),
      ...[...table.indexes].map(([name, text]) => [`index ${table.name}.${name}`, text] as const),
      ...table.columns
        .filter(({ expression }) => expression !== '')
        .map(({ name, expression }) => [`default ${table.name}.${name}`, expression] as const),
    ]),
    ...[...(await standingAccess(connection))].map(([name, text]) => [`access ${name}`, text] as const),
  ])
}

/**
 * What was recorded at the last migration, by `kind object`. Empty where none has run, or where it was written by another
 * Holdfast or another PostgreSQL, which write the same things differently.
 */
export async function recordedManifest(connection: DatabaseConnection): Promise<ReadonlyMap<string, ManifestEntry>> {
  const { rows: there } = await connection.query(
    `select to_regclass('holdfast_migrations.manifest') is not null as there`,
  )
  if (there[0]?.there !== true) return new Map()
  const { rows } = await connection.query('select kind, object, declared, standing from holdfast_migrations.manifest')
  const format = rows.find((row) => row.kind === 'format')?.standing
  if (format !== (await formatOf(connection))) return new Map()
  return new Map(rows.map((row) => [`${row.kind} ${row.object}`, row as unknown as ManifestEntry]))
}

/**
 * Writes down what stands, as the form of what is declared. Called in the transaction of a migration.
 *
 * @param kinds - `policies`: only those were put in place; what else was changed by hand stays a difference.
 */
export async function recordManifest(
  owner: DatabaseConnection,
  definition: Pick<BackendDefinition, 'name' | 'tables'>,
  kinds: 'all' | 'policies',
): Promise<void> {
  const declared = declaredManifest(definition)
  const recorded = await recordedManifest(owner)
  const entries = [...(await standingManifest(owner))]
    .map(([key, standing]) => {
      const space = key.indexOf(' ')
      const before = recorded.get(key)
      // An unchanged form is still that of the earlier declaration. Policies were just made anew.
      const kept = before !== undefined && before.standing === standing && !key.startsWith('policy ')
      return {
        kind: key.slice(0, space),
        object: key.slice(space + 1),
        declared: kept ? before.declared : (declared.get(key) ?? ''),
        standing,
      }
    })
    .filter(({ kind }) => kinds === 'all' || kind === 'policy')
  if (kinds === 'all') entries.push({ kind: 'format', object: '', declared: '', standing: await formatOf(owner) })
  await owner.query(`delete from holdfast_migrations.manifest where $1 = 'all' or kind = 'policy'`, [kinds])
  await owner.query(
    `insert into holdfast_migrations.manifest (kind, object, declared, standing)
     select kind, object, declared, standing from json_to_recordset($1::json) as e(kind text, object text, declared text, standing text)`,
    [JSON.stringify(entries)],
  )
}

async function formatOf(connection: DatabaseConnection): Promise<string> {
  const { rows } = await connection.query(`select current_setting('server_version_num')::integer / 10000 as major`)
  return `${FORMAT} on PostgreSQL ${rows[0]?.major}`
}

/** Goes up when what is recorded, or how, changes. */
const FORMAT = 2

function declaredOf(
  table: TableDefinition,
  definition: Pick<BackendDefinition, 'name' | 'tables'>,
): readonly (readonly [string, string])[] {
  const ddl = tableDdl(table, definition.tables)
  return [
    ...policiesOf(table, definition.tables, definition.name).map(
      (policy) => [`policy ${table.name}.${policy.name}`, hash(JSON.stringify(policy))] as const,
    ),
    ...ddl.constraints.map(({ name, sql }) => [`constraint ${table.name}.${name}`, hash(sql)] as const),
    ...ddl.indexes.map(({ name, sql }) => [`index ${table.name}.${name}`, hash(sql)] as const),
    ...table.definitions.flatMap(({ name, sqlDefault, sqlGenerated }) => {
      const expression = sqlDefault ?? sqlGenerated
      return expression === undefined ? [] : [[`default ${table.name}.${name}`, hash(expression)] as const]
    }),
  ]
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
