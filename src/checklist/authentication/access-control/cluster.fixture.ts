import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { NOBODY, type Principal, type Scope } from '../../../kernel/principal.ts'
import type { Database } from '../../../platform/database/database.ts'
import { openDatabase } from '../../../platform/database/open-database.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import {
  generatePassword,
  type ScratchCluster,
  scramVerifier,
  startScratchCluster,
} from '../../../platform/postgres/index.ts'

export const NOW = Date.UTC(2026, 10, 23, 12)

/** A scratch cluster with the tables of Holdfast, its superuser and its accounts role. */
export interface Fixture {
  readonly admin: Database<HoldfastTables>
  readonly accounts: Database<HoldfastTables>
  run(sql: string, ...parameters: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
  /** An account with these roles, as somebody whose session knows the given permissions. */
  person(roles: readonly string[], permissions?: Readonly<Record<string, Scope>>): Promise<Principal>
  stop(): Promise<void>
}

export async function startFixture(): Promise<Fixture> {
  const cluster = await startScratchCluster()
  try {
    return await fill(cluster)
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

async function fill(cluster: ScratchCluster): Promise<Fixture> {
  const admin = await openDatabase<HoldfastTables>({ connection: cluster.admin, application: 'test', lanes: 1 })
  const run: Fixture['run'] = async (sql, ...parameters) =>
    (await admin.batch(NOBODY, [{ sql, parameters }]))[0]?.rows ?? []

  const password = generatePassword()
  for (const role of ROLES) await run(`create role t_${role} login password '${scramVerifier(password)}'`)
  const migration = await readFile(new URL('../../../../migrations/0001_holdfast.sql', import.meta.url), 'utf8')
  const named = migration.replace(/:(owner|runtime|accounts|readonly|backup|auditor)\b/g, 't_$1')
  for (const statement of named.split(/;\s*\n/)) if (/^\s*[^\s-]/m.test(statement)) await run(statement)

  const connection = cluster.connection('postgres', 't_accounts', password)
  const accounts = await openDatabase<HoldfastTables>({ connection, application: 'test', transactions: 8 })
  return {
    admin,
    accounts,
    run,
    async person(roles, permissions = {}) {
      const accountId = randomUUID()
      await run(
        'insert into holdfast.account (id, email, name, created_at) values ($1, $2, $3, now())',
        accountId,
        `${accountId}@example.test`,
        'Somebody',
      )
      for (const role of roles) {
        await run(
          'insert into holdfast.account_role (account_id, role, granted_at) values ($1, $2, now())',
          accountId,
          role,
        )
      }
      return {
        accountId,
        sessionId: randomUUID(),
        tenantId: null,
        roles,
        effectiveRoles: roles,
        permissions: new Map(Object.entries(permissions)),
        assurance: 1,
        authenticatedAt: NOW,
      }
    },
    async stop() {
      await accounts.close()
      await admin.close()
      await cluster.stop()
    },
  }
}

const ROLES = ['owner', 'runtime', 'accounts', 'readonly', 'backup', 'auditor'] as const
