import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { connectionAt } from '../backend/database-place.ts'
import { readRunning } from '../backend/running-file.ts'
import { openStateDirectory } from '../backend/state-directory.ts'
import { createSecureConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { systemClock } from '../kernel/time.ts'
import { openDatabase } from '../platform/database/open-database.ts'
import type { HoldfastTables } from '../platform/database/tables.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import { ensureKeyrings } from '../platform/keys/index.ts'
import { applicationPath, type Command, loadDefinition } from './command.ts'

/** What an operator does about people from the command line. */
export const user: Command = {
  help: `holdfast user enrol [APPLICATION]

Prints a link with which the first owner makes their account: once, within an hour, and only while there is no owner.
Earlier links that were not used stop working. The backend must be running on this machine's state directory.

  --state DIRECTORY   where it runs (default .holdfast)
`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { state: { type: 'string', default: '.holdfast' } },
    })
    if (positionals[0] !== 'enrol') throw new StartRefusal('user', 'say what: holdfast user enrol')
    const definition = await loadDefinition(applicationPath(positionals[1]))
    const state = openStateDirectory(values.state)
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
    })
    try {
      const token = await createSecureConfiguration().openEnrolment({
        accounts,
        random: randomBytes,
        clock: systemClock,
      })
      if (token === null) {
        process.stderr.write('there is an owner already; owners and administrators give roles\n')
        return 1
      }
      process.stdout.write(`${running.origins.at(-1)}/enrol/${token.release()}\n`)
      return 0
    } finally {
      await accounts.close()
    }
  },
}
