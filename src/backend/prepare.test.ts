import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { Refusal, StartRefusal } from '../kernel/refusal.ts'
import type { Secret } from '../kernel/secret.ts'
import type { DatabaseRole } from '../kernel/vantage.ts'
import { DATABASE_ROLES, roleName } from '../platform/declaration/database-roles.ts'
import { defineBackend } from '../platform/declaration/define-backend.ts'
import { generatePassword, type ScratchCluster, startScratchCluster } from '../platform/postgres/index.ts'
import { prepare, withSession } from './prepare.ts'

type Passwords = Readonly<Record<DatabaseRole, Secret>>
const keyrings = (): Passwords =>
  Object.fromEntries(DATABASE_ROLES.map((role) => [role, generatePassword()])) as Record<DatabaseRole, Secret>

const definition = defineBackend({
  name: 'shared-name',
  title: 'Shared',
  tables: [],
  permissions: {},
  roles: { member: [] },
  routes: () => {},
})
const OWNER = roleName(definition, 'owner')

suite('roles of a backend on a server where there are such roles', { concurrency: false, timeout: 60_000 }, () => {
  let cluster: ScratchCluster
  const [first, second] = [keyrings(), keyrings()]
  before(async () => {
    cluster = await startScratchCluster({ replicationRole: roleName(definition, 'backup') })
  })
  after(() => cluster.stop())

  const run = (database: string, passwords: Passwords, resetPasswords = false) =>
    prepare({
      definition,
      passwords,
      administrator: (name) => cluster.connection(name, cluster.admin.user, cluster.admin.password),
      owner: cluster.connection(database, OWNER, passwords.owner),
      database,
      development: false,
      resetPasswords,
    })
  const asAdministrator = (sql: string) => withSession(cluster.admin, (session) => session.query(sql))
  const signIn = (passwords: Passwords) =>
    withSession(cluster.connection('one', OWNER, passwords.owner), async () => undefined)

  test('are taken where nothing is theirs: a first run ended before it was done', async () => {
    await asAdministrator(`create role ${OWNER} login`)
    await run('one', first)
    await signIn(first)
  })

  test('are prepared again with the same keyrings, for another database too', async () => {
    await run('one', first)
    await run('beside', first)
  })

  for (const database of ['two', 'one']) {
    test(`are refused for database ${database} with other keyrings, and nothing changes`, async () => {
      await assert.rejects(run(database, second), (error) => {
        assert.ok(error instanceof StartRefusal)
        assert.match(error.message, /^role shared_name_owner: .*database beside, database one of .*--reset-passwords/)
        return !error.message.includes('\n')
      })
      const { rowCount } = await asAdministrator("select from pg_database where datname = 'two'")
      assert.equal(rowCount, 0)
      await signIn(first)
    })
  }

  test('are taken over where that is said, and the old passwords are gone', async () => {
    await run('two', second, true)
    await signIn(second)
    await assert.rejects(signIn(first), (error) => error instanceof Refusal && error.code === 'database-unavailable')
  })
})
