import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { createClient, ProblemError } from '../src/client.ts'
import { defineBackend } from '../src/index.ts'
import { type BackendSuite, type TestBackend, testBackend } from '../src/testing.ts'

const PASSWORD = 'lantern gravel ostrich'

suite('the client for browsers', () => {
  let backends: BackendSuite
  before(async () => {
    backends = await testBackend(
      defineBackend({
        name: 'client',
        title: 'Client',
        tables: [],
        permissions: {},
        roles: { member: [] },
        routes: () => {},
      }),
    )
  })
  after(() => backends.close())

  test('leads from an address to a session, and out again', async () => {
    await using backend = await backends.fresh()
    const client = createClient({ fetch: browserOf(backend) })
    await client.signUp('ada@client.example')
    const [mail] = await backend.mailTo('ada@client.example')
    const token = /\/sign-up\/([\w-]{43})/.exec(mail?.text ?? '')?.[1] ?? ''
    const made = await client.completeSignUp({ token, name: 'Ada', password: PASSWORD })
    assert.equal(made.next, 'done')

    const session = await client.session()
    assert.equal(session.account.email, 'ada@client.example')
    assert.deepEqual(
      (await client.sessions()).map(({ current }) => current),
      [true],
    )
    assert.deepEqual(
      (await client.tenants()).map(({ current }) => current),
      [true],
    )
    assert.deepEqual(
      (await client.members()).map(({ name }) => name),
      ['Ada'],
    )
    assert.deepEqual(await client.passkeys(), [])
    assert.equal((await client.factors()).totp, false)

    await client.signOut()
    await assert.rejects(client.session(), { code: 'authentication-required' })
    const again = await client.signIn('ada@client.example', PASSWORD)
    assert.equal(again.next, 'done')
  })

  test('throws what the server refuses, with its code and what was wrong', async () => {
    await using backend = await backends.fresh()
    const client = createClient({ fetch: browserOf(backend) })
    await assert.rejects(client.signIn('ada@client.example', PASSWORD), (error: unknown) => {
      assert.ok(error instanceof ProblemError)
      assert.deepEqual([error.code, error.problem.status, error.retryAfter], ['credentials-wrong', 401, null])
      assert.match(error.problem.id, /^[0-9a-f-]{36}$/)
      return true
    })
    await assert.rejects(client.signUp('no address'), (error: unknown) => {
      assert.ok(error instanceof ProblemError)
      assert.deepEqual(
        error.problem.fields?.map(({ at }) => at),
        ['body/email'],
      )
      return true
    })
  })

  for (const [what, reply, seconds] of [
    ['a page of a proxy', new Response('<h1>Bad gateway</h1>', { status: 502 }), null],
    [
      'half a problem',
      new Response('{"code"', {
        status: 503,
        headers: { 'content-type': 'application/problem+json', 'retry-after': '7' },
      }),
      7,
    ],
    [
      'a problem without a code',
      Response.json({}, { status: 500, headers: { 'content-type': 'application/problem+json' } }),
      null,
    ],
  ] as const) {
    test(`calls ${what} unexpected`, async () => {
      const client = createClient({ fetch: async () => reply })
      await assert.rejects(client.session(), (error: unknown) => {
        assert.ok(error instanceof ProblemError)
        assert.deepEqual([error.code, error.retryAfter], ['unexpected', seconds])
        return true
      })
    })
  }

  test('sends of an authenticator’s answer what the backend takes', async () => {
    const sent: unknown[] = []
    const client = createClient({
      fetch: async (_url, init) => {
        if (typeof init?.body === 'string') sent.push(JSON.parse(init.body))
        return Response.json({ next: 'done' })
      },
      passkeys: {
        prove: async () => ({ id: 'a', response: { clientDataJSON: 'b', authenticatorData: 'c', signature: 'd' } }),
        make: async () => ({ id: 'a', response: { clientDataJSON: 'b', attestationObject: 'c' } }),
      },
    })
    await client.signInByPasskey()
    await client.addPasskey('Phone')
    assert.deepEqual(sent, [
      { id: 'a', response: { clientDataJSON: 'b', authenticatorData: 'c', signature: 'd' } },
      { name: 'Phone', credential: { id: 'a', response: { clientDataJSON: 'b', attestationObject: 'c' } } },
    ])
  })
})

/** `fetch` of a browser on the backend's own page: it keeps cookies and sends them again. */
function browserOf(backend: TestBackend): typeof fetch {
  const jar = new Map<string, string>()
  return async (url, init) => {
    const reply = await backend.anonymous.request({
      method: (init?.method ?? 'GET') as 'GET',
      path: String(url),
      headers: {
        ...(init?.headers as Record<string, string>),
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
      },
      body: init?.body ?? undefined,
    })
    for (const [, name = '', value = ''] of (reply.headers['set-cookie'] ?? '').matchAll(/(__Host-[a-z]+)=([^;,]*)/g))
      jar.set(name, value)
    return new Response(reply.status === 204 ? null : reply.text, { status: reply.status, headers: reply.headers })
  }
}
