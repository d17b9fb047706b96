import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { SecurityEvent } from '../../../kernel/event.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { RouteDefinition } from '../../../platform/declaration/definition.ts'
import { html } from '../../../platform/html/html.ts'
import { createHttpServer } from '../../../platform/http/server.ts'
import { createLog } from '../../../platform/log/log.ts'
import { createErrorHandling, type ErrorHandling } from './control.ts'

interface Outcome {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly lines: readonly Record<string, unknown>[]
  readonly events: readonly SecurityEvent[]
  readonly unrecoverable: readonly unknown[]
}

/** Serves what `routes` adds, sends one request, and stops. */
async function call(
  routes: (server: FastifyInstance) => void,
  { path = '/', ...init }: RequestInit & { readonly path?: string } = {},
  change: (errors: ErrorHandling) => ErrorHandling = (errors) => errors,
): Promise<Outcome> {
  const lines: Record<string, unknown>[] = []
  const events: SecurityEvent[] = []
  const unrecoverable: unknown[] = []
  const errors = change(
    createErrorHandling({
      hsts: false,
      log: createLog({ name: 'test', destination: { write: (line) => void lines.push(JSON.parse(line)) } }),
      report: (event) => events.push(event),
      renderPage: ({ code, id, detail }, nonce) => html`<p id="${nonce}">${code} ${id} ${detail}</p>`,
      onUnrecoverable: (error) => unrecoverable.push(error),
    }),
  )
  const server = createHttpServer({
    requestId: () => 'the-id',
    trustedProxies: [],
    onRefused: (refused) => errors.refused(refused),
  })
  errors.install(server)
  routes(server)
  await server.listen({ host: '127.0.0.1', port: 0 })
  try {
    const { port } = server.server.address() as AddressInfo
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, init)
    return { status: reply.status, headers: reply.headers, text: await reply.text(), lines, events, unrecoverable }
  } finally {
    await server.close()
  }
}

const throwing = (error: unknown) => (server: FastifyInstance) => {
  server.get('/', async () => {
    throw error
  })
}

suite('what is thrown', () => {
  test('as a refusal is told as it is, and its cause is logged under the id', async () => {
    const refusal = new Refusal('conflict', 'it was changed meanwhile', {
      cause: new Error('the inside'),
      headers: { 'x-hint': '1' },
      retryAfterSeconds: 1.2,
    })
    const { status, headers, text, lines } = await call(throwing(refusal))
    assert.equal(status, 409)
    assert.deepEqual(JSON.parse(text), {
      type: 'urn:holdfast:problem:conflict',
      title: 'The change conflicts with what stands',
      status: 409,
      code: 'conflict',
      detail: 'it was changed meanwhile',
      id: 'the-id',
    })
    assert.deepEqual(
      ['content-type', 'x-hint', 'retry-after', 'cache-control'].map((name) => headers.get(name)),
      ['application/problem+json', '1', '2', 'no-store'],
    )
    assert.equal(lines.length, 1)
    assert.deepEqual([lines[0]?.id, lines[0]?.code], ['the-id', 'conflict'])
    assert.match(JSON.stringify(lines[0]?.cause), /the inside/)
  })

  for (const [what, error] of [
    ['an error', new Error('the inside')],
    [
      'an error that claims a status',
      Object.assign(new Error('the inside'), { statusCode: 418, headers: { 'x-inside': '1' } }),
    ],
    ['a database error', Object.assign(new Error('relation "inside" does not exist'), { code: '42P01' })],
    ['an error that poses as the framework', Object.assign(new Error('the inside'), { code: 'FST_ERR_INSIDE' })],
    ['a text', 'the inside'],
    ['nothing', undefined],
    ['an object', { message: 'the inside', validation: 'inside' }],
  ] as const) {
    test(`as ${what} is unexpected, and tells nothing`, async () => {
      const { status, headers, text, lines, events } = await call(throwing(error))
      assert.equal(status, 500)
      assert.doesNotMatch(`${text} ${JSON.stringify([...headers])}`, /inside/)
      assert.equal((JSON.parse(text) as { code: string }).code, 'unexpected')
      assert.deepEqual(
        lines.map(({ level, id }) => [level, id]),
        [['error', 'the-id']],
      )
      assert.deepEqual(
        events.map(({ name, requestId }) => [name, requestId]),
        [['sys_error', 'the-id']],
      )
    })
  }

  test('without a session names the scheme that a 401 must name', async () => {
    for (const code of ['authentication-required', 'credentials-wrong'] as const) {
      const { status, headers } = await call(throwing(new Refusal(code)))
      assert.deepEqual([status, headers.get('www-authenticate')], [401, 'HoldfastSession'])
    }
  })

  test('while overloaded says when to come back', async () => {
    const { status, headers } = await call(throwing(new Refusal('overloaded')))
    assert.deepEqual([status, headers.get('retry-after')], [503, '5'])
  })

  test('as an error of the runtime itself is passed on, after it was answered', async () => {
    const error = Object.assign(new Error('x'), { code: 'ERR_INTERNAL_ASSERTION' })
    const { status, unrecoverable } = await call(throwing(error))
    assert.deepEqual([status, unrecoverable], [500, [error]])
    assert.deepEqual((await call(throwing(new Error('ordinary')))).unrecoverable, [])
  })

  test('keeps the fields that other controls have set, and leaves those about the body', async () => {
    const { headers } = await call((server) => {
      server.get('/', async (_request, reply) => {
        reply.header('set-cookie', 'a=1').header('content-type', 'text/html').header('content-length', '99')
        throw new Refusal('conflict')
      })
    })
    assert.deepEqual([headers.get('set-cookie'), headers.get('content-type')], ['a=1', 'application/problem+json'])
  })
})

suite('what leads nowhere', () => {
  const routes = (server: FastifyInstance): void => {
    server.get('/notes/:id', async () => 'x')
    server.put('/notes/:id', async () => 'x')
    server.post('/notes', async () => 'x')
  }
  for (const [method, path, status, code, allow] of [
    ['GET', '/nothing', 404, 'not-found', null],
    ['GET', '/notes/1/', 404, 'not-found', null],
    ['GET', '/Notes/1', 404, 'not-found', null],
    ['DELETE', '/notes/1', 405, 'method-not-allowed', 'GET, HEAD, PUT'],
    ['GET', '/notes?x=1', 405, 'method-not-allowed', 'POST'],
    ['OPTIONS', '/notes', 405, 'method-not-allowed', 'POST'],
    ['GET', '/%zz', 400, 'request-malformed', null],
    ['GET', `/notes/${'a'.repeat(300)}`, 414, 'uri-too-long', null],
  ] as const) {
    test(`${method} ${path.slice(0, 20)} is ${code}`, async () => {
      const outcome = await call(routes, { method, path })
      assert.deepEqual(
        [outcome.status, (JSON.parse(outcome.text) as { code: string }).code, outcome.headers.get('allow')],
        [status, code, allow],
      )
      assert.equal(outcome.lines[0]?.id, 'the-id')
      assert.equal(outcome.lines[0]?.address, '127.0.0.1')
      assert.doesNotMatch(JSON.stringify(outcome.lines), /%zz|aaaa/, 'targets may hold tokens')
    })
  }
})

suite('a browser', () => {
  test('gets a page with the same code and id, whose policy has its nonce', async () => {
    const { status, headers, text } = await call(throwing(new Refusal('conflict', '<b>')), {
      headers: { accept: 'text/html' },
    })
    assert.equal(status, 409)
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
    const [, nonce = 'none'] = /<p id="([^"]+)">conflict the-id &lt;b&gt;<\/p>/.exec(text) ?? []
    assert.ok(headers.get('content-security-policy')?.includes(`'nonce-${nonce}'`))
  })
  test('gets one on a route of pages, whatever it accepts, unless that is JSON', async () => {
    const declared = { method: 'GET', path: '/', schema: { response: { 200: 'html' } } } as unknown as RouteDefinition
    const routes = (server: FastifyInstance): void => {
      server.get('/', { config: { declared } }, async () => {
        throw new Refusal('conflict')
      })
    }
    assert.match((await call(routes)).headers.get('content-type') ?? '', /^text\/html/)
    const json = await call(routes, { headers: { accept: 'application/json' } })
    assert.equal(json.headers.get('content-type'), 'application/problem+json')
  })
})

suite('the leak watch', () => {
  test('replaces a problem that tells of the inside, and reports it', async () => {
    const { status, text, events, lines } = await call(
      throwing(new Refusal('conflict', 'duplicate key value violates unique constraint "a"')),
    )
    assert.equal(status, 500)
    assert.deepEqual((JSON.parse(text) as { code: string; detail: string }).code, 'unexpected')
    assert.doesNotMatch(text, /duplicate/)
    assert.deepEqual(events.map(({ name, fields }) => [name, fields])[0], [
      'sys_leak_stopped',
      { pattern: 'database-error' },
    ])
    assert.match(JSON.stringify(lines[0]?.cause), /duplicate/, 'the operator sees what it was')
  })

  test('replaces what plugins send past the response contract', async () => {
    for (const leak of ['at /home/app/x.js', Buffer.from('at /home/app/x.js')]) {
      const { status, headers, text } = await call((server) => {
        server.get('/', async (_request, reply) => reply.header('x-inside', '/home/app').send(leak))
      })
      assert.deepEqual(
        [status, headers.get('x-inside'), headers.get('content-type')],
        [500, null, 'application/problem+json'],
      )
      assert.equal((JSON.parse(text) as { code: string }).code, 'unexpected')
    }
  })

  test('lets an ordinary reply pass', async () => {
    const { status, text } = await call((server) => server.get('/', async () => 'hello'))
    assert.deepEqual([status, text], [200, 'hello'])
  })
})

suite('events', () => {
  for (const [what, error, name] of [
    ['malformed', new Refusal('body-malformed'), 'malformed_request'],
    [
      'invalid',
      new Refusal('input-invalid', 'x', { fields: [{ at: 'body/a', problem: 'is required' }] }),
      'input_validation_fail',
    ],
    ['unexpected', new Error('x'), 'sys_error'],
    ['without its database', new Refusal('database-unavailable'), 'sys_database_unavailable'],
  ] as const) {
    test(`tell of a request that is ${what}`, async () => {
      const { events } = await call(throwing(error))
      assert.deepEqual(
        events.map((event) => [event.name, event.result, event.address]),
        [[name, 'failure', '127.0.0.1']],
      )
    })
  }
  test('do not tell of what is merely absent, or of a server that stops', async () => {
    for (const code of ['not-found', 'shutting-down'] as const) {
      assert.deepEqual((await call(throwing(new Refusal(code)))).events, [])
    }
  })
})
