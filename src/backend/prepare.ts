import { StartRefusal } from '../kernel/refusal.ts'
import type { Secret } from '../kernel/secret.ts'
import type { DatabaseConnection, DatabaseRole } from '../kernel/vantage.ts'
import type { Connection } from '../platform/database/database.ts'
import { writeDeclaredRoles } from '../platform/database/declared-roles.ts'
import { migrate, prepareDatabase } from '../platform/database/migrate.ts'
import { openSession, type Session } from '../platform/database/open-session.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { scramVerifier } from '../platform/postgres/index.ts'

export interface PrepareParts {
  readonly definition: BackendDefinition
  readonly passwords: Readonly<Record<DatabaseRole, Secret>>
  /** The administrator's way to a database of the server. */
  readonly administrator: (database: string) => Connection
  /** The owner's way to the backend's database. */
  readonly owner: Connection
  readonly database: string
  /** Additive changes of the declaration are made right away, without a migration. */
  readonly development: boolean
}

/**
 * Makes the database, its roles and its schema what the definition asks for. The administrator's connections last as long as
 * this takes; the server never has one.
 *
 * @returns the names of the migrations applied now.
 */
export async function prepare(parts: PrepareParts): Promise<readonly string[]> {
  const { definition, database, development } = parts
  await withSession(parts.administrator('postgres'), async (administrator) => {
    await refuseOldServer(administrator)
    await createDatabase(administrator, database)
  })
  await withSession(parts.administrator(database), (administrator) =>
    prepareDatabase({ admin: administrator, definition, passwords: parts.passwords, verifier: scramVerifier }),
  )
  return withSession(parts.owner, async (owner) => {
    const applied = await migrate({ owner, definition, development })
    await writeDeclaredRoles(owner, definition)
    return applied
  })
}

/** @throws StartRefusal where the server lacks what the schema is made of. Before anything is made there. */
async function refuseOldServer(connection: DatabaseConnection): Promise<void> {
  const { rows } = await connection.query(`select current_setting('server_version_num')::integer / 10000 as major`)
  const major = Number(rows[0]?.major)
  if (major < OLDEST) throw new StartRefusal('database', `is PostgreSQL ${major}; right would be one from ${OLDEST} on`)
}

/** Runs `work` on a connection of its own. */
export async function withSession<T>(connection: Connection, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession({ connection, application: 'holdfast operator' })
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

async function createDatabase(administrator: DatabaseConnection, name: string): Promise<void> {
  const { rows } = await administrator.query('select from pg_catalog.pg_database where datname = $1', [name])
  if (rows.length > 0) return
  await administrator.query(`create database "${name.replaceAll('"', '""')}" template template0 encoding 'UTF8'`)
}

/** PostgreSQL's major version. */
const OLDEST = 15
