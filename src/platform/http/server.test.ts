import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { StartRefusal } from '../../kernel/refusal.ts'
import { localCertificate } from '../tls/authority.ts'
import { createHttpServer, type HttpServerOptions, type RefusedRequest } from './server.ts'

/** A server with one route that answers with the client's address, and what it refused. */
async function start(
  options: Partial<HttpServerOptions> = {},
  change: (server: FastifyInstance) => void = () => {},
): Promise<{
  readonly server: FastifyInstance
  readonly port: number
  readonly refused: RefusedRequest[]
}> {
  const refused: RefusedRequest[] = []
  let requests = 0
  const server = createHttpServer({
    requestId: () => `request-${++requests}`,
    trustedProxies: [],
    onRefused: (request) => refused.push(request),
    ...options,
  })
  server.get('/address', (request, reply) => reply.send(request.clientAddress))
  server.post('/', (_request, reply) => reply.send('read'))
  change(server)
  await server.listen({ host: '127.0.0.1', port: 0 })
  return { server, port: (server.server.address() as AddressInfo).port, refused }
}

/** Sends bytes and reads until the connection ends. */
function exchange(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.setTimeout(3_000, () => socket.destroy())
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

const get = (...fields: readonly string[]): string =>
  `GET /address HTTP/1.1\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`

suite('the HTTP server', () => {
  let running: Awaited<ReturnType<typeof start>>
  before(async () => {
    running = await start()
  })
  after(() => running.server.close())

  test('serves a sound request', async () => {
    const text = await exchange(running.port, get('host: localhost', 'connection: close'))
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(text, /\r\n\r\n127\.0\.0\.1$/)
  })

  const MALFORMED: readonly (readonly [what: string, bytes: string | Buffer, status: number, code: string])[] = [
    ['nonsense', 'NONSENSE\r\n\r\n', 400, 'request-malformed'],
    ['bytes', Buffer.from('160301020001fc', 'hex'), 400, 'request-malformed'],
    ['an unknown method', 'BREW / HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'request-malformed'],
    ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'request-malformed'],
    ['a header of 1 MB', get('host: a', `x: ${'a'.repeat(1_000_000)}`), 431, 'headers-too-large'],
    ['101 fields', get('host: a', ...Array.from({ length: 100 }, (_, i) => `x${i}: 1`)), 431, 'headers-too-large'],
    ['a target of 9,000 bytes', `GET /${'a'.repeat(9_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, 414, 'uri-too-long'],
    ['no host', get(), 400, 'request-malformed'],
    ['two hosts', get('host: a', 'host: a'), 400, 'request-malformed'],
    ['two hosts in different letters', get('host: a', 'HOST: b'), 400, 'request-malformed'],
    ['two authorizations', get('host: a', 'authorization: a', 'authorization: b'), 400, 'request-malformed'],
    ['an absolute target', 'GET http://b/address HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'request-malformed'],
    ['a target without a slash', 'GET address HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'request-malformed'],
    ['a fragment', 'GET /address#a HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'request-malformed'],
    ['a backslash', 'GET /a\\b HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'request-malformed'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      400,
      'request-malformed',
    ],
    [
      'the same length twice',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na',
      400,
      'request-malformed',
    ],
    ['a signed length', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +1\r\n\r\na', 400, 'request-malformed'],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'request-malformed',
    ],
    [
      'chunked not last',
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n',
      400,
      'request-malformed',
    ],
    [
      'a misspelt coding',
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n',
      400,
      'request-malformed',
    ],
    ['a blank before the colon', get('host : a'), 400, 'request-malformed'],
    ['a folded field', get('host: a', 'x: 1', ' folded'), 400, 'request-malformed'],
    ['a NUL in a field', get('host: a', 'x: a\0b'), 400, 'request-malformed'],
    ['a bare line feed', 'GET /address HTTP/1.1\nhost: a\n\n', 400, 'request-malformed'],
    ['chunks in HTTP/1.0', 'POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 400, 'request-malformed'],
    [
      'a coding of two',
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      400,
      'request-malformed',
    ],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n', 405, 'method-not-allowed'],
    ['an unknown expectation', get('host: a', 'expect: a-miracle'), 400, 'request-malformed'],
  ]
  for (const [what, bytes, status, code] of MALFORMED) {
    test(`answers ${what} with the problem ${code}, and closes`, async () => {
      const before = running.refused.length
      const text = await exchange(running.port, bytes)
      const [head = '', body = ''] = text.split('\r\n\r\n')
      assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `))
      assert.match(head, /\r\ncontent-type: application\/problem\+json\r\n/)
      assert.match(head, /\r\nx-content-type-options: nosniff\r\n/)
      assert.match(head, /\r\nconnection: close/i)
      const problem = JSON.parse(body) as { readonly code: string; readonly status: number; readonly id: string }
      assert.deepEqual([problem.code, problem.status], [code, status])
      assert.deepEqual(
        running.refused.slice(before).map(({ code: told, requestId, address }) => [told, requestId, address]),
        [[code, problem.id, '127.0.0.1']],
      )
    })
  }

  test('does not take the rest of a refused request for another one', async () => {
    const smuggled = 'GET /address HTTP/1.1\r\nhost: a\r\n\r\n'
    const text = await exchange(
      running.port,
      `POST / HTTP/1.1\r\nhost: a\r\nhost: b\r\ncontent-length: ${smuggled.length}\r\n\r\n${smuggled}${smuggled}`,
    )
    assert.equal(text.match(/HTTP\/1\.1/g)?.length, 1)
  })

  test('says nothing of what it is made of', async () => {
    for (const bytes of ['NONSENSE\r\n\r\n', get('host: a', 'connection: close')]) {
      assert.doesNotMatch(await exchange(running.port, bytes), /fastify|node|HPE_|\r\nserver:|x-powered-by/i)
    }
  })
})

suite('time limits', () => {
  test('end a header that does not arrive, and a body that does not', async () => {
    const { server, port } = await start({ limits: { headersTimeout: 400, requestTimeout: 800 } })
    try {
      const [head, body] = await Promise.all([
        exchange(port, 'GET /address HTTP/1.1\r\nhost: a\r\nx: '),
        exchange(port, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{'),
      ])
      assert.match(head, /^HTTP\/1\.1 408 .*"code":"request-timeout"/s)
      assert.match(body, /^HTTP\/1\.1 (408|400) /)
    } finally {
      await server.close()
    }
  })

  for (const [what, limits] of [
    ['a name that is no limit', { bodyByte: 1 }],
    ['zero', { bodyBytes: 0 }],
    ['a text', { bodyBytes: '1' }],
    ['a fraction', { urlBytes: 1.5 }],
  ] as const) {
    test(`are not started with for ${what}`, () => {
      const options = { requestId: () => '', trustedProxies: [], limits: limits as HttpServerOptions['limits'] }
      assert.throws(() => createHttpServer(options as HttpServerOptions), StartRefusal)
    })
  }
})

suite('a server that stops', () => {
  test('answers what arrives on open connections with a problem', async () => {
    const held = Promise.withResolvers<() => void>()
    const { server, port } = await start({}, (instance) => {
      instance.addHook('preClose', (done) => held.resolve(done))
    })
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const fetch = (): Promise<[number, string]> =>
      new Promise((resolve, reject) => {
        http
          .get({ agent, port, host: '127.0.0.1', path: '/address' }, (reply) => {
            let text = ''
            reply.on('data', (chunk) => {
              text += chunk
            })
            reply.on('end', () => resolve([reply.statusCode ?? 0, text]))
          })
          .on('error', reject)
      })
    assert.equal((await fetch())[0], 200)
    const closed = server.close()
    const finish = await held.promise
    const [status, text] = await fetch()
    finish()
    assert.deepEqual([status, (JSON.parse(text) as { code: string }).code], [503, 'shutting-down'])
    await closed
    agent.destroy()
  })
})

suite('TLS', () => {
  let directory: string
  let running: Awaited<ReturnType<typeof start>>
  let ca: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-tls-'))
    const certificate = await localCertificate(directory)
    ca = certificate.ca
    running = await start({ tls: certificate })
  })
  after(async () => {
    await running.server.close()
    await rm(directory, { recursive: true })
  })

  const handshake = (options: ConnectionOptions): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connectTls(
        { host: '127.0.0.1', port: running.port, servername: 'localhost', ca, ...options },
        () => {
          const { name } = socket.getCipher()
          const group = socket.getEphemeralKeyInfo() as { readonly name?: string }
          resolve(`${socket.getProtocol()} ${name} ${group.name ?? ''}`)
          socket.destroy()
        },
      )
      socket.on('error', reject)
    })

  test('is 1.3 with a hybrid key exchange where the client can', async () => {
    assert.equal(await handshake({}), 'TLSv1.3 TLS_AES_256_GCM_SHA384 X25519MLKEM768')
  })
  test('is 1.2 with authenticated encryption at least', async () => {
    assert.match(await handshake({ maxVersion: 'TLSv1.2' }), /^TLSv1\.2 ECDHE-ECDSA-AES256-GCM-SHA384/)
  })
  for (const [what, options] of [
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['a suite in CBC mode', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }],
    ['no forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
  ] as const) {
    test(`is refused with ${what}`, async () => {
      await assert.rejects(handshake(options))
    })
  }

  test('does not answer plain HTTP with anything of the inside, and goes on serving', async () => {
    assert.equal(await exchange(running.port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'), '')
    assert.match(await handshake({}), /^TLSv1\.3/)
  })

  test("knows the client's address", async () => {
    const reply = await new Promise<string>((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port: running.port, servername: 'localhost', ca }, () =>
        socket.end(get('host: localhost', 'connection: close')),
      )
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('close', () => resolve(text))
      socket.on('error', reject)
    })
    assert.match(reply, /\r\n\r\n127\.0\.0\.1$/)
  })
})

suite('a server behind an edge', () => {
  for (const [who, onlyFrom, answered] of [
    ['the edge', ['127.0.0.1'], true],
    ['its network', ['127.0.0.0/8'], true],
    ['somebody else', ['192.0.2.7'], false],
    ['anybody, where no edge is named', [], false],
  ] as const) {
    test(`${answered ? 'answers' : 'cuts off'} ${who}`, async () => {
      const { server, port } = await start({ onlyFrom })
      const reply = await exchange(port, get('Host: localhost', 'Connection: close'))
      assert.equal(reply.startsWith('HTTP/1.1 200'), answered)
      await server.close()
    })
  }
})
