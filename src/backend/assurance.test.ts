import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { signWithPasskey } from '../check/software-passkey.ts'
import { resolveConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { answer, defineBackend, html, minutes, redirect, Type } from '../index.ts'
import { type TestReply, type TestRequest, testClient } from './testing/test-client.ts'
import { makeSoftwarePasskey } from './twin/software-passkey.ts'
import { type RunningTwin, startTwin } from './twin/twin.ts'
import { openTwinHost, type TwinHost } from './twin/twin-host.ts'

const Empty = { response: { 204: 'empty' } } as const
const DEFINITION = defineBackend({
  name: 'vault',
  title: 'Vault',
  tables: [],
  permissions: {},
  roles: { member: [] },
  routes(app) {
    const done = () => answer(204)
    app.post('/recent', { signedIn: true, stepUp: minutes(5), schema: Empty, handler: done })
    app.post('/two', { signedIn: true, stepUp: { within: minutes(5), assurance: 2 }, schema: Empty, handler: done })
    app.post('/device', { signedIn: true, stepUp: { within: minutes(5), assurance: 3 }, schema: Empty, handler: done })
    app.get('/page/device', {
      signedIn: true,
      stepUp: { within: minutes(5), assurance: 3 },
      schema: { response: { 200: 'html' } },
      handler: () => html`<p>Here</p>`,
    })
    const stepUp = { within: minutes(5), assurance: 2 } as const
    app.get('/page', { signedIn: true, schema: { response: { 200: 'html' } }, handler: () => html`<p>Form</p>` })
    app.post('/page/:id', {
      signedIn: true,
      stepUp,
      accepts: 'form',
      schema: {
        params: Type.Object({ id: Type.String({ maxLength: 9 }) }),
        body: Type.Object({ title: Type.String({ maxLength: 99 }) }),
        response: { 303: 'redirect' },
      },
      handler: () => redirect('/page'),
    })
  },
})

/** Flags of authenticators: kept on one device; might be kept elsewhere; is. All have checked their owner. */
const ON_ONE_DEVICE = 0x05
const MAY_LEAVE = 0x0d
const HAS_LEFT = 0x1d

suite('what a route asks for beyond being signed in', () => {
  let host: TwinHost
  let twin: RunningTwin
  before(async () => {
    host = await openTwinHost(DEFINITION, { identities: true })
    twin = await startTwin(host, { configuration: resolveConfiguration({ environment: {}, mode: 'dev' }), nodes: 1 })
  })
  after(async () => {
    await twin?.stop()
    await host?.close()
  })

  /** `204`, `403 step-up-required`, `303 /confirm`. */
  const told = ({ status, body, headers }: TestReply): string =>
    [status, (body as { readonly code?: string } | undefined)?.code, headers.location].filter(Boolean).join(' ')

  /** A browser that keeps its session as it is replaced, and a passkey of its person. */
  function somebody(name: string) {
    const identity = twin.identities.find((one) => one.name === name)
    const [server] = twin.backends[0]?.servers ?? []
    assert.ok(identity !== undefined && server !== undefined)
    const { accountId, email, password } = identity
    const [origin] = twin.origins
    const passkey = makeSoftwarePasskey()
    const client = testClient(server, origin, async () => null)
    let cookie = ''
    const request = async (wanted: TestRequest): Promise<TestReply> => {
      const reply = await client.request({ ...wanted, headers: { cookie, ...wanted.headers } })
      cookie = /__Host-session=[\w-]{43}/.exec(reply.headers['set-cookie'] ?? '')?.[0] ?? cookie
      return reply
    }
    const post = (path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<TestReply> =>
      request({ method: 'POST', path, body, headers })
    const withKey = async (options: string, path: string, flags: number): Promise<TestReply> => {
      const question = (await post(options)).body as { readonly challenge: string; readonly rpId: string }
      return post(path, signWithPasskey(passkey, accountId, { ...question, origin }, flags))
    }
    return {
      post,
      get: (path: string) => request({ path }),
      signIn: () => post('/auth/sign-in', { email, password }),
      confirm: () => post('/auth/step-up', { password }),
      signInByKey: (flags: number) => withKey('/auth/passkey/options', '/auth/passkey/sign-in', flags),
      confirmByKey: (flags: number) => withKey('/auth/step-up/passkey/options', '/auth/step-up/passkey', flags),
      assurance: async () => ((await request({ path: '/auth/session' })).body as { assurance: number }).assurance,
      addKey: () =>
        twin.database.admin.query(
          `insert into holdfast.passkey
             (id, account_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
           values (gen_random_uuid(), $1, $2, $3, 0, '{}', false, 'Key', now())`,
          [accountId, Buffer.from(passkey.credentialId, 'base64url'), passkey.publicKey],
        ),
    }
  }

  test('is the password of who has nothing else, but never where two factors are asked for', async () => {
    const ada = somebody('member-a1')
    await ada.signIn()
    assert.equal(told(await ada.post('/recent')), '204')
    for (const path of ['/two', '/device']) {
      const refused = await ada.post(path)
      assert.equal(told(refused), '403 second-factor-required')
      assert.match(refused.text, /add one to your account/)
    }
    assert.equal(told(await ada.confirm()), '204')
    assert.equal(told(await ada.post('/two')), '403 second-factor-required')
  })

  test('is two factors of who has them, and a passkey of one device where that is asked for', async () => {
    const bob = somebody('member-a2')
    await bob.addKey()
    await bob.signInByKey(MAY_LEAVE)
    assert.equal(await bob.assurance(), 2)
    assert.equal(told(await bob.post('/two')), '204')
    assert.equal(told(await bob.post('/device')), '403 step-up-required')
    await bob.confirmByKey(HAS_LEFT)
    assert.equal(told(await bob.post('/device')), '403 step-up-required')
    assert.equal(told(await bob.get('/page/device')), '303 /confirm?with=device&next=%2Fpage%2Fdevice')

    assert.equal(told(await bob.confirmByKey(ON_ONE_DEVICE)), '204')
    assert.equal(await bob.assurance(), 3)
    assert.equal(told(await bob.post('/device')), '204')
    assert.equal((await bob.get('/page/device')).status, 200)
    assert.match((await bob.get('/confirm?with=device')).text, /passkey that stays on one device/)

    await twin.clock.advance(minutes(6))
    assert.equal(await bob.assurance(), 3)
    assert.equal(told(await bob.post('/device')), '403 step-up-required')
    // Two factors without that passkey are proved anew, and are no more than that.
    await bob.confirmByKey(MAY_LEAVE)
    assert.equal(await bob.assurance(), 2)
    assert.equal(told(await bob.post('/recent')), '204')
    assert.equal(told(await bob.post('/device')), '403 step-up-required')

    await bob.signInByKey(ON_ONE_DEVICE)
    assert.equal(await bob.assurance(), 3)
    await twin.clock.advance(minutes(16))
    assert.equal(await bob.assurance(), 2)
  })

  test('leads from a form to confirming, back to the page of the form, and says that it is to be sent again', async () => {
    const cleo = somebody('member-b1')
    await cleo.addKey()
    await cleo.signInByKey(MAY_LEAVE)
    const form = new URLSearchParams({ title: 'Lantern' })
    assert.equal(told(await cleo.post('/page/7', form)), '303 /page')
    await twin.clock.advance(minutes(6))
    const [{ host: here }] = [new URL(twin.origins[0])]
    for (const [what, referer, back] of [
      ['the page that the browser names', `https://${here}/page?a=1`, '/confirm?form=unsent&next=%2Fpage%3Fa%3D1'],
      ['the nearest page, without one', '', '/confirm?form=unsent&next=%2Fpage'],
      ['the nearest page, not another site', 'https://evil.test/page?a=1', '/confirm?form=unsent&next=%2Fpage'],
      ['the nearest page, not one that is none', `https://${here}/nowhere`, '/confirm?form=unsent&next=%2Fpage'],
      ['the nearest page, not what is no address', '//evil.test', '/confirm?form=unsent&next=%2Fpage'],
    ] as const)
      assert.equal(told(await cleo.post('/page/7', form, { referer })), `303 ${back}`, what)
    const page = (await cleo.get('/confirm?form=unsent&next=%2Fpage')).text
    assert.match(page, /has not been done/)
    assert.match(page, /data-next="\/page"/)
    assert.equal(told(await cleo.post('/two')), '403 step-up-required')

    await cleo.confirmByKey(MAY_LEAVE)
    assert.equal(told(await cleo.post('/page/7', form)), '303 /page')
  })

  test('leads from a form to adding a second factor, who has none, and tells who is signed out in place', async () => {
    const dan = somebody('member-a1')
    const form = new URLSearchParams({ title: 'Lantern' })
    assert.equal((await dan.post('/page/7', form)).status, 401)
    await dan.signIn()
    const led = await dan.post('/page/7', form)
    assert.equal(told(led), '303 /account/factors?next=%2Fpage')
    assert.match((await dan.get(led.headers.location ?? '')).text, /asks for a second factor/)
  })
})
