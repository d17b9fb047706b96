import { StartRefusal } from '../../kernel/refusal.ts'
import type { DatabaseConnection } from '../../kernel/vantage.ts'
import { DATABASE_ROLES, roleName } from '../declaration/database-roles.ts'
import type { BackendDefinition } from '../declaration/definition.ts'
import { grantSql, schemaSql } from '../declaration/grants.ts'
import { policiesOf, policySql } from '../declaration/policies.ts'
import { identifier } from '../declaration/sql-text.ts'
import { DatabaseError } from './errors.ts'
import { additiveChange } from './migrate-additive.ts'
import { compare, differenceLine } from './migrate-compare.ts'
import { type AppliedMigration, type MigrationFile, pendingMigrations, readMigrations } from './migrate-files.ts'
import { declaredManifest, recordedManifest, recordManifest } from './migrate-manifest.ts'
import { splitMigration } from './migrate-statements.ts'

export { roleName } from '../declaration/database-roles.ts'
export { newMigration } from './migrate-additive.ts'
export { compare, type Difference, differenceLine } from './migrate-compare.ts'
export { type PrepareOptions, prepareDatabase, secureDatabase } from './migrate-prepare.ts'

export interface MigrateOptions {
  /** Connected as the owner role; the only one that makes and changes tables. */
  readonly owner: DatabaseConnection
  readonly definition: BackendDefinition
  /** In development: what is additive and has no migration yet is done right away. Default false. */
  readonly development?: boolean
}

/**
 * Brings a prepared database to what is declared: Holdfast's migrations, the application's, then policies and grants, which follow from
 * the declaration and are put in place anew when it or they changed. Others that migrate at the same time wait.
 *
 * @returns the names of the files applied now, and of what development did without one.
 * @throws StartRefusal for a damaged, changed or missing migration (which is rolled back, the earlier ones stay), and where
 * the declaration asks for more than the migrations give.
 */
export async function migrate({ owner, definition, development = false }: MigrateOptions): Promise<readonly string[]> {
  const files = await readMigrations(definition.migrations)
  return withLock(owner, async () => {
    for (const sql of bookkeeping(definition)) await owner.query(sql)
    const { rows } = await owner.query('select origin, name, checksum from holdfast_migrations.applied')
    const pending = pendingMigrations(files, rows as unknown as readonly AppliedMigration[])
    const names = Object.fromEntries(DATABASE_ROLES.map((role) => [role, roleName(definition, role)]))
    for (const file of pending) await applyFile(owner, file, names)
    const done = pending.map((file) => file.name)
    if (development) done.push(...(await syncDevelopment({ owner, definition })))
    await applyRepeatables(owner, definition, done.length > 0)
    const left = (await compare(owner, definition)).filter(({ repair }) => repair === 'migration')
    if (left.length > 0) throw differs(left.map(differenceLine))
    return done
  })
}

/** Does what is additive without a migration, so that a change of the declaration can be tried at once. Development only. */
export async function syncDevelopment({
  owner,
  definition,
}: Pick<MigrateOptions, 'owner' | 'definition'>): Promise<readonly string[]> {
  const { statements } = await additiveChange(owner, definition)
  await transaction(owner, async () => {
    for (const sql of statements) await owner.query(sql)
  })
  return statements.length === 0 ? [] : ['(declaration)']
}

/**
 * Refuses to start where what stands differs from what is declared.
 *
 * @param connection - as auditor or owner.
 * @throws StartRefusal with the first difference, and how many more there are.
 */
export async function refuseDrift(connection: DatabaseConnection, definition: BackendDefinition): Promise<void> {
  const differences = await compare(connection, definition)
  if (differences.length > 0) throw differs(differences.map(differenceLine))
}

function differs(lines: readonly string[]): StartRefusal {
  const [first = '', ...others] = lines
  const more = others.length === 0 ? '' : `, and ${others.length} more difference${others.length === 1 ? '' : 's'}`
  return new StartRefusal(
    'database',
    `${first}${more}; run \`holdfast migrate\`, or write what is missing with \`holdfast migrate new NAME\``,
  )
}

async function applyFile(
  owner: DatabaseConnection,
  file: MigrationFile,
  names: Readonly<Record<string, string>>,
): Promise<void> {
  const statements = splitMigration(file.name, file.text, names)
  await transaction(owner, async () => {
    for (const { sql, line } of statements) {
      await owner.query(sql).catch((cause: unknown) => {
        throw new StartRefusal(`migration ${file.name} line ${line}`, firstLine(cause), { cause })
      })
    }
    await owner.query('insert into holdfast_migrations.applied (origin, name, checksum) values ($1, $2, $3)', [
      file.origin,
      file.name,
      file.checksum,
    ])
  })
}

/** Policies, forced row-level security and grants of all tables: all or nothing. */
async function applyRepeatables(
  owner: DatabaseConnection,
  definition: BackendDefinition,
  applied: boolean,
): Promise<void> {
  const recorded = await recordedManifest(owner)
  const changed = [...declaredManifest(definition)].some(
    ([key, hash]) => key.startsWith('policy ') && recorded.get(key)?.declared !== hash,
  )
  const differences = await compare(owner, definition)
  const missing = new Set(
    differences.filter(({ what }) => what === 'is declared and not there').map(({ where }) => where),
  )
  if (!applied && !changed && !differences.some(({ repair }) => repair === 'repeatable')) return
  await transaction(owner, async () => {
    for (const table of definition.tables.filter(({ name }) => !missing.has(`table ${name}`))) {
      const name = `app.${identifier(table.name)}`
      const policies = policiesOf(table, definition.tables, definition.name)
      const { rows } = await owner.query(
        'select polname as name from pg_catalog.pg_policy where polrelid = $1::regclass',
        [name],
      )
      const undeclared = rows
        .map((row) => String(row.name))
        .filter((each) => !policies.some((policy) => policy.name === each))
      const statements = [
        `alter table ${name} enable row level security`,
        `alter table ${name} force row level security`,
        ...undeclared.map((each) => `drop policy ${identifier(each)} on ${name}`),
        ...(missing.size === 0 ? policySql(table, policies) : []),
        ...grantSql(table, definition.name),
      ]
      for (const sql of statements) {
        await owner.query(sql).catch((cause: unknown) => {
          throw new StartRefusal(`table ${table.name}`, firstLine(cause), { cause })
        })
      }
    }
    await recordManifest(owner, definition, applied || recorded.size === 0 ? 'all' : 'policies')
  })
}

/** Where it is written down what ran. The auditor reads it, to compare at start. */
function bookkeeping(definition: { readonly name: string }): readonly string[] {
  const auditor = identifier(roleName(definition, 'auditor'))
  return [
    'create schema if not exists holdfast_migrations',
    `create table if not exists holdfast_migrations.applied (
  origin varchar(20) not null check (origin in ('holdfast', 'application')),
  name varchar(100) not null,
  checksum char(64) not null,
  applied_at timestamptz not null default now(),
  primary key (origin, name)
)`,
    `create table if not exists holdfast_migrations.manifest (
  kind varchar(20) not null,
  object text not null,
  declared varchar(64) not null,
  standing text not null,
  primary key (kind, object)
)`,
    `grant usage on schema holdfast_migrations to ${auditor}`,
    `grant select on holdfast_migrations.applied, holdfast_migrations.manifest to ${auditor}`,
    ...schemaSql(definition.name),
  ]
}

/** One migration of a database at a time, over all nodes. */
async function withLock<T>(owner: DatabaseConnection, work: () => Promise<T>): Promise<T> {
  try {
    await owner.query('select pg_advisory_lock($1)', [LOCK])
  } catch (cause) {
    if (!(cause instanceof DatabaseError && ['55P03', '57014'].includes(cause.code))) throw cause
    throw new StartRefusal('migrate', 'another migration of this database is running; try again when it has ended', {
      cause,
    })
  }
  try {
    return await work()
  } finally {
    // Where the connection is gone, so is the lock.
    await owner.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => {})
  }
}

async function transaction(owner: DatabaseConnection, work: () => Promise<void>): Promise<void> {
  await owner.query('begin')
  try {
    await work()
    await owner.query('commit')
  } catch (error) {
    await owner.query('rollback').catch(() => {})
    throw error
  }
}

const firstLine = (cause: unknown): string =>
  cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)

/** `holdfast` in ASCII, as a number: the same for every node, unlikely for anybody else. */
const LOCK = '7525352680829580148'
