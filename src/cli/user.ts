import { randomBytes } from 'node:crypto'
import { connectionAt } from '../backend/database-place.ts'
import { databaseRefusal } from '../backend/database-refusal.ts'
import { openEnrolmentLink } from '../backend/enrolment-link.ts'
import { readRunning } from '../backend/running-file.ts'
import { openStateDirectory } from '../backend/state-directory.ts'
import { NOBODY } from '../kernel/principal.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { systemClock } from '../kernel/time.ts'
import type { Database } from '../platform/database/database.ts'
import { openDatabase } from '../platform/database/open-database.ts'
import type { HoldfastTables } from '../platform/database/tables.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import { createEvents } from '../platform/events/index.ts'
import { ensureKeyrings } from '../platform/keys/index.ts'
import { readArguments } from './arguments.ts'
import { applicationPath, type Command, loadDefinition, stateDirectoryOf } from './command.ts'

type Accounts = Database<HoldfastTables>

/** What an operator does about people from the command line. */
export const user: Command = {
  help: `holdfast user enrol [APPLICATION]
holdfast user grant EMAIL ROLE [APPLICATION]

enrol: prints a link with which the first owner makes their account: once, within an hour, and only while there is no
owner. Earlier links that were not used stop working.

grant: gives an account a role. For what nobody can give in the backend itself, since nobody gives what they don't hold: the
first auditor, for instance. It is an event like any other grant.

The backend must be running on this machine's state directory.

  --state DIRECTORY   where it runs (default HOLDFAST_STATE, else .holdfast)

Exit codes: 0 done · 1 nothing to do, the reason is printed · 3 could not run.
`,
  async run(argv) {
    const { values, positionals } = readArguments(argv, {
      command: 'user',
      options: { state: { type: 'string' } },
      // Of another action it is said below that there is none.
      most: ([action]) => (action === 'grant' ? 4 : action === 'enrol' ? 2 : Number.POSITIVE_INFINITY),
    })
    const [action, ...rest] = positionals
    const state = stateDirectoryOf(values.state, process.env)
    if (action === 'enrol') return onAccounts(rest[0], state, enrol)
    if (action === 'grant') {
      const [email, role, application] = rest
      if (email === undefined || role === undefined) {
        throw new StartRefusal('user grant', 'needs an address and a role: holdfast user grant ada@example.org auditor')
      }
      return onAccounts(application, state, (accounts) => grant(accounts, email.toLowerCase(), role))
    }
    throw new StartRefusal('user', 'say what: holdfast user enrol, or holdfast user grant EMAIL ROLE')
  },
}

/** Runs `work` on the database of the backend that runs here. */
async function onAccounts(
  application: string | undefined,
  stateDirectory: string,
  work: (accounts: Accounts, origin: string) => Promise<number>,
): Promise<number> {
  const definition = await loadDefinition(applicationPath(application))
  const state = openStateDirectory(stateDirectory)
  const running = readRunning(state)
  if (running === null) throw new StartRefusal(state.root, 'no backend runs on it; start it first')
  const accounts = await openDatabase<HoldfastTables>({
    connection: connectionAt(
      running.database,
      roleName(definition, 'accounts'),
      ensureKeyrings(state.keys).server.password('accounts'),
    ),
    application: 'holdfast user',
    lanes: 1,
    transactions: 1,
  }).catch((error: unknown) => {
    throw databaseRefusal(error, 'database', running.database)
  })
  try {
    return await work(accounts, running.origins.at(-1) ?? '')
  } finally {
    await accounts.close()
  }
}

async function enrol(accounts: Accounts, origin: string): Promise<number> {
  const link = await openEnrolmentLink(accounts, origin)
  if (link === null) {
    process.stderr.write('there is an owner already; owners and administrators give roles\n')
    return 1
  }
  process.stdout.write(`${link}\n`)
  return 0
}

async function grant(accounts: Accounts, email: string, role: string): Promise<number> {
  const events = createEvents({ database: accounts, clock: systemClock, random: randomBytes, onLoss: () => {} })
  const given = await accounts.transaction(NOBODY, async (tx) => {
    const account = await tx.selectFrom('holdfast.account').select('id').where('email', '=', email).executeTakeFirst()
    if (account === undefined) throw new StartRefusal(email, 'nobody has an account with this address')
    const known = await tx.selectFrom('holdfast.role').select('name').where('name', '=', role).executeTakeFirst()
    if (known === undefined) throw new StartRefusal(role, 'there is no such role')
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('holdfast.account_role')
      .values({ account_id: account.id, role, granted_by: null, granted_at: new Date(systemClock.now()) })
      .onConflict((conflict) => conflict.columns(['account_id', 'role']).doNothing())
      .executeTakeFirst()
    if (!numInsertedOrUpdatedRows) return false
    await events.stage(tx, {
      name: 'authz_role_granted',
      result: 'success',
      fields: { role, account: account.id },
      object: `role ${role}`,
    })
    return true
  })
  await events.close()
  process.stdout.write(given ? `${email} has the role ${role} now\n` : `${email} had the role ${role} already\n`)
  return given ? 0 : 1
}
