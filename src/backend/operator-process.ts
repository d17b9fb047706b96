/**
 * The operator process: prepares the database, or compares it with the declaration, before the server starts, and ends.
 * It alone holds the administrator's and the owner's passwords.
 */
import { join } from 'node:path'
import { Refusal, StartRefusal } from '../kernel/refusal.ts'
import type { DatabaseRole } from '../kernel/vantage.ts'
import { refuseDrift } from '../platform/database/migrate.ts'
import { openDatabase } from '../platform/database/open-database.ts'
import type { HoldfastTables } from '../platform/database/tables.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import { openKeyring } from '../platform/keys/index.ts'
import { connectionAt } from './database-place.ts'
import { databaseRefusal } from './database-refusal.ts'
import { openEnrolmentLink } from './enrolment-link.ts'
import { loadDefinition } from './load-definition.ts'
import type { OperatorReport, OperatorTask } from './messages.ts'
import { passwordsOf } from './passwords.ts'
import { prepare, withSession } from './prepare.ts'
import { OPERATOR_KEYRING, SERVER_KEYRING, WORKER_KEYRING } from './state-directory.ts'

// The supervisor is gone: nobody waits for this. Whatever was in the middle of a transaction is rolled back.
process.on('disconnect', () => process.exit(1))
if (!process.connected) process.exit(1)

process.once('message', (task: OperatorTask) => {
  operate(task).then(
    (report) => tell(report, 0),
    (error: unknown) => {
      const { database, prepare: own } = task
      tell(
        { type: 'refused', message: describe(databaseRefusal(error, own ? 'database' : 'DATABASE_URL', database)) },
        3,
      )
    },
  )
})

async function operate(task: OperatorTask): Promise<OperatorReport> {
  const definition = await loadDefinition(task.application)
  const operator = openKeyring(join(task.stateDirectory, OPERATOR_KEYRING))
  const server = openKeyring(join(task.stateDirectory, SERVER_KEYRING))
  const worker = openKeyring(join(task.stateDirectory, WORKER_KEYRING))
  const passwords = passwordsOf({ server, worker, operator })
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
    return { type: 'prepared', migrations, enrolment: await openEnrolmentLink(accounts, task.publicOrigin) }
  } finally {
    await accounts.close()
  }
}

const tell = (report: OperatorReport, exitCode: number): void => {
  process.send?.(report, undefined, undefined, () => process.exit(exitCode))
}

/** What a person can act on in one line; anything unforeseen keeps its stack. */
const describe = (error: unknown): string => {
  if (error instanceof StartRefusal || error instanceof Refusal) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
