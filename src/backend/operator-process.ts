/**
 * The operator process: prepares the database, or compares it with the declaration, before the server starts, and ends.
 * It alone holds the administrator's and the owner's passwords.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createSecureConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { systemClock } from '../kernel/time.ts'
import type { DatabaseRole } from '../kernel/vantage.ts'
import { refuseDrift } from '../platform/database/migrate.ts'
import { openDatabase } from '../platform/database/open-database.ts'
import type { HoldfastTables } from '../platform/database/tables.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { openKeyring } from '../platform/keys/index.ts'
import { connectionAt } from './database-place.ts'
import type { OperatorReport, OperatorTask } from './messages.ts'
import { passwordsOf } from './passwords.ts'
import { prepare, withSession } from './prepare.ts'
import { OPERATOR_KEYRING, SERVER_KEYRING } from './state-directory.ts'

process.once('message', (task: OperatorTask) => {
  operate(task)
    .then(tell)
    .catch((error: unknown) => {
      tell({ type: 'refused', message: error instanceof StartRefusal ? error.message : describe(error) })
      process.exitCode = 3
    })
    .finally(() => process.disconnect?.())
})

async function operate(task: OperatorTask): Promise<OperatorReport> {
  const loaded: { readonly default: BackendDefinition } = await import(pathToFileURL(task.application).href)
  const definition = loaded.default
  const operator = openKeyring(join(task.stateDirectory, OPERATOR_KEYRING))
  const server = openKeyring(join(task.stateDirectory, SERVER_KEYRING))
  const passwords = passwordsOf({ server, operator })
  const as = (role: DatabaseRole) => connectionAt(task.database, roleName(definition, role), passwords[role])

  if (!task.prepare) {
    await withSession(as('auditor'), (auditor) => refuseDrift(auditor, definition))
    return { type: 'prepared', migrations: [], enrolment: null }
  }
  const migrations = await prepare({
    definition,
    passwords,
    administrator: (database) => connectionAt({ ...task.database, database }, 'dba', operator.password('dba')),
    owner: as('owner'),
    database: task.database.database,
    development: true,
  })
  const accounts = await openDatabase<HoldfastTables>({
    connection: as('accounts'),
    application: `${definition.name} operator`,
    lanes: 1,
    transactions: 1,
  })
  try {
    const token = await createSecureConfiguration().openEnrolment({ accounts, random: randomBytes, clock: systemClock })
    const enrolment = token === null ? null : `${task.publicOrigin}/enrol/${token.release()}`
    return { type: 'prepared', migrations, enrolment }
  } finally {
    await accounts.close()
  }
}

const tell = (report: OperatorReport): void => {
  process.send?.(report)
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
