import type { DatabaseConnection } from '../../kernel/vantage.ts'
import { attributeFaults, DATABASE_ROLES, ROLE_SPECIFICATIONS, roleName } from '../declaration/database-roles.ts'
import { tableDdl } from '../declaration/ddl.ts'
import type { BackendDefinition, TableDefinition } from '../declaration/definition.ts'
import { grantsOf } from '../declaration/grants.ts'
import { queueOf } from '../jobs/queues.ts'
import { declaredManifest, recordedManifest, standingManifest } from './migrate-manifest.ts'
import { type StandingTable, standingRoles, standingTables } from './migrate-standing.ts'

export interface Difference {
  /** `table note`, `role notes_runtime`. */
  readonly where: string
  readonly what: string
  /** `repeatable`: `migrate` puts it right by itself. `role`: the administrator's part does. */
  readonly repair: 'repeatable' | 'migration' | 'role'
}

/**
 * Compares what stands with the declaration: tables, columns, constraints, indexes, row-level security, policies, grants,
 * queues of jobs, roles. As any role that may connect and read `holdfast_migrations` (auditor, owner).
 *
 * @returns nothing when they agree.
 */
export async function compare(
  connection: DatabaseConnection,
  definition: Pick<BackendDefinition, 'name' | 'tables' | 'jobs'>,
): Promise<readonly Difference[]> {
  const standing = await standingTables(connection)
  return [
    ...definition.tables.flatMap((table) =>
      compareTable(
        table,
        definition,
        standing.find(({ name }) => name === table.name),
      ),
    ),
    ...standing
      .filter(({ name }) => !definition.tables.some((table) => table.name === name))
      .map(({ name }) => migration(`table ${name}`, 'stands in schema app and is not declared')),
    ...(await compareManifest(connection, definition, standing)),
    ...(await compareQueues(connection, definition)),
    ...(await compareRoles(connection, definition)),
  ]
}

/** One line of a difference. */
export const differenceLine = ({ where, what }: Difference): string => `${where}: ${what}`

const migration = (where: string, what: string): Difference => ({ where, what, repair: 'migration' })
const repeatable = (where: string, what: string): Difference => ({ where, what, repair: 'repeatable' })

function compareTable(
  table: TableDefinition,
  definition: Pick<BackendDefinition, 'name' | 'tables'>,
  standing: StandingTable | undefined,
): readonly Difference[] {
  const where = `table ${table.name}`
  if (standing === undefined) return [migration(where, 'is declared and not there')]
  const owner = roleName(definition, 'owner')
  const ddl = tableDdl(table, definition.tables)
  const differences: Difference[] = []
  if (standing.owner !== owner) differences.push(migration(where, `belongs to ${standing.owner} instead of ${owner}`))
  if (!standing.rowSecurity) differences.push(repeatable(where, 'row-level security is off'))
  if (!standing.forced) differences.push(repeatable(where, 'row-level security is not forced'))
  for (const [index, column] of table.definitions.entries()) {
    const there = standing.columns.find(({ name }) => name === column.name)
    const nullable = table.columns[index]?.nullable ?? false
    if (there === undefined) differences.push(migration(where, `column ${column.name} is declared and not there`))
    else {
      const type = catalogType(column.sqlType)
      if (there.type !== type)
        differences.push(migration(where, `column ${column.name} is ${there.type} instead of ${type}`))
      if (there.nullable !== nullable)
        differences.push(migration(where, `column ${column.name} is ${there.nullable ? '' : 'not '}nullable`))
      const expression = column.sqlDefault ?? column.sqlGenerated
      if ((there.expression === '') !== (expression === undefined))
        differences.push(
          migration(
            where,
            `column ${column.name} has ${there.expression === '' ? 'no default' : 'a default that is not declared'}`,
          ),
        )
    }
  }
  for (const { name } of standing.columns) {
    if (!table.definitions.some((column) => column.name === name))
      differences.push(migration(where, `column ${name} is not declared`))
  }
  differences.push(
    ...compareNames(where, 'constraint', ddl.constraints, standing.constraints),
    ...compareNames(where, 'index', ddl.indexes, standing.indexes),
    ...compareGrants(where, wantedGrants(table, definition.name), standing.grants),
  )
  return differences
}

function compareNames(
  where: string,
  kind: string,
  declared: readonly { readonly name: string }[],
  standing: ReadonlyMap<string, string>,
): readonly Difference[] {
  return [
    ...declared
      .filter(({ name }) => !standing.has(name))
      .map(({ name }) => migration(where, `${kind} ${name} is declared and not there`)),
    ...[...standing.keys()]
      .filter((name) => !declared.some((each) => each.name === name))
      .map((name) => migration(where, `${kind} ${name} is not declared`)),
  ]
}

function compareGrants(
  where: string,
  wanted: ReadonlySet<string>,
  standing: ReadonlySet<string>,
): readonly Difference[] {
  return [
    ...[...standing]
      .filter((grant) => !wanted.has(grant))
      .map((grant) => repeatable(where, `is granted too widely: ${grant}`)),
    ...[...wanted]
      .filter((grant) => !standing.has(grant))
      .map((grant) => repeatable(where, `is not granted: ${grant}`)),
  ]
}

function wantedGrants(table: TableDefinition, backend: string): ReadonlySet<string> {
  const grants = grantsOf(table, backend)
  return new Set([
    ...grants.select.map((role) => `${role} SELECT`),
    ...grants.delete.map((role) => `${role} DELETE`),
    ...grants.insert.map((column) => `${grants.writer} INSERT (${column})`),
    ...grants.update.map((column) => `${grants.writer} UPDATE (${column})`),
  ])
}

/** Expressions against what was recorded when they were put in place. */
async function compareManifest(
  connection: DatabaseConnection,
  definition: Pick<BackendDefinition, 'name' | 'tables'>,
  tables: readonly StandingTable[],
): Promise<readonly Difference[]> {
  const [recorded, standing] = [await recordedManifest(connection), await standingManifest(connection, tables)]
  if (recorded.size === 0)
    return [migration('database', 'was not migrated by this version of Holdfast on this version of PostgreSQL')]
  const declared = declaredManifest(definition)
  const differences: Difference[] = []
  const tell = (key: string, what: string): void => {
    const [kind = '', object = ''] = key.split(/ (.*)/s)
    if (kind === 'access') differences.push(migration(object, what))
    else
      differences.push({
        where: `table ${object.split('.')[0]}`,
        what: `${kind} ${object.slice(object.indexOf('.') + 1)} ${what}`,
        repair: kind === 'policy' ? 'repeatable' : 'migration',
      })
  }
  for (const [key, entry] of recorded) {
    if (entry.kind === 'format') continue
    const now = standing.get(key)
    if (now === undefined) {
      // What is declared and gone of the other kinds is told by name already.
      if (key.startsWith('policy ') && declared.has(key)) tell(key, 'is declared and not there')
      else if (key.startsWith('access ')) tell(key, 'is gone')
    } else if (now !== entry.standing)
      tell(
        key,
        key.startsWith('access ') ? 'may be used by others than the migrations say' : 'was changed in the database',
      )
    else if (declared.has(key) && declared.get(key) !== entry.declared) tell(key, 'differs from the declaration')
  }
  for (const key of standing.keys()) {
    if (!recorded.has(key) && (key.startsWith('policy ') || key.startsWith('access ')))
      tell(key, 'was added in the database')
  }
  for (const key of declared.keys()) {
    if (key.startsWith('policy ') && !recorded.has(key) && !standing.has(key)) tell(key, 'is declared and not there')
  }
  return differences
}

/** A job whose queue is not there could not be asked for. */
async function compareQueues(
  connection: DatabaseConnection,
  { jobs = [] }: Pick<BackendDefinition, 'jobs'>,
): Promise<readonly Difference[]> {
  if (jobs.length === 0) return []
  const { rows } = await connection.query('select name from holdfast_jobs.queue where name = any($1)', [
    jobs.map(({ name }) => queueOf(name)),
  ])
  const there = new Set(rows.map(({ name }) => name))
  return jobs
    .filter(({ name }) => !there.has(queueOf(name)))
    .map(({ name }) => repeatable(`job ${name}`, 'has no queue yet'))
}

async function compareRoles(
  connection: DatabaseConnection,
  definition: { readonly name: string },
): Promise<readonly Difference[]> {
  const standing = await standingRoles(connection, definition)
  return DATABASE_ROLES.flatMap((role) => {
    const name = roleName(definition, role)
    const specification = ROLE_SPECIFICATIONS[role]
    const there = standing.get(name)
    const difference = (what: string): Difference => ({ where: `role ${name}`, what, repair: 'role' })
    if (there === undefined) return [difference('is not there')]
    return [
      ...attributeFaults(there, specification).map(({ is }) => difference(is)),
      ...there.memberOf.map((group) => difference(`is a member of ${group}`)),
      ...(there.connections === specification.connections
        ? []
        : [difference(`may open ${there.connections} connections instead of ${specification.connections}`)]),
      ...Object.entries(specification.settings)
        .filter(([setting, value]) => there.settings[setting] !== value)
        .map(([setting, value]) =>
          difference(`${setting} is ${there.settings[setting] ?? 'not set'} instead of ${value}`),
        ),
      ...Object.keys(there.settings)
        .filter((setting) => !(setting in specification.settings))
        .map((setting) => difference(`${setting} is set and should not be`)),
      ...there.overrides.map((override) => difference(`has a setting of its own for database ${override}`)),
    ]
  })
}

/** How `format_type` writes a declared type. */
const catalogType = (sqlType: string): string =>
  sqlType.replace(/^varchar/, 'character varying').replace(/^timestamptz$/, 'timestamp with time zone')
