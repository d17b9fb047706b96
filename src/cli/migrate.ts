import { connectionAt, placeOf } from '../backend/database-place.ts'
import { databaseRefusal } from '../backend/database-refusal.ts'
import { developmentMigration } from '../backend/new-migration.ts'
import { passwordsOf } from '../backend/passwords.ts'
import { prepare } from '../backend/prepare.ts'
import { openStateDirectory } from '../backend/state-directory.ts'
import { resolveConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import { ensureKeyrings } from '../platform/keys/index.ts'
import { readArguments } from './arguments.ts'
import { applicationPath, type Command, loadDefinition } from './command.ts'

/** Makes roles and schema of an outside PostgreSQL what the definition asks for, or writes the next migration. */
export const migrateCommand: Command = {
  help: `holdfast migrate [APPLICATION]
holdfast migrate new NAME [APPLICATION]

Without "new": connects once as the administrator named by HOLDFAST_ADMIN_DATABASE_URL, makes the backend's database roles,
applies the migrations that are missing, and disconnects. The server never holds that address.

With "new": writes the difference between the migrations and the declaration as SQL into the application's folder of
migrations, where it is additive; the rest is listed in it as comments for a person.

  --state DIRECTORY   keys (default HOLDFAST_STATE, else .holdfast)
  --reset-passwords   also where the database roles were made with another state directory, whose backend then can't sign in
`,
  async run(argv) {
    const { values, positionals } = readArguments(argv, {
      command: 'migrate',
      options: { state: { type: 'string' }, 'reset-passwords': { type: 'boolean', default: false } },
      most: ([action]) => (action === 'new' ? 3 : 1),
    })
    if (positionals[0] === 'new') {
      if (values.state !== undefined)
        throw new StartRefusal('--state', 'a new migration is made without a state directory; leave it out')
      if (values['reset-passwords'])
        throw new StartRefusal('--reset-passwords', 'a new migration is made without a database; leave it out')
      const name = positionals[1]
      if (name === undefined || !/^[a-z][a-z0-9_]{0,59}$/.test(name)) {
        throw new StartRefusal(
          'migrate new',
          'needs a name of lower-case letters, digits and _: holdfast migrate new add_tags',
        )
      }
      const definition = await loadDefinition(applicationPath(positionals[2]))
      const file = await developmentMigration(definition, name)
      process.stdout.write(
        file === null ? 'nothing to migrate: the migrations give what is declared\n' : `wrote ${file}\n`,
      )
      return 0
    }
    const definition = await loadDefinition(applicationPath(positionals[0]))
    const environment = { ...process.env, ...(values.state === undefined ? {} : { HOLDFAST_STATE: values.state }) }
    const configuration = resolveConfiguration({ environment, mode: 'start', purpose: 'migrate' })
    const target = configuration.adminDatabase
    if (target === null || target.user === null || target.password === null) {
      throw new StartRefusal(
        'HOLDFAST_ADMIN_DATABASE_URL',
        'is missing or names no user and password; right would be postgresql://admin:…@db.example/notes',
      )
    }
    const { user, password } = target
    const place = placeOf('HOLDFAST_ADMIN_DATABASE_URL', target)
    const state = openStateDirectory(configuration.stateDirectory)
    const { server, worker, operator } = ensureKeyrings(state.keys)
    const applied = await prepare({
      definition,
      passwords: passwordsOf({ server, worker, operator }),
      administrator: (database) => connectionAt({ ...place, database }, user, password),
      owner: connectionAt(place, roleName(definition, 'owner'), operator.password('owner')),
      database: place.database,
      development: false,
      resetPasswords: values['reset-passwords'],
    }).catch((error: unknown) => {
      throw databaseRefusal(error, 'HOLDFAST_ADMIN_DATABASE_URL', place)
    })
    process.stdout.write(
      applied.length === 0 ? 'nothing to migrate\n' : applied.map((name) => `migrated ${name}\n`).join(''),
    )
    return 0
  },
}
