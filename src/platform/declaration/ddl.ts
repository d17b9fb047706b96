import { createHash } from 'node:crypto'
import type { ColumnDefinition, TableDefinition } from './definition.ts'
import { identifier } from './sql-text.ts'

/** What a declared table is in SQL, piece by piece, so that a difference can be written piece by piece too. */
export interface TableDdl {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly sql: string; readonly addable: boolean }[]
  readonly constraints: readonly NamedSql[]
  readonly indexes: readonly NamedSql[]
}

/** `sql` is the definition after the name: `check (…)`; for indexes the whole statement. */
export interface NamedSql {
  readonly name: string
  readonly sql: string
}

/** @param all - every table of the definition: keys and foreign keys follow from who references whom. */
export function tableDdl(table: TableDefinition, all: readonly TableDefinition[]): TableDdl {
  const keys = keysOf(table, all)
  const foreign = foreignKeysOf(table, all)
  return {
    name: table.name,
    columns: table.definitions.map((column, index) => ({
      name: column.name,
      sql: columnSql(column, table.columns[index]?.nullable ?? false),
      addable:
        (table.columns[index]?.nullable ?? false) ||
        column.sqlDefault !== undefined ||
        column.sqlGenerated !== undefined,
    })),
    constraints: [
      ...keys.map(({ name, kind, columns }) => ({ name, sql: `${kind} (${list(columns)})` })),
      ...table.definitions
        .filter(({ checks }) => checks.length > 0)
        .map(({ name, checks }) => ({
          name: shorten(`${table.name}_${name}_check`),
          sql: `check (${checks.join(' and ')})`,
        })),
      ...foreign.map(({ name, columns, target, targetColumns, onDelete }) => ({
        name,
        sql: `foreign key (${list(columns)}) references ${target} (${list(targetColumns)}) on delete ${onDelete}`,
      })),
    ],
    indexes: [...foreignIndexes(table, keys, foreign), ...table.indexes.map(namedIndex)],
  }
}

/** `create table …` and its indexes, closed to everybody and under forced row-level security from the start. */
export function createTableSql(ddl: TableDdl): readonly string[] {
  const name = `app.${identifier(ddl.name)}`
  const lines = [
    ...ddl.columns.map((column) => column.sql),
    ...ddl.constraints.map((constraint) => `constraint ${identifier(constraint.name)} ${constraint.sql}`),
  ]
  return [
    `create table if not exists ${name} (\n  ${lines.join(',\n  ')}\n)`,
    `alter table ${name} enable row level security`,
    `alter table ${name} force row level security`,
    ...ddl.indexes.map((index) => index.sql),
  ]
}

export const addColumnSql = (table: string, column: { readonly sql: string }): string =>
  `alter table app.${identifier(table)} add column if not exists ${column.sql}`

/** Dropped first, so that a development database, which has it already, takes the migration too. */
export const addConstraintSql = (table: string, { name, sql }: NamedSql): string =>
  `alter table app.${identifier(table)} drop constraint if exists ${identifier(name)}, add constraint ${identifier(name)} ${sql}`

interface Key {
  readonly name: string
  readonly kind: 'primary key' | 'unique'
  readonly columns: readonly string[]
}

interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
  readonly onDelete: 'cascade' | 'restrict' | 'no action'
}

function columnSql(column: ColumnDefinition, nullable: boolean): string {
  const filled =
    column.sqlGenerated === undefined
      ? column.sqlDefault === undefined
        ? ''
        : ` default ${column.sqlDefault}`
      : ` generated always as (${column.sqlGenerated}) stored`
  return `${identifier(column.name)} ${column.sqlType}${nullable ? '' : ' not null'}${filled}`
}

function keysOf(table: TableDefinition, all: readonly TableDefinition[]): readonly Key[] {
  const primary = table.columns.filter((column) => column.primary).map((column) => column.name)
  const keys: Key[] = [{ name: shorten(`${table.name}_pkey`), kind: 'primary key', columns: primary }]
  const { tenant } = table
  for (const column of table.definitions.filter((each) => each.unique)) {
    // Unique within a tenant: over all, a refusal would tell one tenant what another has.
    const columns = tenant === undefined || tenant === column.name ? [column.name] : [tenant, column.name]
    keys.push({ name: shorten(`${table.name}_${column.name}_key`), kind: 'unique', columns })
  }
  if (tenant === undefined) return keys
  // What the composite foreign keys of other tables point at, so that they can not cross tenants or owners.
  const [id] = primary
  const referenced = all.some(
    (other) =>
      other.tenant !== undefined &&
      !isShareOf(other, table) &&
      other.definitions.some(({ references }) => references?.table === table.name && references.column === id),
  )
  if (referenced && id !== undefined)
    keys.push({ name: shorten(`${table.name}_tenant_key`), kind: 'unique', columns: [tenant, id] })
  if (table.sharedThrough !== undefined && table.owner !== undefined && id !== undefined)
    keys.push({ name: shorten(`${table.name}_owner_key`), kind: 'unique', columns: [tenant, id, table.owner] })
  return keys
}

function foreignKeysOf(table: TableDefinition, all: readonly TableDefinition[]): readonly ForeignKey[] {
  const key = (
    columns: readonly string[],
    target: string,
    targetColumns: readonly string[],
    onDelete: ForeignKey['onDelete'],
  ): ForeignKey => ({
    name: shorten(`${table.name}_${columns.join('_')}_fkey`),
    columns,
    target,
    targetColumns,
    onDelete,
  })
  const { owner, tenant } = table
  const shared = all.find((other) => isShareOf(table, other))
  if (shared !== undefined && tenant !== undefined && shared.tenant !== undefined && shared.owner !== undefined) {
    const id = shared.columns.find((column) => column.primary)?.name ?? 'id'
    return [
      // Only the true owner lends, only what is theirs, only within the tenant, only to who belongs to it.
      key(
        [tenant, shared.name, 'owner'],
        `app.${identifier(shared.name)}`,
        [shared.tenant, id, shared.owner],
        'cascade',
      ),
      key([tenant, 'grantee'], 'holdfast.tenant_member', ['tenant_id', 'account_id'], 'cascade'),
    ]
  }
  const keys: ForeignKey[] = []
  if (tenant !== undefined) keys.push(key([tenant], 'holdfast.tenant', ['id'], 'cascade'))
  if (owner !== undefined) keys.push(key([owner], 'holdfast.account', ['id'], 'restrict'))
  // Checked at the end of the statement, so that the end of a tenant takes members and rows alike.
  if (owner !== undefined && tenant !== undefined)
    keys.push(key([tenant, owner], 'holdfast.tenant_member', ['tenant_id', 'account_id'], 'no action'))
  for (const { name, references } of table.definitions) {
    if (references === undefined) continue
    const target = all.find((other) => other.name === references.table)
    const within = tenant !== undefined && target?.tenant !== undefined
    keys.push(
      within
        ? key(
            [tenant, name],
            `app.${identifier(references.table)}`,
            [target.tenant, references.column],
            references.onDelete,
          )
        : key(
            [name],
            references.table.includes('.') ? references.table : `app.${identifier(references.table)}`,
            [references.column],
            references.onDelete,
          ),
    )
  }
  return keys
}

/** An index for each foreign key that no key already serves: the other side's deletes look there. */
function foreignIndexes(
  table: TableDefinition,
  keys: readonly Key[],
  foreign: readonly ForeignKey[],
): readonly NamedSql[] {
  const served = (columns: readonly string[], by: readonly (readonly string[])[]): boolean =>
    by.some((other) => columns.every((column, index) => other[index] === column))
  const candidates = foreign
    .map(({ columns }) => columns)
    .filter(
      (columns) =>
        !served(
          columns,
          keys.map((key) => key.columns),
        ),
    )
  return candidates
    .filter(
      (columns, index) =>
        !served(
          columns,
          candidates.filter((_, other) => other !== index),
        ),
    )
    .map((columns) => {
      const name = shorten(`${table.name}_${columns.join('_')}_idx`)
      return { name, sql: `create index if not exists ${name} on app.${identifier(table.name)} (${list(columns)})` }
    })
}

function namedIndex(statement: string): NamedSql {
  const name = /index ([a-z0-9_]+) on/.exec(statement)?.[1] ?? ''
  return { name, sql: statement.replace(/ index /, ' index if not exists ') }
}

export const isShareOf = (table: TableDefinition, parent: TableDefinition): boolean =>
  parent.sharedThrough === table.name

const list = (columns: readonly string[]): string => columns.map(identifier).join(', ')

/** PostgreSQL cuts names at 63 bytes without a word; two long ones would collide. */
function shorten(name: string): string {
  if (name.length <= 63) return name
  return `${name.slice(0, 54)}_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}
