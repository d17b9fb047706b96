import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, suite, test } from 'node:test'
import { Secret } from '../../kernel/secret.ts'
import { seconds } from '../../kernel/time.ts'
import { isLoopback, mayReach } from './bounded-fetch.ts'
import { createOpenIdClient } from './create-openid-client.ts'
import type { OpenIdClient } from './openid.ts'

const ASKED = { redirectUri: 'https://localhost:1/back', state: 'state', nonce: 'nonce', verifier: 'v'.repeat(43) }
const JSON_TYPE = { 'content-type': 'application/json' }

suite('a provider that means harm, or is ill', () => {
  let server: http.Server
  let issuer = ''
  let answer: (reply: http.ServerResponse) => void = () => undefined
  let asked = 0
  let now = Date.now()

  before(async () => {
    server = http.createServer((_request, reply) => {
      asked++
      answer(reply)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  beforeEach(() => {
    asked = 0
    now = Date.now()
  })

  const client = (): OpenIdClient =>
    createOpenIdClient({
      providers: [{ id: 'ill', label: 'Ill', issuer, clientId: 'notes', clientSecret: new Secret('a-secret-of-ours') }],
      clock: { now: () => now },
      timeout: seconds(0.3),
    })
  const metadata = (over: Readonly<Record<string, unknown>> = {}): object => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    ...over,
  })
  const says = (value: unknown) => (reply: http.ServerResponse) =>
    void reply.writeHead(200, JSON_TYPE).end(typeof value === 'string' ? value : JSON.stringify(value))

  test('is asked where it says what it should', async () => {
    answer = says(metadata())
    assert.match(await client().authorizationUrl('ill', ASKED), /^http:\/\/127\.0\.0\.1:\d+\/authorize\?/)
  })

  for (const [what, over] of [
    ['another issuer', { issuer: 'https://other.test' }],
    ['its issuer with a slash', { issuer: 'slash' }],
    ['an endpoint on plain HTTP elsewhere', { token_endpoint: 'http://198.51.100.7/token' }],
    ['an endpoint with a password in it', { jwks_uri: 'https://me:pass@keys.test/' }],
    ['an endpoint that is none', { authorization_endpoint: 'javascript:alert(1)' }],
    ['no endpoint for its keys', { jwks_uri: undefined }],
    ['that it signs by nothing', { id_token_signing_alg_values_supported: ['none'] }],
    ['that it signs by a shared secret', { id_token_signing_alg_values_supported: ['HS256', 'HS512'] }],
  ] as const)
    test(`is not used when it says ${what}`, async () => {
      answer = (reply) => says(metadata(what.endsWith('slash') ? { issuer: `${issuer}/` } : over))(reply)
      await assert.rejects(client().authorizationUrl('ill', ASKED), { name: 'OpenIdFault', reason: 'provider' })
    })

  for (const [what, ill] of [
    ['never answers', () => undefined],
    ['answers a byte at a time', (reply) => drip(reply)],
    ['answers without end', (reply) => flood(reply)],
    ['answers with more than it may', says(`{"x":"${'x'.repeat(300_000)}"}`)],
    ['hangs up', (reply) => void reply.destroy()],
    ['leads elsewhere', (reply) => void reply.writeHead(302, { location: 'http://169.254.169.254/latest' }).end()],
    ['fails', (reply) => void reply.writeHead(500, JSON_TYPE).end('{}')],
    ['answers with a page', (reply) => void reply.writeHead(200, { 'content-type': 'text/html' }).end('<h1>')],
    ['answers with no JSON', says('{')],
    ['answers with nothing', (reply) => void reply.writeHead(204).end()],
  ] as readonly (readonly [string, (reply: http.ServerResponse) => void])[])
    test(`is given up when it ${what}`, async () => {
      answer = ill
      const begun = performance.now()
      await assert.rejects(client().authorizationUrl('ill', ASKED), { name: 'OpenIdFault' })
      assert.ok(performance.now() - begun < 2_000)
      assert.equal(asked, 1)
    })

  test('is asked once, however many wait, and is then left alone for a moment', async () => {
    answer = (reply) => void reply.writeHead(500).end()
    const one = client()
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => one.authorizationUrl('ill', ASKED)))
    assert.ok(results.every(({ status }) => status === 'rejected'))
    await assert.rejects(one.authorizationUrl('ill', ASKED), { reason: 'unreachable' })
    assert.equal(asked, 1)
    now += 5_001
    answer = says(metadata())
    await one.authorizationUrl('ill', ASKED)
    assert.equal(asked, 2)
  })

  test('has no more than twenty requests under way', async () => {
    answer = says(metadata())
    const one = client()
    await one.authorizationUrl('ill', ASKED)
    asked = 0
    answer = () => undefined
    const came = new URL('https://localhost:1/back?code=x&state=state')
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => one.claims('ill', came, ASKED)))
    assert.ok(results.every((result) => result.status === 'rejected' && result.reason.reason === 'unreachable'))
    assert.equal(asked, 20)
  })
})

suite('addresses of a provider', () => {
  for (const [address, loopback, right] of [
    ['https://id.example/token', false, true],
    ['http://id.example/token', false, false],
    ['http://127.0.0.1:3000/token', false, false],
    ['http://127.0.0.1:3000/token', true, true],
    ['http://localhost/token', true, true],
    ['http://[::1]/token', true, true],
    ['http://127.0.0.1.evil.test/token', true, false],
    ['http://198.51.100.7/token', true, false],
    ['https://me@id.example/token', false, false],
    ['ftp://id.example/token', true, false],
  ] as const)
    test(`${right ? 'may' : 'may not'} be ${address}${loopback ? ' of a provider on this machine' : ''}`, () =>
      assert.equal(mayReach(new URL(address), loopback), right))

  test('of this machine are known', () => {
    assert.deepEqual(['localhost', '127.9.9.9', '[::1]'].map(isLoopback), [true, true, true])
    assert.deepEqual(['127.evil', 'localhost.evil', '[::2]', ''].map(isLoopback), [false, false, false, false])
  })
})

function drip(reply: http.ServerResponse): void {
  reply.writeHead(200, JSON_TYPE)
  const timer = setInterval(() => reply.write(' '), 20)
  reply.on('close', () => clearInterval(timer))
}

function flood(reply: http.ServerResponse): void {
  reply.writeHead(200, JSON_TYPE)
  const chunk = ' '.repeat(65_536)
  const write = (): void => {
    while (!reply.destroyed && reply.write(chunk));
  }
  reply.on('drain', write)
  write()
}
