import type { Kysely } from 'kysely'
import type { Identity } from '../../kernel/principal.ts'
import { generatePassword, type ScratchCluster, scramVerifier, startScratchCluster } from '../postgres/index.ts'
import type { Connection, DatabaseOptions } from './database.ts'
import { openSession, type Session } from './open-session.ts'
import { runStatement } from './run-statement.ts'

/** A scratch cluster with a table under row-level security, its superuser and a role without any power. */
export interface Fixture {
  readonly admin: Session
  /** As the powerless role `app`. */
  readonly connection: Connection
  /** Options for the tests' databases, few connections each. */
  options(over?: Partial<DatabaseOptions>): DatabaseOptions
  readonly cluster: ScratchCluster
  stop(): Promise<void>
}

export async function startFixture(): Promise<Fixture> {
  const cluster = await startScratchCluster()
  const admin = await openSession({ connection: cluster.admin, application: 'test admin' })
  const password = generatePassword()
  await admin.script(SCHEMA.replace(':verifier', scramVerifier(password)))
  const connection = cluster.connection('postgres', 'app', password)
  return {
    admin,
    connection,
    options: (over = {}) => ({ connection, application: 'test', ...over }),
    cluster,
    async stop() {
      await admin.close()
      await cluster.stop()
    },
  }
}

/** The fixture's tables. */
export interface Tables {
  note: { id: number; owner: string; title: string; twin_of: number | null }
  open: { id: number; text: string | null }
}

export const person = (accountId: string): Identity => ({ accountId, tenantId: null, scope: 'own' })

/** The first column of the first row. */
export async function one(db: Kysely<Tables>, sql: string, ...parameters: unknown[]): Promise<unknown> {
  const { rows } = await runStatement(db, { sql, parameters })
  return Object.values(rows[0] ?? {})[0]
}

const SCHEMA = `
create role app login password ':verifier';
create table note (
  id integer primary key,
  owner uuid not null,
  title varchar(20) not null check (title <> 'forbidden'),
  twin_of integer references note
);
alter table note enable row level security;
create policy own on note
  using (owner = nullif(split_part(current_setting('holdfast.identity', true), '|', 1), '')::uuid)
  with check (owner = nullif(split_part(current_setting('holdfast.identity', true), '|', 1), '')::uuid);
grant select, insert, update, delete on note to app;
create table open (id integer primary key, text text);
grant select, insert, update, delete on open to app;
create domain word as varchar(10);
create type mood as enum ('good', 'bad');
`
