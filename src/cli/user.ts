import { randomBytes } from 'node:crypto'
import { openEnrolmentLink } from '../backend/enrolment-link.ts'
import { NOBODY } from '../kernel/principal.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { systemClock } from '../kernel/time.ts'
import { createEvents } from '../platform/events/index.ts'
import { readArguments } from './arguments.ts'
import { type Command, stateDirectoryOf } from './command.ts'
import { type Operated, operate } from './operated.ts'
import { eraseUser, exportUser } from './user-data.ts'
import { recoverUser } from './user-recover.ts'

type Accounts = Operated['accounts']

/** How many arguments each action takes, itself among them. */
const MOST: Readonly<Record<string, number>> = { enrol: 2, grant: 4, recover: 3, export: 3, erase: 3 }

/** What an operator does about people from the command line. */
export const user: Command = {
  help: `holdfast user enrol [APPLICATION]
holdfast user grant EMAIL ROLE [APPLICATION]
holdfast user recover EMAIL [APPLICATION] [--cancel]
holdfast user export EMAIL [APPLICATION] [--out FILE]
holdfast user erase EMAIL [APPLICATION] --yes

enrol: prints a link with which the first owner makes their account: once, within an hour, and only while there is no
owner. Earlier links that were not used stop working.

grant: gives an account a role. For what nobody can give in the backend itself, since nobody gives what they don't hold: the
first auditor, for instance. It is an event like any other grant.

recover: for somebody who lost every second factor while no administrator can sign in either, a sole owner for instance. All
their second factors are removed when a waiting time is over: 24 hours, or 72 where a role asks for a second factor, or
HOLDFAST_FACTOR_RESET_HOURS where that is longer. They and the other owners are told by mail, and they, an owner, or --cancel
can cancel it until then. It sets no password: a forgotten one is replaced by mail, as always. It is an event.

export: writes everything kept about somebody as JSON: account, sessions, devices, factors without their secrets, memberships,
events, and the rows of the application's tables that they own, however many, with what each column is declared to hold.

erase: removes the account and all that hangs on it, the rows they own, and tenants that nobody else is in; ends their
sessions and tells them by mail. The last owner can't be erased, nor anybody whose rows those of others refer to.
Events stay: they hold the account's number and addresses, and no name.

The backend must be running on this machine's state directory.

  --state DIRECTORY   where it runs (default HOLDFAST_STATE, else .holdfast)
  --out FILE          where the export goes, made with mode 0600 (default standard output)
  --yes               really erase
  --cancel            take a reset back that is under way

Exit codes: 0 done · 1 nothing to do, the reason is printed · 3 could not run.
`,
  async run(argv) {
    const { values, positionals } = readArguments(argv, {
      command: 'user',
      options: {
        state: { type: 'string' },
        out: { type: 'string' },
        yes: { type: 'boolean' },
        cancel: { type: 'boolean' },
      },
      // Of another action it is said below that there is none.
      most: ([action]) => MOST[action ?? ''] ?? Number.POSITIVE_INFINITY,
    })
    const [action, ...rest] = positionals
    const state = stateDirectoryOf(values.state, process.env)
    if (action === 'enrol') return operate(rest[0], state, ({ accounts, origin }) => enrol(accounts, origin))
    if (action === 'grant') {
      const [email, role, application] = rest
      if (email === undefined || role === undefined) {
        throw new StartRefusal('user grant', 'needs an address and a role: holdfast user grant ada@example.org auditor')
      }
      return operate(application, state, ({ accounts }) => grant(accounts, email.toLowerCase(), role))
    }
    if (action === 'recover') {
      const [email, application] = rest
      if (email === undefined) throw new StartRefusal('user recover', 'needs an address')
      return operate(application, state, (operated) => recoverUser(operated, email, values.cancel === true))
    }
    if (action === 'export' || action === 'erase') {
      const [email, application] = rest
      if (email === undefined) throw new StartRefusal(`user ${action}`, 'needs an address')
      return operate(application, state, (operated) =>
        action === 'export' ? exportUser(operated, email, values.out) : eraseUser(operated, email, values.yes === true),
      )
    }
    throw new StartRefusal(
      'user',
      'say what: holdfast user enrol, grant, recover, export or erase; see holdfast user --help',
    )
  },
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
