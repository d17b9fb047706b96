import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { Refusal } from '../../../kernel/refusal.ts'
import type { JsonSchema, ResponseContract } from '../../../kernel/surface.ts'
import {
  answer,
  type HandlerContext,
  type RouteDefinition,
  redirect,
} from '../../../platform/declaration/definition.ts'
import { defineBackend, Type } from '../../../platform/declaration/index.ts'
import { Csv } from '../../../platform/html/csv.ts'
import { html } from '../../../platform/html/html.ts'
import { createHttpServer } from '../../../platform/http/server.ts'
import { createValidation, type Validation } from './control.ts'

type Given = Partial<Omit<RouteDefinition, 'schema'>> & {
  readonly schema?: Partial<RouteDefinition['schema']>
  readonly handler?: RouteDefinition['handler']
}

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

const OK: JsonSchema = { type: 'object', properties: { ok: { type: 'boolean' } } }

/** Serves one route, sends it one request, and stops. Errors show as their code, or as `error: message`. */
async function call(
  given: Given,
  request: RequestInit & { readonly path?: string } = {},
  { hsts = false, change = (c: Validation) => c } = {},
): Promise<Reply> {
  const validation = change(createValidation({ hsts, leadsOut: (address) => address.startsWith('https://id.test/') }))
  const server = createHttpServer({ requestId: () => 'id', trustedProxies: [], ...validation.serverOptions() })
  server.setErrorHandler((error, _request, reply) => {
    const { fields } = error instanceof Refusal ? error.options : {}
    const told =
      error instanceof Refusal
        ? `${error.code} ${fields?.map(({ at }) => at).join(' ') ?? ''}`
        : `error: ${(error as Error).message}`
    void reply
      .code(error instanceof Refusal ? error.status : ((error as { statusCode?: number }).statusCode ?? 500))
      .send(told.trim())
  })
  validation.install(server)
  server.addHook('onRequest', (_request, reply, done) => {
    reply.header('set-cookie', 'from=hook').header('x-hook', '1')
    done()
  })
  const route: RouteDefinition = {
    method: 'GET',
    path: '/',
    access: { kind: 'public' },
    accepts: 'nothing',
    maxBody: 1_000,
    builtIn: false,
    handler: () => ({ ok: true }),
    ...given,
    schema: { response: { 200: OK }, ...given.schema },
  }
  server.route({
    ...validation.routeOptions(route),
    handler: async (request, reply) => {
      validation.send(request, reply, route, await route.handler(request as unknown as HandlerContext))
      return reply
    },
  })
  await server.listen({ host: '127.0.0.1', port: 0 })
  try {
    const { path = '/', ...init } = request
    const { port } = server.server.address() as AddressInfo
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init })
    return { status: reply.status, headers: reply.headers, text: await reply.text() }
  } finally {
    await server.close()
  }
}

const answering = (contract: ResponseContract, value: unknown, status = 200): Given => ({
  schema: { response: { [status]: contract } },
  handler: () => value,
})

suite('header fields a route reads', () => {
  const { routes } = defineBackend({
    name: 'fields',
    tables: [],
    permissions: {},
    roles: {},
    routes(app) {
      app.get('/', {
        public: true,
        schema: {
          headers: Type.Object({ 'x-mode': Type.Optional(Type.String({ maxLength: 3 })) }),
          response: { 200: Type.Object({ mode: Type.String({ maxLength: 3 }) }) },
        },
        examples: () => ({}),
        handler: ({ headers }) => ({ mode: headers['x-mode'] ?? 'no' }),
      })
    },
  })
  for (const [what, headers, status] of [
    ['are taken as declared', { 'x-mode': 'abc' }, 200],
    ['may be left out, and others come along', { 'x-other': 'a longer one' }, 200],
    ['are refused where they break their bounds', { 'x-mode': 'abcd' }, 400],
  ] as const) {
    test(what, async () => assert.equal((await call({ ...routes[0] }, { headers })).status, status))
  }
})

suite('what a handler returns', () => {
  test('leaves as its route declares it, and nothing else does, at any depth', async () => {
    const inner = { type: 'object', properties: { id: { type: 'integer' } } }
    const schema = {
      type: 'object',
      properties: { list: { type: 'array', items: inner }, either: { anyOf: [inner, { type: 'null' }] } },
    }
    const value = { list: [{ id: 1, hash: 'x' }], either: { id: 2, hash: 'x' }, hash: 'x' }
    const { status, text, headers } = await call(answering(schema, value))
    assert.deepEqual([status, JSON.parse(text)], [200, { list: [{ id: 1 }], either: { id: 2 } }])
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
  })

  for (const [what, given, status, type, text] of [
    ['a page', answering('html', html`<p>${'<b>'}</p>`), 200, 'text/html; charset=utf-8', '<p>&lt;b&gt;</p>'],
    [
      'a table',
      answering('csv', new Csv('a.csv', ['a'], [['=1']])),
      200,
      'text/csv; charset=utf-8; header=present',
      "a\r\n'=1\r\n",
    ],
    ['a text', answering('text', 'plain <b>'), 200, 'text/plain; charset=utf-8', 'plain <b>'],
    ['a style sheet', answering('css', 'a{}'), 200, 'text/css; charset=utf-8', 'a{}'],
    ['a document', answering('document', '{}'), 200, 'application/json; charset=utf-8', '{}'],
    ['a script', answering('script', 'a()'), 200, 'text/javascript; charset=utf-8', 'a()'],
    ['nothing', answering('empty', answer(204), 204), 204, null, ''],
    ['a redirect', answering('redirect', redirect('/there'), 303), 303, null, ''],
    [
      'a way out, where one is known',
      answering('redirect-out', answer(303, undefined, { location: 'https://id.test/authorize?x=1' }), 303),
      303,
      null,
      '',
    ],
    [
      'another status',
      answering(OK, answer(201, { ok: false }), 201),
      201,
      'application/json; charset=utf-8',
      '{"ok":false}',
    ],
    [
      'a server error of its own',
      answering(OK, answer(503, { ok: false, x: 1 }), 503),
      503,
      'application/json; charset=utf-8',
      '{"ok":false}',
    ],
  ] as const) {
    test(`may be ${what}`, async () => {
      const reply = await call(given)
      assert.deepEqual([reply.status, reply.headers.get('content-type'), reply.text], [status, type, text])
      assert.match(reply.headers.get('content-security-policy') ?? '', /default-src 'none'/)
      assert.equal(reply.headers.get('x-content-type-options'), 'nosniff')
    })
  }

  for (const [what, given, told] of [
    ['undefined', answering(OK, undefined), /^not-found$/],
    ['a status that is not declared', answering(OK, answer(201, {})), /^error: .*201/],
    ['a text for a page', answering('html', '<b>'), /^error: /],
    ['a text for a table', answering('csv', 'a,b'), /^error: /],
    ['an object for a text', answering('text', {}), /^error: /],
    ['a body where none is declared', answering('empty', answer(204, 'x'), 204), /^error: /],
    [
      'a redirect elsewhere',
      answering('redirect', answer(303, undefined, { location: 'https://elsewhere.test/' }), 303),
      /^error: /,
    ],
    [
      'a redirect to another host',
      answering('redirect', answer(303, undefined, { location: '//elsewhere.test' }), 303),
      /^error: /,
    ],
    ...[
      'https://elsewhere.test/',
      'http://id.test/',
      '//id.test/',
      'javascript:alert(1)',
      'https://id.test/\nx',
      '/there',
    ].map(
      (location) =>
        [
          `a way out to ${JSON.stringify(location)}`,
          answering('redirect-out', answer(303, undefined, { location }), 303),
          /^error: /,
        ] as const,
    ),
    ['a way out to nowhere', answering('redirect-out', answer(303), 303), /^error: /],
    ['a redirect to nowhere', answering('redirect', answer(303), 303), /^error: /],
    ['a policy of its own', answering(OK, answer(200, {}, { 'Content-Security-Policy': 'x' })), /^error: /],
    ['a length of its own', answering(OK, answer(200, {}, { 'content-length': '1' })), /^error: /],
    ['a missing required property', answering({ ...OK, required: ['ok'] }, {}), /^error: /],
  ] as const) {
    test(`does not leave when it is ${what}`, async () => {
      const { status, text } = await call(given)
      assert.match(text, told)
      assert.equal(status, what === 'undefined' ? 404 : 500)
    })
  }

  test('may set cookies and caching, next to what hooks have set', async () => {
    const headers = { 'set-cookie': ['a=1', 'b=2'], 'cache-control': 'private, max-age=60', 'x-own': '1' }
    const reply = await call(answering(OK, answer(200, { ok: true }, headers)))
    assert.deepEqual(reply.headers.getSetCookie(), ['from=hook', 'a=1', 'b=2'])
    assert.deepEqual(
      ['cache-control', 'x-own', 'x-hook'].map((name) => reply.headers.get(name)),
      ['private, max-age=60', '1', '1'],
    )
    assert.equal((await call({})).headers.get('cache-control'), 'no-store')
  })

  test('has no body for HEAD, and its length', async () => {
    const { status, text, headers } = await call({}, { method: 'HEAD' })
    assert.deepEqual([status, text, headers.get('content-length')], [200, '', '11'])
  })
})

suite('security headers', () => {
  test("let a page's scripts run by the nonce of its reply", async () => {
    const { text, headers } = await call({
      schema: { response: { 200: 'html' } },
      handler: ({ nonce }) => html`<script nonce="${nonce}"></script>`,
    })
    const nonce = /nonce="([^"]{22,})"/.exec(text)?.[1]
    assert.ok(nonce)
    assert.ok(headers.get('content-security-policy')?.includes(`script-src 'nonce-${nonce}' 'strict-dynamic';`))
  })
  test('name HSTS only when told to', async () => {
    assert.equal((await call({})).headers.get('strict-transport-security'), null)
    assert.match(
      (await call({}, {}, { hsts: true })).headers.get('strict-transport-security') ?? '',
      /^max-age=63072000/,
    )
  })
  test('stand on errors as well', async () => {
    const { headers } = await call(answering(OK, undefined))
    assert.match(headers.get('content-security-policy') ?? '', /sandbox/)
  })
})

const BODY: JsonSchema = {
  type: 'object',
  required: ['title'],
  properties: {
    title: { type: 'string', maxLength: 3 },
    count: { type: 'integer', minimum: 1 },
    deep: { type: 'object', properties: { a: { type: 'boolean' } } },
  },
}
const post = (body: string, type = 'application/json'): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': type },
})
const taking: Given = { method: 'POST', accepts: 'json', schema: { body: BODY }, handler: () => ({ ok: true }) }
const form: Given = { ...taking, accepts: 'form' }

suite('a body', () => {
  for (const [what, given, request, told] of [
    ['fits', taking, post('{"title":"abc","count":1,"deep":{}}'), '200 {"ok":true}'],
    [
      'fits, with its character set',
      taking,
      post('{"title":"a"}', 'application/json; charset=utf-8'),
      '200 {"ok":true}',
    ],
    ['fits as a form', form, post('title=abc&count=2', 'application/x-www-form-urlencoded'), '200 {"ok":true}'],
    ['misses something', taking, post('{}'), '400 input-invalid body/title'],
    ['has too much', taking, post('{"title":"a","x":1}'), '400 input-invalid body/x'],
    ['has too much below', taking, post('{"title":"a","deep":{"x":1}}'), '400 input-invalid body/deep/x'],
    ['has another type', taking, post('{"title":"a","count":"1"}'), '400 input-invalid body/count'],
    ['has a name that is no name', taking, post('{"title":"a","<script>":1}'), '400 input-invalid body/?'],
    ['is absent', taking, { method: 'POST' }, '400 input-invalid body'],
    ['is empty', taking, post(''), '400 body-malformed'],
    [
      'is a form for JSON',
      taking,
      post('title=a', 'application/x-www-form-urlencoded'),
      '415 content-type-unsupported',
    ],
    ['is JSON for a form', form, post('{"title":"a"}'), '415 content-type-unsupported'],
    [
      'is in another character set',
      taking,
      post('{"title":"a"}', 'application/json; charset=latin1'),
      '415 content-type-unsupported',
    ],
    [
      'has a field twice in a form',
      form,
      post('title=a&title=b', 'application/x-www-form-urlencoded'),
      '400 input-invalid body/title',
    ],
    ['stands where none is read', {}, { method: 'GET' }, '200 {"ok":true}'],
    [
      'stands where none is read after all',
      { method: 'DELETE' },
      { ...post('{}'), method: 'DELETE' },
      '400 request-malformed',
    ],
    [
      'is too large',
      taking,
      post(JSON.stringify({ title: 'a'.repeat(2_000) })),
      '413 error: Request body is too large',
    ],
  ] as const) {
    test(`that ${what} is answered with ${told}`, async () => {
      const { status, text } = await call(given, request)
      assert.equal(`${status} ${text}`, told)
    })
  }
})

suite('parameters', () => {
  const given: Given = {
    path: '/:id',
    schema: {
      params: { type: 'object', properties: { id: { type: 'integer', minimum: 1 } } },
      query: {
        type: 'object',
        properties: { page: { type: 'integer', default: 7 }, tag: { type: 'array', items: { type: 'string' } } },
      },
      response: {
        200: {
          type: 'object',
          properties: {
            id: { type: 'integer' },
            page: { type: 'integer' },
            tag: { type: 'array', items: { type: 'string' } },
          },
        },
      },
    },
    handler: ({ params, query }) => ({ ...params, ...query }),
  }
  for (const [path, told] of [
    ['/5', '200 {"id":5,"page":7}'],
    ['/5?page=2&tag=a', '200 {"id":5,"page":2,"tag":["a"]}'],
    ['/5?tag=a&tag=b', '200 {"id":5,"page":7,"tag":["a","b"]}'],
    ['/5?page=1&page=2', '400 input-invalid query/page'],
    ['/5?page=x', '400 input-invalid query/page'],
    ['/5?x=1', '400 input-invalid query/x'],
    ['/5?page=%zz', '400 request-malformed'],
    ['/05', '400 input-invalid params/id'],
    ['/0', '400 input-invalid params/id'],
    ['/%00', '400 request-malformed'],
  ] as const) {
    test(`of ${path} are answered with ${told}`, async () => {
      const { status, text } = await call(given, { path })
      assert.equal(`${status} ${text}`, told)
    })
  }

  test('that no schema names are refused', async () => {
    assert.equal((await call({}, { path: '/?a=1' })).text, 'input-invalid query/a')
  })

  test('in header fields are checked where they are read, whatever else comes along', async () => {
    const headers = {
      type: 'object',
      required: ['If-Match'],
      properties: { 'If-Match': { type: 'string', pattern: '^"[0-9]+"$' } },
    }
    assert.equal((await call({ schema: { headers } }, { headers: { 'if-match': '"1"' } })).status, 200)
    assert.equal(
      (await call({ schema: { headers } }, { headers: { 'if-match': 'x' } })).text,
      'input-invalid headers/if-match',
    )
    assert.equal((await call({ schema: { headers } })).text, 'input-invalid headers/if-match')
  })
})

suite('a route', () => {
  const { routeOptions } = createValidation({ hsts: false })
  assert.equal(typeof routeOptions, 'function')
  for (const [what, schema, where] of [
    ['a body that takes anything', { body: {} }, 'GET / body'],
    ['a query field that takes anything', { query: { type: 'object', properties: { q: {} } } }, 'GET / query/q'],
    [
      'a reply that lets anything out',
      { response: { 200: { type: 'object', additionalProperties: true } } },
      'GET / response 200',
    ],
  ] as const) {
    test(`with ${what} does not start, and says where`, async () => {
      await assert.rejects(call({ schema: schema as NonNullable<Given['schema']> }), { name: 'StartRefusal', where })
    })
  }
})
