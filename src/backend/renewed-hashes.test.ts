import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { resolveConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { Secret } from '../kernel/secret.ts'
import { defineBackend } from '../platform/declaration/index.ts'
import { type RunningHasher, spawnHasher } from '../platform/hasher/index.ts'
import { type RunningTwin, startTwin } from './twin/twin.ts'
import { openTwinHost, type TwinHost } from './twin/twin-host.ts'

const definition = defineBackend({ name: 'renewals', tables: [], permissions: {}, roles: { member: [] }, routes() {} })

/** A backend whose pepper was rotated after its people had chosen their passwords. */
suite('a hash that is older than what is set', () => {
  let host: TwinHost
  let hasher: RunningHasher
  let twin: RunningTwin

  before(async () => {
    host = await openTwinHost(definition, { identities: true })
    const older = host.keyrings.hasher.all('pepper')
    const next = Math.max(...older.map(({ version }) => version)) + 1
    hasher = await spawnHasher({ pepper: [...older, { version: next, key: new Secret(randomBytes(32)) }] })
    const configuration = resolveConfiguration({ environment: {}, mode: 'dev' })
    twin = await startTwin({ ...host, hasher }, { configuration, nodes: 1 })
  })
  after(async () => {
    await twin?.stop()
    await hasher?.stop()
    await host?.close()
  })

  const personOf = (name: string) =>
    twin.identities.find((identity) => identity.name === name) ?? assert.fail(`nobody is called ${name}`)

  async function signIn(name: string, password = personOf(name).password): Promise<number> {
    const reply = await twin.backends[0]?.servers[0]?.inject({
      method: 'POST',
      url: '/auth/sign-in',
      headers: { host: 'localhost', 'content-type': 'application/json' },
      payload: JSON.stringify({ email: personOf(name).email, password }),
    })
    return reply?.statusCode ?? 0
  }
  async function stored(name: string): Promise<{ readonly hash: string; readonly pepper: number }> {
    const { rows } = await twin.database.admin.query(
      'select hash, pepper_version from holdfast.password where account_id = $1',
      [personOf(name).accountId],
    )
    return { hash: String(rows[0]?.hash), pepper: Number(rows[0]?.pepper_version) }
  }
  const renewals = async (name: string): Promise<readonly unknown[]> =>
    (await twin.eventsAfter(0))
      .filter((event) => event.name === 'authn_hash_upgraded' && event.accountId === personOf(name).accountId)
      .map(({ fields }) => fields.reason)

  test('of an older pepper is made anew at the sign-in, once', async () => {
    const was = await stored('member-a1')
    assert.equal(was.pepper, 1)
    assert.equal(await signIn('member-a1', 'not the password at all'), 401)
    assert.deepEqual(await stored('member-a1'), was)
    assert.equal(await signIn('member-a1'), 200)
    const now = await stored('member-a1')
    assert.equal(now.pepper, 2)
    assert.notEqual(now.hash, was.hash)
    assert.equal(await signIn('member-a1'), 200)
    assert.deepEqual(await stored('member-a1'), now)
    assert.deepEqual(await renewals('member-a1'), ['pepper'])
  })

  test('of weaker parameters is made anew at the sign-in, once', async () => {
    const { accountId, password } = personOf('member-a2')
    const weak = await hasher.hasher().hash(new Secret(password), { memoryKiB: 8_192, passes: 1 })
    await twin.database.admin.query(
      'update holdfast.password set hash = $1, pepper_version = $2 where account_id = $3',
      [weak.phc, weak.pepperVersion, accountId],
    )
    assert.match((await stored('member-a2')).hash, /\$m=8192,t=1,p=1\$/)
    assert.equal(await signIn('member-a2'), 200)
    const now = await stored('member-a2')
    assert.match(now.hash, /\$m=19456,t=2,p=1\$/)
    assert.equal(await signIn('member-a2'), 200)
    assert.deepEqual(await stored('member-a2'), now)
    assert.deepEqual(await renewals('member-a2'), ['parameters'])
  })
})
