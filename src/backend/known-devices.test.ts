import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { type PasskeyQuestion, signWithPasskey } from '../check/software-passkey.ts'
import type { TwinIdentity } from '../kernel/vantage.ts'
import { defineBackend } from '../platform/declaration/index.ts'
import { comeBack, leave, visitDouble } from './openid-browser.fixture.ts'
import { type BackendSuite, type TestBackend, testBackend } from './testing/test-backend.ts'
import type { TestReply } from './testing/test-client.ts'

const PASSWORD = 'lantern gravel ostrich'
const WRONG = 'gravel lantern nobody chose'
const RECOVERY_CODE = '0123-4567-89AB-CDEF'

suite('a browser is known after signing in', () => {
  let backends: BackendSuite
  before(async () => {
    backends = await testBackend(
      defineBackend({
        name: 'devices',
        title: 'Devices',
        tables: [],
        permissions: {},
        roles: { member: [] },
        routes: () => {},
      }),
    )
  })
  after(() => backends.close())

  const ways: readonly [how: string, whose: 'member' | 'owner', signIn: SignIn][] = [
    ['by password', 'member', password],
    ['by a link', 'member', byLink],
    ['with a provider', 'member', byProvider],
    ['by passkey', 'owner', byPasskey],
    ['by password and passkey', 'owner', byPasswordAndPasskey],
    ['by password and recovery code', 'owner', byPasswordAndCode],
  ]
  for (const [how, whose, signIn] of ways)
    test(`${how}, and stays the same one when it does so again`, async () => {
      await using backend = await backends.fresh()
      const person = backend.person(whose)
      const first = deviceOf(await signIn(backend, person, ''))
      assert.match(first, /^__Host-device=[\w-]{43}$/)
      assert.equal(deviceOf(await signIn(backend, person, first)), first)
      assert.equal(await devices(backend), 1)
      const elsewhere = deviceOf(await signIn(backend, person, ''))
      assert.notEqual(elsewhere, first)
      assert.equal(await devices(backend), 2)
    })

  for (const [how, whose, signIn] of ways.filter(([how]) => how !== 'with a provider'))
    test(`${how}: whoever guesses doesn't keep it out`, async () => {
      await using backend = await backends.fresh()
      const person = backend.person(whose)
      const device = deviceOf(await signIn(backend, person, ''))
      const guess = (cookie: string): Promise<TestReply> =>
        send(backend, '/auth/sign-in', { email: person.email, password: WRONG }, cookie)
      for (let n = 0; n < 5; n++) assert.equal((await guess('')).status, 401)
      assert.equal((await guess('')).status, 429)
      assert.equal((await guess(device)).status, 401, 'it is compared')
    })

  test('that made the account, and that chose a new password, which forgets all others', async () => {
    await using backend = await backends.fresh()
    const email = 'ada@devices.example'
    await backend.anonymous.post('/auth/sign-up', { email })
    const made = await send(
      backend,
      '/auth/sign-up/complete',
      { token: await linkTo(backend, email, '/sign-up/'), name: 'Ada', password: PASSWORD },
      '',
    )
    const first = deviceOf(made)
    assert.match(first, /^__Host-device=[\w-]{43}$/)
    await backend.anonymous.post('/auth/reset', { email })
    const token = await linkTo(backend, email, '/reset/')
    const reset = deviceOf(await send(backend, '/auth/reset/complete', { token, password: `${PASSWORD} two` }, first))
    assert.match(reset, /^__Host-device=[\w-]{43}$/)
    assert.notEqual(reset, first)
    assert.equal(await devices(backend), 1)
  })

  test('and not after half of it, nor by what somebody else put there', async () => {
    await using backend = await backends.fresh()
    const [owner, member] = [backend.person('owner'), backend.person('member')]
    assert.equal(deviceOf(await password(backend, owner, '')), '')
    const theirs = deviceOf(await password(backend, member, ''))
    for (const planted of [theirs, `__Host-device=${'A'.repeat(43)}`, '__Host-device=x']) {
      const given = deviceOf(await password(backend, backend.person('member', { number: 2 }), planted))
      assert.match(given, /^__Host-device=[\w-]{43}$/)
      assert.notEqual(given, planted)
    }
  })
})

type SignIn = (backend: TestBackend, person: TwinIdentity, cookie: string) => Promise<TestReply>

const send = (backend: TestBackend, path: string, body: unknown, cookie: string): Promise<TestReply> =>
  backend.anonymous.request({ method: 'POST', path, body, headers: { cookie } })

function password(backend: TestBackend, { email, password }: TwinIdentity, cookie: string): Promise<TestReply> {
  return send(backend, '/auth/sign-in', { email, password }, cookie)
}

async function byLink(backend: TestBackend, { email }: TwinIdentity, cookie: string): Promise<TestReply> {
  const sent = backend.mailbox.length
  await backend.anonymous.post('/auth/sign-in-link', { email })
  const token = await linkTo(backend, email, '/sign-in/link/', sent)
  return send(backend, '/auth/sign-in-link/complete', { token }, cookie)
}

async function byProvider(backend: TestBackend, _person: TwinIdentity, cookie: string): Promise<TestReply> {
  const away = await leave(backend.anonymous, '/auth/openid/double/start')
  const came = await visitDouble(away, { sub: 'ada', email: 'ada@example.test', email_verified: true, name: 'Ada' })
  return comeBack(backend.anonymous, came, [away.cookie, ...(cookie === '' ? [] : [cookie])])
}

async function byPasskey(backend: TestBackend, person: TwinIdentity, cookie: string): Promise<TestReply> {
  return send(backend, '/auth/passkey/sign-in', await answer(backend, person, '/auth/passkey/options', ''), cookie)
}

async function byPasswordAndPasskey(backend: TestBackend, person: TwinIdentity, cookie: string): Promise<TestReply> {
  const half = both(cookie, pendingOf(await password(backend, person, cookie)))
  const assertion = await answer(backend, person, '/auth/second-factor/passkey/options', half)
  return send(backend, '/auth/second-factor/passkey', assertion, half)
}

async function byPasswordAndCode(backend: TestBackend, person: TwinIdentity, cookie: string): Promise<TestReply> {
  const hash = createHash('sha256').update(RECOVERY_CODE.replaceAll('-', '')).digest()
  await backend.database.query(
    `insert into holdfast.recovery_code (code_hash, account_id, created_at) values ($1, $2, now())
     on conflict (code_hash) do update set used_at = null`,
    [hash, person.accountId],
  )
  const half = both(cookie, pendingOf(await password(backend, person, cookie)))
  return send(backend, '/auth/second-factor', { method: 'recovery-code', code: RECOVERY_CODE }, half)
}

/** What the person's passkey answers. */
async function answer(backend: TestBackend, person: TwinIdentity, path: string, cookie: string): Promise<unknown> {
  const { passkey } = person
  if (passkey === undefined) throw new Error(`${person.name} has no passkey`)
  const { body } = await backend.anonymous.request<PasskeyQuestion>({ method: 'POST', path, headers: { cookie } })
  return signWithPasskey(passkey, person.accountId, { ...body, origin: await originOf(backend) })
}

/** As links in mails have it. */
async function originOf(backend: TestBackend): Promise<string> {
  const sent = backend.mailbox.length
  await backend.anonymous.post('/auth/reset', { email: backend.person('member').email })
  const mails = await backend.mailTo(backend.person('member').email, () => backend.mailbox.length > sent)
  return new URL(/https:\/\/\S+/.exec(mails.at(-1)?.text ?? '')?.[0] ?? '').origin
}

/** The token in the newest link of a kind that was sent after `sent` mails. */
async function linkTo(backend: TestBackend, email: string, path: string, sent = 0): Promise<string> {
  const pattern = new RegExp(`${path}([\\w-]{43})`)
  await backend.mailTo(email, () =>
    backend.mailbox.slice(sent).some(({ to, text }) => to === email && pattern.test(text)),
  )
  const mail = backend.mailbox.findLast(({ to, text }) => to === email && pattern.test(text))
  return pattern.exec(mail?.text ?? '')?.[1] ?? ''
}

const deviceOf = ({ headers }: TestReply): string =>
  /__Host-device=[\w-]{43}/.exec(headers['set-cookie'] ?? '')?.[0] ?? ''
const pendingOf = ({ headers }: TestReply): string =>
  /__Host-pending=[\w-]{43}/.exec(headers['set-cookie'] ?? '')?.[0] ?? ''
const both = (...cookies: readonly string[]): string => cookies.filter((cookie) => cookie !== '').join('; ')

async function devices(backend: TestBackend): Promise<number> {
  const { rows } = await backend.database.query('select count(*)::int4 as n from holdfast.known_device')
  return Number(rows[0]?.n)
}
