import assert from 'node:assert/strict'
import net from 'node:net'
import { after, before, suite, test } from 'node:test'
import { openSession } from '../../../platform/database/open-session.ts'
import { type ScratchCluster, startScratchCluster } from '../../../platform/postgres/index.ts'
import { trySignIn } from './probe-postgres.ts'

suite('an attempt to sign in to PostgreSQL', { timeout: 60_000 }, () => {
  let cluster: ScratchCluster
  before(async () => {
    cluster = await startScratchCluster()
    const admin = await openSession({ connection: cluster.admin, application: 'test' })
    await admin.query(`create role someone login password 'of their own'`)
    await admin.query(`create role nopassword login`)
    await admin.query('create database closed')
    await admin.query('revoke connect on database closed from public')
    await admin.close()
  })
  after(() => cluster.stop())

  for (const [user, password, database, result] of [
    ['someone', 'of their own', 'postgres', 'in'],
    ['someone', 'someone', 'postgres', '28P01'],
    ['someone', '', 'postgres', '28P01'],
    ['nopassword', '', 'postgres', '28P01'],
    ['nobody', 'nobody', 'postgres', '28P01'],
    ['someone', 'of their own', 'closed', '42501'],
  ] as const) {
    test(`as ${user} with "${password}" on ${database}: ${result}`, async () => {
      const { socketDirectory: host, port } = cluster
      assert.equal(await trySignIn({ host, port, database, user, password }), result)
    })
  }

  test('tells nothing where the database is not there', async () => {
    const { socketDirectory: host, port } = cluster
    const attempt = trySignIn({ host, port, database: 'nowhere', user: 'someone', password: 'of their own' })
    await assert.rejects(attempt, /3D000/)
  })

  for (const [what, answer] of [
    ['nonsense', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['nothing', ''],
    ['an unknown method', Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 99])],
  ] as const) {
    test(`rejects, rather than calls it a refusal, where somebody answers ${what}`, async () => {
      const server = net.createServer((socket) => socket.once('data', () => socket.end(answer)))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as net.AddressInfo
      await assert.rejects(trySignIn({ host: '127.0.0.1', port, database: 'd', user: 'u', password: 'p' }, 500))
      await new Promise((resolve) => server.close(resolve))
    })
  }
})
