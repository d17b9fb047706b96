import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartRefusal } from '../../kernel/refusal.ts'
import type { DatabaseConnection } from '../../kernel/vantage.ts'
import { DATABASE_ROLES, roleName } from '../declaration/database-roles.ts'
import { addColumnSql, addConstraintSql, createTableSql, tableDdl } from '../declaration/ddl.ts'
import type { BackendDefinition } from '../declaration/definition.ts'
import { grantSql } from '../declaration/grants.ts'
import { policiesOf, policySql } from '../declaration/policies.ts'
import { compare, differenceLine } from './migrate-compare.ts'
import { standingTables } from './migrate-standing.ts'

/** What can be done without looking at rows, and what is for a person. */
export interface AdditiveChange {
  readonly statements: readonly string[]
  /** One line each. */
  readonly forAPerson: readonly string[]
}

/**
 * The difference between what stands and the declaration: new tables with policies and grants, new columns that need no value,
 * new indexes and constraints as statements; everything else in words.
 *
 * @param connection - to a database with all migrations applied; not one that development has already brought further.
 */
export async function additiveChange(
  connection: DatabaseConnection,
  definition: Pick<BackendDefinition, 'name' | 'tables'>,
): Promise<AdditiveChange> {
  const standing = await standingTables(connection)
  const statements: string[] = []
  const security: string[] = []
  const handled = new Set<string>()
  const changed = new Set<string>()
  for (const table of definition.tables) {
    const ddl = tableDdl(table, definition.tables)
    const there = standing.find(({ name }) => name === table.name)
    const done = (what: string): void => {
      handled.add(`table ${table.name}: ${what}`)
      changed.add(table.name)
    }
    if (there === undefined) {
      statements.push(...createTableSql(ddl))
      done('is declared and not there')
    } else {
      for (const column of ddl.columns.filter(
        ({ name, addable }) => addable && !there.columns.some((each) => each.name === name),
      )) {
        statements.push(addColumnSql(table.name, column))
        done(`column ${column.name} is declared and not there`)
      }
      for (const constraint of ddl.constraints.filter(({ name }) => !there.constraints.has(name))) {
        statements.push(addConstraintSql(table.name, constraint))
        done(`constraint ${constraint.name} is declared and not there`)
      }
      for (const index of ddl.indexes.filter(({ name }) => !there.indexes.has(name))) {
        statements.push(index.sql)
        done(`index ${index.name} is declared and not there`)
      }
    }
    if (changed.has(table.name))
      security.push(
        ...policySql(table, policiesOf(table, definition.tables, definition.name)),
        ...grantSql(table, definition.name),
      )
  }
  const rest = (await compare(connection, definition)).filter(
    (difference) =>
      difference.repair === 'migration' && difference.where !== 'database' && !handled.has(differenceLine(difference)),
  )
  // Policies of one table may ask another, so they come when all tables are there.
  return { statements: [...statements, ...security], forAPerson: rest.map(differenceLine) }
}

/** The text of a migration: readable SQL, role names as placeholders, what is left as comments. */
export function migrationText(
  { statements, forAPerson }: AdditiveChange,
  definition: { readonly name: string },
): string {
  const named = (sql: string): string =>
    DATABASE_ROLES.reduce(
      (text, role) => text.replaceAll(new RegExp(`\\b${roleName(definition, role)}\\b`, 'g'), `:${role}`),
      sql,
    )
  const comments = forAPerson.map((line) => `-- ${line}\n`)
  return [
    '-- Written by `holdfast migrate new` from the declaration. Read it before it runs; it is yours to change until then.\n',
    ...(comments.length === 0 ? [] : ['\n-- Not additive, so it is for you to write:\n', ...comments]),
    ...statements.map((sql) => `\n${named(sql)};\n`),
  ].join('')
}

/**
 * Writes the next migration of the application.
 *
 * @param name - what it does: `add_pins`.
 * @returns the file's path, or `null` when there is nothing to write.
 */
export async function newMigration(
  connection: DatabaseConnection,
  definition: BackendDefinition,
  name: string,
): Promise<string | null> {
  if (!/^[a-z0-9_]{1,80}$/.test(name))
    throw new StartRefusal('migrate new', 'a name has lower-case letters, digits and _')
  const change = await additiveChange(connection, definition)
  if (change.statements.length === 0 && change.forAPerson.length === 0) return null
  await mkdir(definition.migrations, { recursive: true })
  const count = (await readdir(definition.migrations)).filter((file) => file.endsWith('.sql')).length
  const path = join(definition.migrations, `${String(count + 1).padStart(4, '0')}_${name}.sql`)
  await writeFile(path, migrationText(change, definition), { flag: 'wx' })
  return path
}
