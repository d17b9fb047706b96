import { Refusal, StartRefusal } from '../kernel/refusal.ts'
import type { Secret } from '../kernel/secret.ts'
import type { DatabaseConnection, DatabaseRole } from '../kernel/vantage.ts'
import type { Connection } from '../platform/database/database.ts'
import { writeDeclaredRoles } from '../platform/database/declared-roles.ts'
import { migrate, prepareDatabase } from '../platform/database/migrate.ts'
import { openSession, type Session } from '../platform/database/open-session.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { writeDeclaredQueues } from '../platform/jobs/index.ts'
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
  /** Sets the passwords of roles that were made with other keyrings, whose backend then can't sign in. Default false: refuses. */
  readonly resetPasswords?: boolean
}

/**
 * Makes the database, its roles and its schema what the definition asks for. The administrator's connections last as long as
 * this takes; the server never has one.
 *
 * @returns the names of the migrations applied now.
 * @throws StartRefusal where the roles are in use with other passwords than ours; nothing was changed then.
 */
export async function prepare(parts: PrepareParts): Promise<readonly string[]> {
  const { definition, database, development } = parts
  await withSession(parts.administrator('postgres'), async (administrator) => {
    await refuseOldServer(administrator)
    // An embedded database is its state directory's own.
    if (!development && parts.resetPasswords !== true) await refuseForeignRoles(administrator, parts)
    await createDatabase(administrator, database)
  })
  await withSession(parts.administrator(database), (administrator) =>
    prepareDatabase({ admin: administrator, definition, passwords: parts.passwords, verifier: scramVerifier }),
  )
  return withSession(parts.owner, async (owner) => {
    const applied = await migrate({ owner, definition, development })
    await writeDeclaredRoles(owner, definition)
    await writeDeclaredQueues(owner, definition)
    return applied
  })
}

/** @throws StartRefusal where the server lacks what the schema is made of. Before anything is made there. */
async function refuseOldServer(connection: DatabaseConnection): Promise<void> {
  const { rows } = await connection.query(`select current_setting('server_version_num')::integer / 10000 as major`)
  const major = Number(rows[0]?.major)
  if (major < OLDEST) throw new StartRefusal('database', `is PostgreSQL ${major}; right would be one from ${OLDEST} on`)
}

/**
 * Roles belong to the whole server, so a backend of the same name in another of its databases has the same ones. Ours are those
 * whose password we know; others are taken only where they are not in use, as after a first run that did not get far.
 *
 * @throws StartRefusal naming the databases in which they are.
 */
async function refuseForeignRoles(administrator: DatabaseConnection, parts: PrepareParts): Promise<void> {
  const name = roleName(parts.definition, 'owner')
  const { rows } = await administrator.query(
    `select distinct d.datname::text as name from pg_catalog.pg_shdepend s
     join pg_catalog.pg_roles r on r.oid = s.refobjid join pg_catalog.pg_database d on d.oid = s.dbid
     where s.refclassid = 'pg_catalog.pg_authid'::regclass and s.deptype = 'o' and r.rolname = $1 order by 1`,
    [name],
  )
  if (rows.length === 0 || (await signsIn(parts.owner))) return
  throw new StartRefusal(
    `role ${name}`,
    `is in use in ${rows.map((row) => `database ${row.name}`).join(', ')} of this server, with a password that is not in this state directory; name the state directory it was made with, or give the application another name, or set all its passwords anew with --reset-passwords, after which whoever has the old ones can not sign in`,
  )
}

/** Whether the password is right. PostgreSQL asks for it before it says anything of the database, which need not be there yet. */
async function signsIn(connection: Connection): Promise<boolean> {
  try {
    await withSession(connection, async () => undefined)
    return true
  } catch (error) {
    const cause: unknown = error instanceof Refusal ? error.options.cause : undefined
    return !(typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === WRONG_PASSWORD)
  }
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

/** invalid_password */
const WRONG_PASSWORD = '28P01'
/** PostgreSQL's major version. */
const OLDEST = 15
