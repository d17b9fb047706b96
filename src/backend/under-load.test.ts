import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:https'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { resolveConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { answer, defineBackend, Type } from '../platform/declaration/index.ts'
import { type RunningTwin, startTwin } from './twin/twin.ts'
import { openTwinHost, type TwinHost } from './twin/twin-host.ts'

/** Elsewhere this machine has one address to ask from, which may try a hundred times. */
const SIGN_INS = process.platform === 'linux' ? 1_000 : 90
const REQUESTS = 100

suite('a server under load', { timeout: 180_000 }, () => {
  let host: TwinHost
  let twin: RunningTwin
  let port: number
  before(async () => {
    const definition = defineBackend({
      name: 'load',
      tables: [],
      permissions: { 'note:read': 'Read notes' },
      roles: { member: ['note:read'] },
      routes(app) {
        app.get('/private', {
          permission: 'note:read',
          schema: { response: { 200: Type.Object({ hello: Type.String({ maxLength: 10 }) }) } },
          handler: () => answer(200, { hello: 'world' }),
        })
      },
    })
    host = await openTwinHost(definition, { identities: true })
    const configuration = resolveConfiguration({ environment: {}, mode: 'dev' })
    twin = await startTwin(host, { configuration, nodes: 1, ownHasher: true })
    port = Number(new URL(twin.origins[0]).port)
  })
  after(async () => {
    await twin.stop()
    await host.close()
  })

  /** `200`, `503 retry-after`, or what else came. */
  const signIn = (email: string, from?: string): Promise<{ readonly told: string; readonly cookie: string }> =>
    new Promise((resolve) => {
      const asked = request(
        {
          ...place(),
          method: 'POST',
          path: '/auth/sign-in',
          agent: false,
          headers: { 'content-type': 'application/json', origin: twin.origins[0] },
          ...(from === undefined ? {} : { localAddress: from, family: 4 }),
        },
        (reply) => {
          reply.resume()
          const [session = ''] = reply.headers['set-cookie'] ?? []
          const wait = reply.statusCode === 503 && /^\d+$/.test(reply.headers['retry-after'] ?? '')
          const told = `${reply.statusCode}${wait ? ' retry-after' : ''}`
          reply.once('end', () => resolve({ told, cookie: session.split(';', 1)[0] ?? '' }))
        },
      )
      asked.once('error', (error) => resolve({ told: error.message, cookie: '' }))
      asked.end(JSON.stringify({ email, password: member().password }))
    })

  const get = (path: string, cookie: string, agent: Agent): Promise<number> =>
    new Promise((resolve, reject) => {
      const asked = request({ ...place(), path, agent, headers: { cookie } }, (reply) => {
        reply.resume()
        reply.once('end', () => resolve(reply.statusCode ?? 0))
      })
      asked.once('error', reject)
      asked.end()
    })

  const place = () => ({ host: '127.0.0.1', port, servername: 'localhost', ca: twin.ca })
  const member = () => twin.identities.find(({ role }) => role === 'member') ?? assert.fail('there is no member')

  test('asks the database nothing for a session in use and a route that needs no row', async () => {
    const { admin } = twin.database
    await admin.query('create extension pg_stat_statements')
    const { cookie } = await signIn(member().email)
    const agent = new Agent({ keepAlive: true })
    const roles = (['runtime', 'accounts'] as const).map(twin.database.roleName).join()
    const calls = async (): Promise<ReadonlyMap<string, number>> => {
      // The channel asks for a sign of life all the while, whether anybody is there or not.
      const { rows } = await admin.query(
        `select query, sum(calls)::integer as calls from pg_stat_statements
         where userid::regrole::text = any (string_to_array($1::text, ',')) and query <> 'select $1' group by query`,
        [roles],
      )
      return new Map(rows.map((row) => [String(row.query), Number(row.calls)]))
    }
    const asked = async (): Promise<readonly string[]> => {
      const before = await calls()
      for (let n = 0; n < REQUESTS; n += 1) assert.equal(await get('/private', cookie, agent), 200)
      return [...(await calls())].filter(([query, now]) => now > (before.get(query) ?? 0)).map(([query]) => query)
    }
    try {
      assert.equal(await get('/private', cookie, agent), 200)
      // The first use is written back meanwhile. What else is written by the clock may fall into one go, and not into three.
      let seen: readonly string[] = ['nothing was tried']
      for (let go = 0; go < 3 && seen.length > 0; go += 1) {
        await sleep(1_500)
        seen = await asked()
      }
      assert.deepEqual(seen, [])
    } finally {
      agent.destroy()
      await admin.query('drop extension pg_stat_statements')
    }
  })

  test(`answers each of ${SIGN_INS} sign-ins at once, makes as many sessions as it tells of, and goes on`, async () => {
    const { admin } = twin.database
    const people = Array.from({ length: SIGN_INS }, (_, index) => `person-${index}@load.example`)
    await admin.query(PEOPLE, [people.map(() => randomUUID()), people, member().accountId])
    const sessions = async (): Promise<number> =>
      Number((await admin.query('select count(*)::integer as count from holdfast.session')).rows[0]?.count)
    const before = await sessions()
    const told = await Promise.all(
      people.map((email, index) =>
        signIn(email, process.platform === 'linux' ? `127.0.${1 + (index % 100)}.1` : undefined),
      ),
    )
    const counted = Object.groupBy(told, (one) => one.told)
    const signedIn = counted['200']?.length ?? 0
    assert.deepEqual(
      Object.keys(counted).filter((one) => one !== '200' && one !== '503 retry-after'),
      [],
    )
    assert.ok(signedIn > 0, 'nobody was let in')
    assert.equal(await sessions(), before + signedIn)
    assert.equal((await signIn(member().email)).told, '200')
  })
})

/** They have the member's password: making a hash for each would take a minute. */
const PEOPLE = `
with person as (
  insert into holdfast.account (id, email, name, created_at)
  select id, email, 'Somebody', now() from unnest($1::uuid[], $2::text[]) as given (id, email) returning id
)
insert into holdfast.password (account_id, hash, pepper_version, changed_at)
select person.id, known.hash, known.pepper_version, now() from person, holdfast.password known where known.account_id = $3`
