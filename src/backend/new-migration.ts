import { StartRefusal } from '../kernel/refusal.ts'
import type { Secret } from '../kernel/secret.ts'
import type { DatabaseRole } from '../kernel/vantage.ts'
import { migrate, newMigration, prepareDatabase } from '../platform/database/migrate.ts'
import { DATABASE_ROLES, roleName } from '../platform/declaration/database-roles.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { generatePassword, scramVerifier, startScratchCluster } from '../platform/postgres/index.ts'
import { withSession } from './prepare.ts'

/**
 * Writes the next migration of an application, by applying those it has to a scratch database and comparing that with the
 * declaration: what stands in anybody's development database does not matter.
 *
 * @returns the file's path, or `null` when the migrations give what is declared.
 */
export async function developmentMigration(definition: BackendDefinition, name: string): Promise<string | null> {
  const cluster = await startScratchCluster()
  try {
    const passwords = Object.fromEntries(DATABASE_ROLES.map((role) => [role, generatePassword()])) as Record<
      DatabaseRole,
      Secret
    >
    await withSession(cluster.admin, (admin) =>
      prepareDatabase({ admin, definition, passwords, verifier: scramVerifier }),
    )
    const { database } = cluster.admin
    return await withSession(
      cluster.connection(database, roleName(definition, 'owner'), passwords.owner),
      async (owner) => {
        await migrate({ owner, definition }).catch((error: unknown) => {
          // That the declaration is ahead of the migrations is why this runs.
          if (!(error instanceof StartRefusal) || error.where !== 'database') throw error
        })
        return newMigration(owner, definition, name)
      },
    )
  } finally {
    await cluster.stop()
  }
}
