import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { systemClock } from '../kernel/time.ts'
import type { NetworkVantage } from '../kernel/vantage.ts'
import { localCertificate } from '../platform/tls/authority.ts'
import { MEMBERS } from './fakes.fixture.ts'
import { openNetwork, readSetToken } from './network.ts'

const [ada] = MEMBERS
if (ada === undefined) throw new Error('the fixtures have members')

suite('the network vantage', () => {
  let directory: string
  let server: Server
  let origin: string
  let network: NetworkVantage & { close(): void }
  let ca: string
  /** Tokens that the server gave out and still knows. */
  const alive = new Set<string>()
  let signIns = 0
  /** Sign-ins that are turned away first. */
  let overloaded = 0

  const answer = (incoming: IncomingMessage, body: string, outgoing: ServerResponse): void => {
    const token = /__Host-session=([^;]*)/.exec(incoming.headers.cookie ?? '')?.[1]
    if (incoming.url === '/auth/sign-in') {
      signIns++
      if (overloaded-- > 0) return void outgoing.writeHead(503, PROBLEM).end('{"code":"overloaded"}')
      const given = `t${signIns}`
      alive.add(given)
      const right =
        (JSON.parse(body) as { password: string }).password === ada.password && incoming.headers.origin === origin
      if (!right) return void outgoing.writeHead(401, PROBLEM).end('{"code":"credentials-wrong"}')
      return void outgoing
        .writeHead(204, { 'set-cookie': [`theme=dark`, `__Host-session=${given}; Path=/; Secure; HttpOnly`] })
        .end()
    }
    if (incoming.url === '/mine' && !alive.has(token ?? '')) {
      return void outgoing.writeHead(401, PROBLEM).end('{"code":"authentication-required"}')
    }
    if (incoming.url === '/silent') return
    if (incoming.url === '/endless') {
      outgoing.writeHead(200)
      return void outgoing.write('so far')
    }
    outgoing.setHeader('vary', ['a', 'b'])
    const from = incoming.socket.remoteAddress
    outgoing.end(JSON.stringify({ method: incoming.method, headers: incoming.headers, body, from }))
  }

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'network-test-'))
    const certificate = await localCertificate(directory, systemClock)
    ca = certificate.ca
    server = createServer({ key: certificate.key, cert: certificate.cert }, (incoming, outgoing) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => answer(incoming, Buffer.concat(chunks).toString(), outgoing))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `https://localhost:${(server.address() as AddressInfo).port}`
    network = openNetwork({ origins: [origin, origin], ca })
  })

  test('sends from another address of this machine where one is asked for', async () => {
    // Other systems have one loopback address, and say so.
    if (process.platform !== 'linux')
      return assert.rejects(network.request({ path: '/', from: '127.9.8.7' }), { name: 'Unproved' })
    for (const from of ['127.9.8.7', '127.9.8.8']) {
      const reply = await network.request({ path: '/', from })
      assert.equal((reply.json() as { from: string }).from, from)
    }
    const bytes = await network.raw('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', { from: '127.9.8.9' })
    assert.match(bytes.toString(), /"from":"127\.9\.8\.9"/)
  })

  test('does not take an address that this machine lacks for an answer', async () => {
    await assert.rejects(network.request({ path: '/', from: '192.0.2.1' }), { name: 'Unproved' })
  })

  after(async () => {
    network.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(directory, { recursive: true })
  })

  const echo = async (
    request: Parameters<NetworkVantage['request']>[0],
  ): Promise<{ method: string; headers: Record<string, string>; body: string }> =>
    (await network.request(request)).json() as { method: string; headers: Record<string, string>; body: string }

  test('reads status, joined headers, body and no cookie where none is set', async () => {
    const reply = await network.request({ path: '/' })
    assert.equal(reply.status, 200)
    assert.equal(reply.headers.vary, 'a, b')
    assert.equal(reply.setToken, undefined)
  })

  test('signs in once for several requests at once, and sends the cookie', async () => {
    signIns = 0
    const replies = await Promise.all([1, 2, 3].map(() => echo({ path: '/mine', as: ada })))
    assert.equal(signIns, 1)
    assert.deepEqual([...new Set(replies.map((reply) => reply.headers.cookie))], ['__Host-session=t1'])
  })

  test('makes a new session when the kept one has died', async () => {
    alive.clear()
    signIns = 10
    assert.equal((await network.request({ path: '/mine', as: ada })).status, 200)
    assert.equal(signIns, 11)
  })

  test('takes a 401 as the answer when a token was given', async () => {
    assert.equal((await network.request({ path: '/mine', token: 'stolen' })).status, 401)
  })

  test('makes fresh sessions on demand, and says who could not sign in', async () => {
    assert.notEqual(await network.signIn(ada), await network.signIn(ada))
    await assert.rejects(network.signIn({ ...ada, password: 'wrong' }), {
      name: 'Unproved',
      message: 'member-a1 could not sign in: 401 credentials-wrong',
    })
  })

  test('tries again to sign in while the server is overloaded, and gives up at last', async () => {
    overloaded = 2
    assert.ok(await network.signIn(ada))
    overloaded = 10
    await assert.rejects(network.signIn(ada), { message: 'member-a1 could not sign in: 503 overloaded' })
    overloaded = 0
  })

  test('sends its own origin with unsafe methods of somebody signed in, unless told otherwise', async () => {
    const originOf = async (request: Parameters<typeof echo>[0]): Promise<unknown> =>
      (await echo(request)).headers.origin
    assert.equal(await originOf({ path: '/', token: 't', method: 'POST' }), origin)
    assert.equal(await originOf({ path: '/', token: 't' }), undefined)
    assert.equal(await originOf({ path: '/', method: 'POST' }), undefined)
    assert.equal(
      await originOf({ path: '/', token: 't', method: 'POST', headers: { Origin: 'https://evil.test' } }),
      'https://evil.test',
    )
    assert.equal(await originOf({ path: '/', token: 't', method: 'POST', headers: { origin: '' } }), undefined)
    assert.equal(await originOf({ path: '/', token: 't', method: 'POST', headers: { origin: [] } }), undefined)
  })

  test('sends objects as JSON, text and bytes as they are', async () => {
    const object = await echo({ method: 'POST', path: '/', body: { a: 1 } })
    assert.deepEqual([object.body, object.headers['content-type']], ['{"a":1}', 'application/json'])
    const other = await echo({ method: 'POST', path: '/', body: { a: 1 }, headers: { 'content-type': 'text/plain' } })
    assert.equal(other.headers['content-type'], 'text/plain')
    const text = await echo({ method: 'DELETE', path: '/', body: '{"a":' })
    assert.deepEqual(
      [text.body, text.headers['content-type'], text.headers['content-length']],
      ['{"a":', undefined, '5'],
    )
    assert.equal((await echo({ method: 'POST', path: '/', body: Buffer.from('ä') })).body, 'ä')
  })

  for (const path of ['/silent', '/endless']) {
    test(`throws when ${path} does not end within the time`, async () => {
      await assert.rejects(network.request({ path, timeout: 50 }))
    })
  }

  test('believes no other authority', async () => {
    const strict = openNetwork({ origins: [origin, origin], ca: '' })
    await assert.rejects(strict.request({ path: '/' }), /certificate|self-signed/)
    strict.close()
  })

  test('sends raw bytes and returns what comes back until the end', async () => {
    const reply = await network.raw('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
    assert.match(reply.toString(), /^HTTP\/1\.1 200 OK\r\n/)
    const broken = await network.raw('NONSENSE\r\n\r\n')
    assert.match(broken.toString(), /^HTTP\/1\.1 400 /)
  })

  test('returns what came of a raw conversation that does not end', async () => {
    const reply = await network.raw('GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n', { timeout: 200 })
    assert.match(reply.toString(), /so far/)
  })
})

suite('the session cookie of a reply', () => {
  const cases: readonly (readonly [fields: readonly string[], token: string | undefined])[] = [
    [[], undefined],
    [['other=1'], undefined],
    [['x__Host-session=1'], undefined],
    [['__Host-session=abc; Path=/; Secure'], 'abc'],
    [['other=1', '__Host-session=abc'], 'abc'],
    [['__Host-session=; Max-Age=0'], ''],
    [['__Host-session=left; Max-Age=0; Path=/'], ''],
  ]
  for (const [fields, token] of cases) {
    test(`is ${token === undefined ? 'untouched' : `"${token}"`} for ${JSON.stringify(fields)}`, () => {
      assert.equal(readSetToken(fields), token)
    })
  }
})

const PROBLEM = { 'content-type': 'application/problem+json' }
