import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { minutes } from '../kernel/time.ts'
import { defineBackend } from '../platform/declaration/index.ts'
import { type BackendSuite, type TestBackend, type TestMessage, testBackend } from './testing/test-backend.ts'
import type { TestReply } from './testing/test-client.ts'

const PASSWORD = 'lantern gravel ostrich'
const OTHER = 'velvet orbit cactus nine'

suite('what leads through a mailbox', () => {
  let backends: BackendSuite
  before(async () => {
    backends = await testBackend(
      defineBackend({
        name: 'mail-flows',
        title: 'Harbour',
        tables: [],
        permissions: {},
        roles: { member: [] },
        routes: () => {},
      }),
    )
  })
  after(() => backends.close())

  test('an account is made by a link, once, and its address is confirmed by that', async () => {
    await using backend = await backends.fresh()
    const asked = await backend.anonymous.post('/auth/sign-up', { email: 'Ada@Harbour.example' })
    assert.equal(asked.status, 202)
    assert.deepEqual(asked.body, { next: 'mail' })
    const token = await linkTo(backend, 'ada@harbour.example', '/sign-up/')
    const complete = (): Promise<TestReply> =>
      backend.anonymous.post('/auth/sign-up/complete', { token, name: 'Ada', password: PASSWORD })
    const refused = await backend.anonymous.post('/auth/sign-up/complete', {
      token,
      name: 'Ada',
      password: 'too short',
    })
    assert.equal(refused.status, 422)
    const made = await complete()
    assert.equal(made.status, 201)
    const session = await as(backend, made).get<{ emailVerified: boolean; account: { email: string } }>('/auth/session')
    assert.equal(session.body.account.email, 'ada@harbour.example')
    assert.equal(session.body.emailVerified, true)
    assert.equal((await complete()).status, 410)
  })

  test('whoever has an account is told that somebody typed the address, and nobody else learns it', async () => {
    await using backend = await backends.fresh()
    const { email } = backend.person('member')
    const taken = await backend.anonymous.post('/auth/sign-up', { email })
    const free = await backend.anonymous.post('/auth/sign-up', { email: 'free@harbour.example' })
    assert.deepEqual([taken.status, taken.text], [free.status, free.text])
    const [mail] = await backend.mailTo(email)
    assert.match(mail?.subject ?? '', /already have an account/)
    assert.doesNotMatch(mail?.text ?? '', /\/sign-up\//)
  })

  for (const [what, path] of [
    ['a reset', '/auth/reset'],
    ['a link to sign in', '/auth/sign-in-link'],
  ] as const) {
    test(`${what} for an address that nobody has is answered, written and queued like any other, and not sent`, async () => {
      await using backend = await backends.fresh()
      const { email } = backend.person('member')
      const replies = [
        await backend.anonymous.post(path, { email: 'nobody@harbour.example' }),
        await backend.anonymous.post(path, { email }),
      ]
      assert.deepEqual(
        replies.map(({ status, text }) => [status, text]),
        Array(2).fill([202, '{"next":"mail"}']),
      )
      await backend.mailTo(email)
      assert.deepEqual(
        backend.mailbox.map(({ to }) => to),
        [email],
      )
      const { rows } = await backend.database.query(
        'select email, account_id from holdfast.mail_link order by created_at',
      )
      assert.deepEqual(rows, [
        { email: 'nobody@harbour.example', account_id: null },
        { email, account_id: null },
      ])
    })
  }

  test('a reset sets the password, ends every session, voids other links and is told', async () => {
    await using backend = await backends.fresh()
    const member = backend.as('member')
    const { email, password } = backend.person('member')
    assert.equal((await member.get('/auth/session')).status, 200)
    await backend.anonymous.post('/auth/sign-in-link', { email })
    const signInToken = await linkTo(backend, email, '/sign-in/link/')
    await backend.anonymous.post('/auth/reset', { email })
    const token = await linkTo(backend, email, '/reset/')
    const { rows } = await backend.database.query('select token_hash from holdfast.mail_link')
    assert.ok(
      rows.some(({ token_hash }) =>
        Buffer.from(token_hash as Buffer).equals(createHash('sha256').update(token).digest()),
      ),
    )

    const done = await backend.anonymous.post<{ next: string }>('/auth/reset/complete', { token, password: OTHER })
    assert.equal(done.status, 200)
    assert.equal(done.body.next, 'done')
    assert.equal((await as(backend, done).get('/auth/session')).status, 200)
    assert.equal((await member.get('/auth/session')).status, 401)
    assert.equal((await backend.anonymous.post('/auth/sign-in', { email, password })).status, 401)
    assert.equal((await backend.anonymous.post('/auth/sign-in', { email, password: OTHER })).status, 200)
    assert.equal((await backend.anonymous.post('/auth/reset/complete', { token, password: OTHER })).status, 410)
    assert.equal((await backend.anonymous.post('/auth/sign-in-link/complete', { token: signInToken })).status, 410)
    const mails = await backend.mailTo(email, (all) => all.some(({ text }) => /was reset/.test(text)))
    assert.match(mails.at(-1)?.text ?? '', /It happened on .* UTC, from 127\.0\.0\.1/)
  })

  for (const [what, ask, path, complete, body] of [
    ['a link to sign in', '/auth/sign-in-link', '/sign-in/link/', '/auth/sign-in-link/complete', {}],
    ['a reset', '/auth/reset', '/reset/', '/auth/reset/complete', { password: OTHER }],
  ] as const)
    test(`${what} that a stranger asks for voids none of the last two, and using one voids all`, async () => {
      await using backend = await backends.fresh()
      const { email } = backend.person('member')
      const tokens: string[] = []
      for (let n = 0; n < 4; n++) {
        const had = tokens.length
        await backend.anonymous.post(ask, { email })
        const all = (): string[] =>
          backend.mailbox.flatMap(({ to, text }) =>
            to === email
              ? [...text.matchAll(new RegExp(`${path}([\\w-]{43})`, 'g'))].map(([, token]) => token ?? '')
              : [],
          )
        await backend.mailTo(email, () => all().length > had)
        tokens.push(...all().slice(had))
      }
      const use = (token: string | undefined) => backend.anonymous.post(complete, { token, ...body })
      assert.equal((await use(tokens[0])).status, 410)
      assert.equal((await use(tokens[1])).status, 200)
      for (const token of tokens) assert.equal((await use(token)).status, 410)
    })

  test('neither a reset nor a link to sign in leads past a second factor', async () => {
    await using backend = await backends.fresh()
    const { email } = backend.person('admin')
    for (const [ask, path, complete, body] of [
      ['/auth/reset', '/reset/', '/auth/reset/complete', { password: 'eleven chr' }],
      ['/auth/sign-in-link', '/sign-in/link/', '/auth/sign-in-link/complete', {}],
    ] as const) {
      await backend.anonymous.post(ask, { email })
      const token = await linkTo(backend, email, path)
      const reply = await backend.anonymous.post<{ next: string }>(complete, { token, ...body })
      assert.equal(reply.status, 200, reply.text)
      assert.equal(reply.body.next, 'second-factor')
      assert.doesNotMatch(reply.headers['set-cookie'] ?? '', /__Host-session=/)
    }
  })

  test('a link is good for what it was sent for, for its time, and for its account', async () => {
    await using backend = await backends.fresh()
    const { email } = backend.person('member')
    await backend.anonymous.post('/auth/reset', { email })
    const token = await linkTo(backend, email, '/reset/')
    for (const path of ['/auth/sign-in-link/complete', '/auth/verify'])
      assert.equal((await backend.anonymous.post(path, { token })).status, 410, path)
    const altered = `${token.slice(0, -2)}${token.endsWith('A') ? 'BB' : 'AA'}`
    assert.equal(
      (await backend.anonymous.post('/auth/reset/complete', { token: altered, password: OTHER })).status,
      410,
    )
    await backend.clock.advance(minutes(61))
    assert.equal((await backend.anonymous.post('/auth/reset/complete', { token, password: OTHER })).status, 410)
  })

  test('an address changes when the new mailbox is shown, and the old one is told before and after', async () => {
    await using backend = await backends.fresh()
    const { email } = backend.person('member')
    const member = backend.as('member')
    const asked = await member.post('/auth/email', { email: 'New@harbour.example' })
    assert.equal(asked.status, 202, asked.text)
    const token = await linkTo(backend, 'new@harbour.example', '/account/email/')
    const stranger = backend.as('member', { number: 2 })
    assert.equal((await stranger.post('/auth/email/complete', { token })).status, 410)
    const done = await member.post('/auth/email/complete', { token })
    assert.equal(done.status, 204, done.text)
    const session = await as(backend, done).get<{ account: { email: string } }>('/auth/session')
    assert.equal(session.body.account.email, 'new@harbour.example')
    const told = await backend.mailTo(email, (mails) => mails.length >= 2)
    assert.deepEqual(
      told.map(({ text }) => /asked for|was changed/.exec(text)?.[0]),
      ['asked for', 'was changed'],
    )
  })

  test('asking for an address that somebody has is answered like any other, and changes nothing', async () => {
    await using backend = await backends.fresh()
    const other = backend.person('member', { number: 2 })
    const member = backend.as('member')
    const replies = [
      await member.post('/auth/email', { email: other.email }),
      await member.post('/auth/email', { email: 'free@harbour.example' }),
    ]
    assert.deepEqual([replies[0]?.status, replies[0]?.text], [replies[1]?.status, replies[1]?.text])
    const [mail] = await backend.mailTo(other.email)
    assert.doesNotMatch(mail?.text ?? '', /\/account\/email\//)
  })

  test('an administrator has a reset sent to its owner, and sets nothing', async () => {
    await using backend = await backends.fresh()
    const { accountId, email, password } = backend.person('member')
    const reply = await backend.as('admin').post(`/admin/users/${accountId}/password-reset`)
    assert.equal(reply.status, 204, reply.text)
    assert.equal(reply.text, '')
    assert.equal((await backend.anonymous.post('/auth/sign-in', { email, password })).status, 200)
    const token = await linkTo(backend, email, '/reset/')
    assert.equal((await backend.anonymous.post('/auth/reset/complete', { token, password: OTHER })).status, 200)
    const owner = backend.person('owner')
    assert.equal((await backend.as('admin').post(`/admin/users/${owner.accountId}/password-reset`)).status, 403)
  })

  test('the address of who came by another way is confirmed by a link', async () => {
    await using backend = await backends.fresh()
    const member = backend.as('member')
    const { email } = backend.person('member')
    assert.match((await member.get('/account')).text, /not confirmed yet/)
    assert.equal((await member.post('/auth/verify/send')).status, 202)
    const token = await linkTo(backend, email, '/verify/')
    assert.match((await backend.anonymous.get(`/verify/${token}`)).text, /Confirm my address/)
    assert.equal((await backend.anonymous.post('/auth/verify', { token })).status, 204)
    assert.doesNotMatch((await member.get('/account')).text, /not confirmed yet/)
  })

  test('the pages lead the same way, and looking at a link does not use it up', async () => {
    await using backend = await backends.fresh()
    const { anonymous } = backend
    const asked = await anonymous.post('/sign-up', new URLSearchParams({ email: 'ada@harbour.example' }))
    assert.equal(asked.headers.location, '/look-into-your-mail?for=sign-up')
    assert.match((await anonymous.get(asked.headers.location ?? '')).text, /Look into your mail/)
    const token = await linkTo(backend, 'ada@harbour.example', '/sign-up/')
    for (let look = 0; look < 2; look++)
      assert.match((await anonymous.get(`/sign-up/${token}`)).text, /For ada@harbour\.example/)
    const form = new URLSearchParams({ name: 'Ada', password: PASSWORD })
    const made = await anonymous.post(`/sign-up/${token}`, form)
    assert.deepEqual([made.status, made.headers.location], [303, '/'])
    const again = await anonymous.get(`/sign-up/${token}`)
    assert.equal(again.status, 410)
    assert.match(again.text, /This link is not valid/)
  })

  test('an invitation goes along to the account that is made', async () => {
    await using backend = await backends.fresh()
    const owner = backend.person('owner')
    await backend.database.query('update holdfast.tenant_member set manages = true where account_id = $1', [
      owner.accountId,
    ])
    const invited = await backend.as('owner').post<{ token: string }>('/tenant/invitations')
    const { token: invitation } = invited.body
    const wrong = await backend.anonymous.post('/auth/sign-up', {
      email: 'ada@harbour.example',
      invitation: 'A'.repeat(43),
    })
    assert.equal(wrong.status, 410)
    await backend.anonymous.post('/auth/sign-up', { email: 'ada@harbour.example', invitation })
    const token = await linkTo(backend, 'ada@harbour.example', '/sign-up/')
    const made = await backend.anonymous.post('/auth/sign-up/complete', { token, name: 'Ada', password: PASSWORD })
    const session = await as(backend, made).get<{ tenantId: string }>('/auth/session')
    assert.equal(session.body.tenantId, owner.tenantId)
  })
})

/** The token of the latest link to a path that was sent to an address. */
async function linkTo(backend: TestBackend, email: string, path: string): Promise<string> {
  const found = (mails: readonly TestMessage[]): string | undefined =>
    mails.map(({ text }) => text.split(path)[1]?.slice(0, 43)).findLast((token) => token !== undefined)
  const token = found(await backend.mailTo(email, (mails) => found(mails) !== undefined))
  return token ?? assert.fail('no link came')
}

/** Whoever a reply has signed in. */
function as(backend: TestBackend, reply: TestReply): { get<T>(path: string): Promise<TestReply<T>> } {
  const cookie =
    /__Host-session=[^;,]+/.exec(reply.headers['set-cookie'] ?? '')?.[0] ?? assert.fail('no session was given')
  return { get: (path) => backend.anonymous.request({ path, headers: { cookie } }) }
}
