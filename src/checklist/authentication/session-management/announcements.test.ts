import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from './probing.fixture.ts'
import { type SharedDatabase, startDatabase, startTwoNodes, type TwoNodes } from './two-nodes.fixture.ts'

suite('a role that is taken while its holder signs in', () => {
  let database: SharedDatabase
  let two: TwoNodes
  before(async () => {
    database = await startDatabase()
    two = await startTwoNodes(database)
  })
  after(async () => {
    await two.stop()
    await database.stop()
  })

  test('is gone on the other node within a second, though the change could not see the new session', async () => {
    const person = await two.person(['admin', 'member'])
    const rolesAt = async (token: string): Promise<unknown> => {
      const reply = await inject(two, { path: '/auth/session', token, node: 1 })
      return (reply.json() as Record<string, unknown>).roles
    }
    const { sessions } = two.nodes[0]
    const [made, taken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const signingIn = sessions.change(async (tx) => {
      const start = { accountId: person.id, assurance: 1, presented: null } as const
      const session = await sessions.create(tx, start, { address: '192.0.2.1', device: 'test', requestId: 'r' })
      made.resolve()
      await taken.promise
      return session.token.release()
    })
    await made.promise
    await two.admin.query('begin')
    await two.admin.query("delete from holdfast.account_role where account_id = $1 and role = 'admin'", [person.id])
    taken.resolve()
    const token = await signingIn
    assert.deepEqual(await rolesAt(token), ['admin', 'member'], 'it is not committed yet')
    await two.admin.query('commit')
    const until = performance.now() + 1_000
    while (performance.now() < until && JSON.stringify(await rolesAt(token)) !== '["member"]') await sleep(20)
    assert.deepEqual(await rolesAt(token), ['member'])
  })
})
