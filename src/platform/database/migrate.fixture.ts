import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseConnection, DatabaseRole } from '../../kernel/vantage.ts'
import { DATABASE_ROLES, roleName } from '../declaration/database-roles.ts'
import type { BackendDefinition } from '../declaration/definition.ts'
import { column, defineBackend, table } from '../declaration/index.ts'
import type { AnyTable } from '../declaration/table.ts'
import { generatePassword, scramVerifier, startScratchCluster } from '../postgres/index.ts'
import { migrate, prepareDatabase } from './migrate.ts'
import { openSession, type Session } from './open-session.ts'

export const note = table(
  'note',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    owner: column.uuid().plain(),
    title: column.text({ min: 1, max: 20 }).plain(),
    code: column
      .text({ max: 8 })
      .plain()
      .matches(/^[A-Z]{2}-\d+$/)
      .nullable(),
    stars: column.integer({ min: 0, max: 5 }).plain().default(0),
    created_at: column.timestamp().plain().generated(),
  },
  { tenant: 'workspace', owner: 'owner', sharedThrough: 'note_share' },
)
export const tag = table(
  'tag',
  {
    note: column.uuid().primary(),
    word: column.text({ max: 40 }).primary(),
    weight: column.number({ min: 0, max: 1 }).plain().default(1),
  },
  { parent: { table: 'note', column: 'note' } },
)
export const label = table(
  'label',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    name: column.text({ max: 20 }).plain().unique(),
    about: column.uuid().plain().nullable().references('note', 'id'),
  },
  { tenant: 'workspace' },
)
export const country = table('country', {
  code: column.text({ max: 2 }).primary(),
  user: column.text({ max: 40 }).plain(),
})
export const diary = table(
  'diary',
  {
    id: column.uuid().primary(),
    owner: column.uuid().plain(),
    text: column.text({ max: 100, multiline: true }).personal(),
  },
  { owner: 'owner' },
)

/** A scratch cluster with databases of a backend called `test`. */
export interface MigrationFixture {
  readonly admin: Session
  define(tables: readonly AnyTable[]): BackendDefinition
  /** Puts a migration into the application's folder. */
  write(name: string, sql: string): Promise<void>
  /** A new database, prepared; nothing migrated. */
  database(): Promise<Prepared>
  stop(): Promise<void>
}

/** Its connections close when it goes out of scope. */
export interface Prepared extends AsyncDisposable {
  readonly name: string
  readonly admin: Session
  as(role: DatabaseRole): Promise<Session>
  migrate(definition: BackendDefinition, development?: boolean): Promise<readonly string[]>
}

export async function startMigrationFixture(): Promise<MigrationFixture> {
  const cluster = await startScratchCluster()
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-migrations-'))
  const passwords = Object.fromEntries(DATABASE_ROLES.map((role) => [role, generatePassword()])) as Parameters<
    typeof prepareDatabase
  >[0]['passwords']
  const open: Session[] = []
  const session = async (database: string, role?: DatabaseRole): Promise<Session> => {
    const connection =
      role === undefined
        ? cluster.connection(database, cluster.admin.user, cluster.admin.password)
        : cluster.connection(database, roleName({ name: 'test' }, role), passwords[role])
    const opened = await openSession({ connection, application: 'test' })
    open.push(opened)
    return opened
  }
  const admin = await session('postgres')
  let made = 0
  return {
    admin,
    define: (tables) =>
      defineBackend({ name: 'test', tables, permissions: {}, roles: {}, migrations: folder, routes() {} }),
    write: (name, sql) => writeFile(join(folder, name), sql),
    async database() {
      made += 1
      const name = `test_${made}`
      await admin.query(`create database ${name}`)
      const mine: Session[] = []
      const here = await session(name)
      mine.push(here)
      await prepareDatabase({ admin: here, definition: { name: 'test' }, passwords, verifier: scramVerifier })
      return {
        name,
        admin: here,
        async as(role) {
          const opened = await session(name, role)
          mine.push(opened)
          return opened
        },
        async [Symbol.asyncDispose]() {
          await Promise.all(mine.map((each) => each.close()))
        },
        async migrate(definition, development = false) {
          const owner = await session(name, 'owner')
          try {
            return await migrate({ owner, definition, development })
          } finally {
            await owner.close()
          }
        },
      }
    },
    async stop() {
      await Promise.all(open.map((each) => each.close().catch(() => undefined)))
      await cluster.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface People {
  readonly here: string
  readonly elsewhere: string
  readonly ada: string
  readonly bob: string
  readonly eve: string
}

/** Two tenants: ada and bob belong to `here`, eve to `elsewhere`. */
export async function createPeople(admin: DatabaseConnection): Promise<People> {
  const people = {
    here: randomUUID(),
    elsewhere: randomUUID(),
    ada: randomUUID(),
    bob: randomUUID(),
    eve: randomUUID(),
  }
  for (const tenant of [people.here, people.elsewhere])
    await admin.query(`insert into holdfast.tenant (id, name, created_at) values ($1, 'Somewhere', now())`, [tenant])
  for (const [account, tenant] of [
    [people.ada, people.here],
    [people.bob, people.here],
    [people.eve, people.elsewhere],
  ]) {
    await admin.query(`insert into holdfast.account (id, email, name, created_at) values ($1, $2, 'Somebody', now())`, [
      account,
      `${account}@example.test`,
    ])
    await admin.query(
      'insert into holdfast.tenant_member (tenant_id, account_id, manages, joined_at) values ($1, $2, false, now())',
      [tenant, account],
    )
  }
  return people
}
