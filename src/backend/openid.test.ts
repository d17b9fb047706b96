import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { minutes } from '../kernel/time.ts'
import { defineBackend } from '../platform/declaration/index.ts'
import { comeBack, leave, sessionOf, visitDouble } from './openid-browser.fixture.ts'
import { type BackendSuite, type TestBackend, testBackend } from './testing/test-backend.ts'
import type { TestReply } from './testing/test-client.ts'

const START = '/auth/openid/double/start'
const ADA = { sub: 'ada', email: 'ada@example.test', email_verified: true, name: 'Ada' }

const definition = (signUp: 'open' | 'invitation') =>
  defineBackend({
    name: 'doors',
    title: 'Doors',
    tables: [],
    permissions: {},
    roles: { member: [] },
    signUp,
    routes: () => {},
  })

suite('signing in with an outside provider', () => {
  let backends: BackendSuite
  before(async () => {
    backends = await testBackend(definition('open'))
  })
  after(() => backends.close())

  const signIn = async (
    backend: TestBackend,
    claims: Readonly<Record<string, unknown>>,
    path = START,
  ): Promise<TestReply> => {
    const away = await leave(backend.anonymous, path)
    return comeBack(backend.anonymous, await visitDouble(away, claims), [away.cookie])
  }
  const reasonsOf = async (backend: TestBackend): Promise<readonly unknown[]> => {
    const failed = ({ name }: { readonly name: string }) => name === 'authn_openid_fail'
    return (await backend.events((events) => events.some(failed))).filter(failed).map(({ fields }) => fields.reason)
  }
  const me = (backend: TestBackend, reply: TestReply): Promise<TestReply<{ account: { name: string; id: string } }>> =>
    backend.anonymous.request({ path: '/auth/session', headers: { cookie: sessionOf(reply) } })

  test('is offered on the sign-in page, and leads on to where somebody wanted to go', async () => {
    await using backend = await backends.fresh()
    const page = await backend.anonymous.get('/sign-in?next=/account')
    assert.match(page.text, /href="\/auth\/openid\/double\/start\?next=%2Faccount">Sign in with Double</)
    const reply = await signIn(backend, ADA, `${START}?next=/account`)
    assert.deepEqual([reply.status, reply.headers.location], [303, '/account'])
    assert.match(reply.headers['set-cookie'] ?? '', /__Host-openid=; Path=\/; Max-Age=0/)
    assert.equal((await me(backend, reply)).body.account.name, 'Ada')
  })

  for (const next of ['//evil.test', '/\\evil.test', 'https://evil.test', '/a\nb', ''])
    test(`leads nowhere else: ${JSON.stringify(next)}`, async () => {
      await using backend = await backends.fresh()
      assert.equal((await backend.anonymous.get(`${START}?next=${encodeURIComponent(next)}`)).status, 400)
    })

  for (const [what, name, shown] of [
    ['none', undefined, 'ada'],
    ['one that is no text', { toString: 'Ada' }, 'ada'],
    ['one of signs that nobody sees', '\u202e\u0000 ', 'ada'],
    ['one with signs that turn the line', ' Ada\u202e\u0007 L.\n', 'Ada L.'],
    ['one that is too long', 'x'.repeat(300), 'x'.repeat(100)],
    ['one that means something to HTML', '<b>Ada</b>', '<b>Ada</b>'],
  ] as const)
    test(`takes the name as far as it can be one: ${what}`, async () => {
      await using backend = await backends.fresh()
      const reply = await signIn(backend, { ...ADA, name })
      assert.equal((await me(backend, reply)).body.account.name, shown)
    })

  for (const [what, claims, reason] of [
    ['an address that is none', { ...ADA, email: 'ada' }, 'unverified'],
    ['an address that is no text', { ...ADA, email: ['ada@example.test'] }, 'unverified'],
    ['no address', { sub: 'ada', email_verified: true }, 'unverified'],
    ['a subject that is too long', { ...ADA, sub: 'x'.repeat(256) }, 'token'],
    ['a subject of other signs', { ...ADA, sub: 'a\u0000da' }, 'token'],
  ] as const)
    test(`makes no account of ${what}`, async () => {
      await using backend = await backends.fresh()
      const reply = await signIn(backend, claims)
      assert.equal(reply.status, 401)
      assert.match(reply.text, /openid-refused/)
      assert.deepEqual(await reasonsOf(backend), [reason])
    })

  test('that took longer than ten minutes is begun anew', async () => {
    await using backend = await backends.fresh()
    const away = await leave(backend.anonymous, START)
    const came = await visitDouble(away, ADA)
    await backend.clock.advance(minutes(10))
    assert.equal((await comeBack(backend.anonymous, came, [away.cookie])).status, 401)
    assert.deepEqual(await reasonsOf(backend), ['flow'])
  })

  test('lets nobody into an account that is disabled, also where that happened meanwhile', async () => {
    await using backend = await backends.fresh()
    const { body } = await me(backend, await signIn(backend, ADA))
    const away = await leave(backend.anonymous, START)
    const came = await visitDouble(away, ADA)
    await backend.database.query('update holdfast.account set disabled_at = now() where id = $1', [body.account.id])
    assert.equal((await comeBack(backend.anonymous, came, [away.cookie])).status, 401)
    assert.deepEqual(await reasonsOf(backend), ['disabled'])
  })

  test('says to whoever has the address that an account has it, and tells nobody else', async () => {
    await using backend = await backends.fresh()
    const { email } = backend.person('member')
    const proved = await signIn(backend, { ...ADA, email: email.toUpperCase() })
    assert.match(proved.text, /There is an account here with the address that Double gave/)
    const unproved = await signIn(backend, { ...ADA, email, email_verified: false })
    const nobodys = await signIn(backend, { ...ADA, email: 'nobody@example.test', email_verified: false })
    const said = ({ text }: TestReply): string => text.replace(/<code>.*<\/code>|nonce="[^"]*"/g, '')
    assert.equal(said(unproved), said(nobodys))
  })

  test('asks for the second factor of who has one, by a page of ours that leads on', async () => {
    await using backend = await backends.fresh()
    const admin = backend.as('admin')
    const { accountId } = backend.person('admin')
    await backend.database.query(
      "insert into holdfast.openid_identity (provider, subject, account_id, linked_at) values ('double', 'root', $1, now())",
      [accountId],
    )
    assert.equal((await admin.get('/account/openid')).status, 200)
    const reply = await signIn(backend, { sub: 'root' }, `${START}?next=/account`)
    assert.equal(reply.status, 200)
    assert.equal(reply.headers.refresh, '0; url=/sign-in/second-factor?next=%2Faccount')
    assert.match(reply.headers['set-cookie'] ?? '', /__Host-pending=[\w-]+; .*SameSite=Strict/)
    assert.equal(sessionOf(reply), '')
  })

  test('is added and removed by who confirmed a moment ago, and each is told by mail', async () => {
    await using backend = await backends.fresh()
    const member = backend.as('member')
    const { email } = backend.person('member')
    assert.equal((await member.get('/account')).status, 200)
    await backend.clock.advance(minutes(6))
    const stale = await member.get('/account/openid/double')
    assert.deepEqual([stale.status, stale.headers.location], [303, '/confirm?next=%2Faccount%2Fopenid%2Fdouble'])
    const ticket = 'A'.repeat(43)
    assert.equal((await member.get(`/auth/openid/double/link?ticket=${ticket}`)).status, 403)
    const refused = await member.post('/account/openid/double/remove')
    assert.deepEqual([refused.status, refused.headers.location?.split('?')[0]], [303, '/confirm'])

    const signedIn = await backend.anonymous.post('/auth/sign-in', {
      email,
      password: backend.person('member').password,
    })
    const session = sessionOf(signedIn)
    const ask = (path: string, method: 'GET' | 'POST' = 'GET') =>
      backend.anonymous.request({ method, path, headers: { cookie: session, accept: 'text/html' } })
    const page = await ask('/account/openid/double')
    const path = /href="(\/auth\/openid\/double\/link\?ticket=[\w-]{43})"/.exec(page.text)?.[1] ?? ''
    const departure = await ask(path)
    const away = {
      location: departure.headers.location ?? '',
      cookie: (departure.headers['set-cookie'] ?? '').split(';')[0] ?? '',
    }
    const linked = await comeBack(backend.anonymous, await visitDouble(away, { sub: 'me' }), [away.cookie, session])
    assert.equal(linked.headers.location, '/account/openid?done=linked')
    assert.match((await ask('/account/openid?done=linked')).text, /It is added/)
    assert.match((await ask('/account')).text, /Sign-in with other services/)
    assert.equal((await ask('/account/openid/double/remove', 'POST')).headers.location, '/account/openid?done=unlinked')
    const mails = await backend.mailTo(email, (all) => all.length === 2)
    assert.match(mails[0]?.text ?? '', /Signing in with Double was added/)
    assert.match(mails[1]?.text ?? '', /Signing in with Double was removed/)
    const names = (await backend.events()).map(({ name }) => name)
    assert.ok(names.includes('authn_openid_linked') && names.includes('authn_openid_unlinked'))
  })

  test('is the only way in until a password is set by mail, and is not removed before', async () => {
    await using backend = await backends.fresh()
    const cookie = sessionOf(await signIn(backend, ADA))
    const remove = () =>
      backend.anonymous.request({
        method: 'POST',
        path: '/account/openid/double/remove',
        headers: { cookie, accept: 'text/html' },
      })
    const refused = await remove()
    assert.equal(refused.status, 409)
    assert.match(refused.text, /Nothing else signs you in/)
    const byPassword = { email: ADA.email, password: 'velvet orbit cactus nine' }
    assert.equal((await backend.anonymous.post('/auth/sign-in', byPassword)).status, 401)
    await backend.anonymous.post('/auth/reset', { email: ADA.email })
    const [mail] = await backend.mailTo(ADA.email, (all) => all.some(({ text }) => text.includes('/reset/')))
    assert.ok(mail !== undefined)
    const token = (await backend.mailTo(ADA.email))
      .map(({ text }) => /\/reset\/([\w-]{43})/.exec(text)?.[1])
      .find(Boolean)
    const reset = await backend.anonymous.post('/auth/reset/complete', { token, password: byPassword.password })
    assert.equal(reset.status, 200, reset.text)
    assert.equal((await backend.anonymous.post('/auth/sign-in', byPassword)).status, 200)
  })

  test('is of no use with a provider that is not there', async () => {
    await using backend = await backends.fresh()
    for (const path of [
      '/auth/openid/other/start',
      '/auth/openid/other/callback?code=a&state=b',
      '/auth/openid/Double/start',
    ])
      assert.ok([400, 404].includes((await backend.anonymous.get(path)).status), path)
  })

  test('counts one sign-in of two at the same moment with one answer', async () => {
    await using backend = await backends.fresh()
    const away = await leave(backend.anonymous, START)
    const wish = encodeURIComponent(JSON.stringify({ claims: ADA, again: true }))
    const there = await fetch(`${away.location}&wish=${wish}`, { redirect: 'manual' })
    const came = new URL(there.headers.get('location') ?? '')
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => comeBack(backend.anonymous, came, [away.cookie])),
    )
    assert.deepEqual(replies.map(({ status }) => status).sort(), [303, ...Array(9).fill(401)])
  })
})

suite('signing in with an outside provider, where accounts are made by invitation', () => {
  test('makes none', async () => {
    await using backends = await testBackend(definition('invitation'))
    await using backend = await backends.fresh()
    const away = await leave(backend.anonymous, START)
    const reply = await comeBack(backend.anonymous, await visitDouble(away, ADA), [away.cookie])
    assert.equal(reply.status, 401)
    assert.match(reply.text, /made with an invitation/)
  })
})
