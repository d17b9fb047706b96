import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { resolveConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { seconds } from '../kernel/time.ts'
import { defineBackend } from '../platform/declaration/index.ts'
import { type Person, type RealProvider, startRealProvider } from '../platform/openid/provider.fixture.ts'
import { type Away, comeBack, leave, sessionOf } from './openid-browser.fixture.ts'
import { type TestClient, type TestReply, testClient } from './testing/test-client.ts'
import { type RunningTwin, startTwin } from './twin/twin.ts'
import { openTwinHost, type TwinHost } from './twin/twin-host.ts'

const START = '/auth/openid/real/start'
const ADA: Person = { sub: 'ada', email: 'ada@example.test', email_verified: true, name: 'Ada' }

const definition = defineBackend({
  name: 'doors',
  title: 'Doors',
  tables: [],
  permissions: {},
  roles: { member: [] },
  signUp: 'open',
  routes: () => {},
})

suite('signing in with a real OpenID provider', () => {
  let host: TwinHost
  let real: RealProvider
  let twin: RunningTwin
  let browser: TestClient

  before(async () => {
    ;[host, real] = await Promise.all([openTwinHost(definition, { identities: true }), startRealProvider()])
    const configuration = resolveConfiguration({ environment: {}, mode: 'dev' })
    twin = await startTwin(host, { configuration, nodes: 1, openid: [real.settings] })
    real.register(twin.origins.map((origin) => `${origin}/auth/openid/real/callback`))
    const server = twin.backends[0]?.servers[0]
    assert.ok(server !== undefined)
    browser = testClient(server, twin.origins[0], async () => null)
  })
  after(async () => {
    await twin.stop()
    await Promise.all([host.close(), real.close()])
  })

  const signIn = async (who: Person, change: (away: Away) => Away = (away) => away): Promise<TestReply> => {
    const away = change(await leave(browser, START))
    return comeBack(browser, await real.visit(away.location, who), [away.cookie])
  }
  const account = async (reply: TestReply): Promise<string> => {
    const cookie = sessionOf(reply)
    const session = await browser.request<{ account: { id: string } }>({ path: '/auth/session', headers: { cookie } })
    return session.body.account.id
  }
  const refused = async (reply: TestReply, reason: string): Promise<void> => {
    assert.equal(reply.status, 401)
    assert.match(reply.text, /openid-refused/)
    assert.equal(sessionOf(reply), '')
    for (let tries = 0; tries < 100; tries++) {
      const events = (await twin.eventsAfter(0)).filter(({ name }) => name === 'authn_openid_fail')
      if (events.at(-1)?.fields.reason === reason) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.fail(`no event gives ${reason} as the reason`)
  }
  const tampered = (name: string, value: string) => (away: Away) => {
    const location = new URL(away.location)
    location.searchParams.set(name, value)
    return { ...away, location: location.href }
  }

  test('makes an account, whose address is confirmed, and finds it again', async () => {
    const first = await signIn(ADA)
    assert.deepEqual([first.status, first.headers.location], [303, '/'], first.text)
    const id = await account(first)
    assert.equal(await account(await signIn({ ...ADA, email: 'ada@elsewhere.test', name: 'Countess' })), id)
    const { rows } = await twin.database.admin.query(
      `select email, name, email_verified_at is not null as verified,
         exists (select from holdfast.password where account_id = id) as password from holdfast.account where id = $1`,
      [id],
    )
    assert.deepEqual(rows[0], { email: 'ada@example.test', name: 'Ada', verified: true, password: false })
  })

  test('is refused with an address that it has not verified', async () =>
    refused(await signIn({ sub: 'eve', email: 'eve@example.test', email_verified: false }), 'unverified'))

  test('is refused with the address of somebody here', async () => {
    const [{ email } = { email: '' }] = host.identities
    await refused(await signIn({ sub: 'mallory', email, email_verified: true }), 'address-taken')
  })

  test('is refused with another nonce', async () => refused(await signIn(ADA, tampered('nonce', 'another')), 'nonce'))

  test('is refused with the code of another sign-in', async () => {
    const [mine, theirs] = [await leave(browser, START), await leave(browser, START)]
    const came = await real.visit(mine.location, ADA)
    const other = await real.visit(theirs.location, { ...ADA, sub: 'other' })
    came.searchParams.set('code', other.searchParams.get('code') ?? '')
    await refused(await comeBack(browser, came, [mine.cookie]), 'code')
  })

  test('goes on when the provider signs with another key, within a minute', async () => {
    assert.equal((await signIn(ADA)).status, 303)
    real.rotateKey()
    await refused(await signIn(ADA), 'signature')
    await twin.clock.advance(seconds(61))
    assert.equal((await signIn(ADA)).status, 303)
  })

  test('tells that the provider is away, and nothing else is', async () => {
    await real.close()
    await twin.clock.advance(seconds(3601))
    const reply = await browser.request({ path: START, headers: { accept: 'text/html' } })
    assert.match(reply.text, /The other service does not answer just now/)
    await refused(reply, 'unreachable')
    assert.equal((await browser.get('/sign-in')).status, 200)
  })
})

test('where no provider is configured, there is no way to one', async () => {
  const host = await openTwinHost(definition, { identities: false })
  const configuration = resolveConfiguration({ environment: {}, mode: 'dev' })
  const twin = await startTwin(host, { configuration, nodes: 1, openid: [] })
  try {
    const server = twin.backends[0]?.servers[0]
    assert.ok(server !== undefined)
    const browser = testClient(server, twin.origins[0], async () => null)
    assert.doesNotMatch((await browser.get('/sign-in')).text, /openid/)
    assert.deepEqual(
      twin.surface.routes.filter(({ path }) => path.includes('openid/')),
      [],
    )
    for (const path of ['/auth/openid/double/start', '/auth/openid/double/callback', '/account/openid'])
      assert.equal((await browser.get(path)).status, 404, path)
  } finally {
    await twin.stop()
    await host.close()
  }
})
