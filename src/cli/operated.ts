import { randomBytes } from 'node:crypto'
import { connectionAt } from '../backend/database-place.ts'
import { databaseRefusal } from '../backend/database-refusal.ts'
import { readRunning } from '../backend/running-file.ts'
import { openStateDirectory } from '../backend/state-directory.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import type { Database } from '../platform/database/database.ts'
import { openDatabase } from '../platform/database/open-database.ts'
import type { HoldfastTables } from '../platform/database/tables.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { createSealer, ensureKeyrings, type Sealer } from '../platform/keys/index.ts'
import { applicationPath, loadDefinition } from './command.ts'

/** The backend that runs on this machine's state directory, as whoever runs it reaches it: past its routes. */
export interface Operated {
  readonly definition: BackendDefinition
  /** Under which it is reached. */
  readonly origin: string
  readonly accounts: Database<HoldfastTables>
  /** The application's role, under row-level security; opened when it is asked for. */
  // biome-ignore lint/suspicious/noExplicitAny: the application's tables are known to its declaration, not here
  runtime(): Promise<Database<any>>
  readonly sealer: Sealer
  /** As it was started with. */
  readonly factorResetHours: number
}

/** Runs `work` on the backend that runs here. @throws StartRefusal where none does, or its database can't be reached. */
export async function operate(
  application: string | undefined,
  stateDirectory: string,
  work: (operated: Operated) => Promise<number>,
): Promise<number> {
  const definition = await loadDefinition(applicationPath(application))
  const state = openStateDirectory(stateDirectory)
  const running = readRunning(state)
  if (running === null) throw new StartRefusal(state.root, 'no backend runs on it; start it first')
  const keyrings = ensureKeyrings(state.keys)
  const opened: { close(): Promise<void> }[] = []
  const open = async <DB>(role: 'accounts' | 'runtime'): Promise<Database<DB>> => {
    const database = await openDatabase<DB>({
      connection: connectionAt(running.database, roleName(definition, role), keyrings.server.password(role)),
      application: 'holdfast command line',
      lanes: 1,
      transactions: 1,
    }).catch((error: unknown) => {
      throw databaseRefusal(error, 'database', running.database)
    })
    opened.push(database)
    return database
  }
  try {
    return await work({
      definition,
      origin: running.origins.at(-1) ?? '',
      accounts: await open<HoldfastTables>('accounts'),
      runtime: () => open('runtime'),
      sealer: createSealer(keyrings.data, randomBytes),
      factorResetHours: running.factorResetHours,
    })
  } finally {
    for (const one of opened.toReversed()) await one.close()
  }
}

/** @throws StartRefusal where nobody has an account with this address. */
export async function accountIdOf(accounts: Operated['accounts'], email: string): Promise<string> {
  const account = await accounts
    .as({ accountId: null, tenantId: null, scope: 'own' })
    .selectFrom('holdfast.account')
    .select('id')
    .where('email', '=', email.toLowerCase())
    .executeTakeFirst()
  if (account === undefined) throw new StartRefusal(email, 'nobody has an account with this address')
  return account.id
}
