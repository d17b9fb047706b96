import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { hours } from '../kernel/time.ts'
import { defineBackend } from '../platform/declaration/index.ts'
import { type BackendSuite, type TestBackend, testBackend } from './testing/test-backend.ts'
import type { TestReply } from './testing/test-client.ts'

const definition = defineBackend({ name: 'outgrown', tables: [], permissions: {}, roles: { member: [] }, routes() {} })
const SHORT = 'gravel7x'
const LONG = 'lantern gravel seven'

suite('a password that was chosen beside a second factor', () => {
  let backends: BackendSuite
  before(async () => {
    backends = await testBackend(definition)
  })
  after(() => backends.close())

  /** A member with a passkey and this password. */
  async function withFactor(
    backend: TestBackend,
    standsAlone: boolean,
  ): Promise<{ readonly email: string; readonly password: string }> {
    const { accountId, email, password } = backend.person('member')
    await backend.database.query(
      `insert into holdfast.passkey (id, account_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
       values (gen_random_uuid(), $1, decode(repeat('01', 16), 'hex'), decode(repeat('02', 77), 'hex'), 0, '{}', false, 'Phone', now())`,
      [accountId],
    )
    await backend.database.query('update holdfast.password set stands_alone = $2 where account_id = $1', [
      accountId,
      standsAlone,
    ])
    return { email, password }
  }
  const withoutFactor = (backend: TestBackend) =>
    backend.database.query('delete from holdfast.passkey where account_id = $1', [backend.person('member').accountId])
  const said = (reply: TestReply) =>
    reply.body as { readonly code?: string; readonly detail?: string; readonly next?: string }
  const tokenIn = (text: string): string => /\/reset\/([\w-]{43})/.exec(text)?.[1] ?? ''

  test('opens nothing once the factor is gone; a link to choose another is mailed, and it is an event', async () => {
    await using backend = await backends.fresh()
    const person = await withFactor(backend, false)
    assert.equal(said(await backend.anonymous.post('/auth/sign-in', person)).next, 'second-factor')
    await withoutFactor(backend)

    const refused = await backend.anonymous.post('/auth/sign-in', person)
    assert.deepEqual([refused.status, said(refused).code], [403, 'password-change-required'])
    assert.match(said(refused).detail ?? '', /was long enough beside a second factor/)
    assert.ok(!(refused.headers['set-cookie'] ?? '').includes('__Host-session='))
    const [mail] = await backend.mailTo(person.email)
    assert.match(mail?.text.replaceAll('\n', ' ') ?? '', /long enough beside a second factor/)
    const events = await backend.events((all) => all.some(({ name }) => name === 'authn_password_outgrown'))
    const event = events.find(({ name }) => name === 'authn_password_outgrown')
    assert.deepEqual([event?.result, event?.accountId], ['failure', backend.person('member').accountId])

    const token = tokenIn(mail?.text ?? '')
    const short = await backend.anonymous.post('/auth/reset/complete', { token, password: SHORT })
    assert.equal(said(short).code, 'password-refused')
    assert.equal((await backend.anonymous.post('/auth/reset/complete', { token, password: LONG })).status, 200)
    assert.equal((await backend.anonymous.post('/auth/sign-in', { email: person.email, password: LONG })).status, 200)
  })

  test('goes on where it is long enough alone', async () => {
    await using backend = await backends.fresh()
    const person = await withFactor(backend, true)
    await withoutFactor(backend)
    assert.equal((await backend.anonymous.post('/auth/sign-in', person)).status, 200)
    assert.deepEqual(backend.mailbox, [])
  })

  test('says so on the page, and keeps what was typed of the address', async () => {
    await using backend = await backends.fresh()
    const { email, password } = await withFactor(backend, false)
    await withoutFactor(backend)
    const page = await backend.anonymous.request({
      method: 'POST',
      path: '/sign-in',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
      body: new URLSearchParams({ email, password }).toString(),
    })
    assert.equal(page.status, 403)
    assert.match(page.text, /We have sent you a mail with a link to choose a longer one/)
    assert.ok(page.text.includes(email) && !page.text.includes(password))
  })

  test('is judged at the sign-in with which a reset of all factors takes effect', async () => {
    await using backend = await backends.fresh()
    const person = await withFactor(backend, false)
    const { accountId } = backend.person('member')
    const started = await backend.as('owner').post(`/admin/users/${accountId}/factor-reset`)
    assert.ok(started.status < 300, started.text)
    await backend.clock.advance(hours(30))
    const refused = await backend.anonymous.post('/auth/sign-in', person)
    assert.deepEqual([refused.status, said(refused).code], [403, 'password-change-required'])
    const { rows } = await backend.database.query('select from holdfast.passkey where account_id = $1', [accountId])
    assert.equal(rows.length, 0, 'the reset is carried out although the sign-in is refused')
  })

  test('does not confirm who is signed in, who changes it first', async () => {
    await using backend = await backends.fresh()
    const { password } = await withFactor(backend, false)
    await withoutFactor(backend)
    const member = backend.as('member')
    assert.equal(said(await member.post('/auth/step-up', { password })).code, 'password-change-required')
    assert.equal(
      said(await member.post('/auth/password', { current: password, password: SHORT })).code,
      'password-refused',
    )
    assert.equal((await member.post('/auth/password', { current: password, password: LONG })).status, 204)
    const { rows } = await backend.database.query('select stands_alone from holdfast.password where account_id = $1', [
      backend.person('member').accountId,
    ])
    assert.deepEqual(rows, [{ stands_alone: true }])
  })
})
