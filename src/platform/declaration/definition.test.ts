import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { StartRefusal } from '../../kernel/refusal.ts'
import { answer, column, defineBackend, Type, table } from './index.ts'

const id = column.uuid().primary()
const note = table(
  'note',
  {
    id,
    workspace: column.uuid().plain(),
    owner: column.uuid().plain(),
    title: column.text({ min: 1, max: 200 }).plain(),
    body: column.text({ max: 2000, multiline: true }).personal().nullable(),
    state: column.text({ max: 9 }).plain().oneOf(['open', "it's"]).default('open'),
    code: column
      .text({ max: 8 })
      .plain()
      .matches(/^[A-Z]{2}-\d+$/),
    stars: column.integer({ min: 0, max: 5 }).plain().default(0),
    created_at: column.timestamp().plain().generated(),
  },
  { tenant: 'workspace', owner: 'owner', sharedThrough: 'note_share' },
)
const tag = table(
  'tag',
  { note: column.uuid().primary(), word: column.text({ max: 40 }).primary() },
  { parent: { table: 'note', column: 'note' } },
)

const BUILT_IN = ['user:read', 'user:manage', 'role:read', 'role:manage', 'session:manage', 'tenant:manage']

suite('a declared backend', () => {
  const backend = declare({ tables: [tag, note] })

  test('has its tables in the order of their references, share tables included', () => {
    assert.deepEqual(
      backend.tables.map(({ name }) => name),
      ['note', 'tag', 'note_share'],
    )
  })

  test('has the built-in permissions and roles beside its own', () => {
    assert.deepEqual(backend.roles.owner?.grants, ['note:read', 'note:write', ...BUILT_IN])
    assert.deepEqual(backend.roles.admin?.grants, [
      'note:read',
      'note:write',
      'user:read',
      'user:manage',
      'role:read',
      'session:manage',
    ])
    assert.deepEqual(backend.roles.auditor?.grants, ['note:read@all', 'user:read@all', 'role:read@all'])
    assert.deepEqual(backend.roles.member?.grants, ['note:read', 'note:write@tenant'])
    assert.equal(backend.permissions['session:manage'], "See and end other people's sessions")
  })

  test('closes every object of its schemas to unknown properties', () => {
    const nested = declare({
      routes: (app: Adding) =>
        app.post('/x', {
          permission: 'note:write',
          schema: {
            headers: Type.Object({ 'x-mark': Type.String({ maxLength: 9 }) }),
            body: Type.Object({ inner: Type.Array(Type.Object({ a: Type.Boolean() }), { maxItems: 2 }) }),
            response: { 200: Type.Array(Type.Object({ a: Type.Boolean() })) },
          },
          handler: () => undefined,
        }),
    })
    const [route] = nested.routes
    assert.deepEqual(plain(route?.schema.body), {
      type: 'object',
      required: ['inner'],
      properties: {
        inner: {
          type: 'array',
          maxItems: 2,
          items: {
            type: 'object',
            required: ['a'],
            properties: { a: { type: 'boolean' } },
            additionalProperties: false,
          },
        },
      },
      additionalProperties: false,
    })
    assert.equal(route?.schema.headers?.additionalProperties, true)
    assert.equal(plain(route?.schema.response['200'])?.items.additionalProperties, false)
    assert.equal(route?.accepts, 'json')
    assert.equal(route?.maxBody, 65_536)
  })

  test('freezes what it says', () => {
    assert.throws(() => {
      Object.assign(backend, { name: 'other' })
    }, TypeError)
  })
})

suite('a declared table', () => {
  test('gives schemas of replies, with null where a column may be null', () => {
    assert.deepEqual(plain(note.schema('id', 'body', 'created_at')), {
      type: 'object',
      required: ['id', 'body', 'created_at'],
      properties: {
        id: { type: 'string', format: 'uuid' },
        body: {
          type: ['string', 'null'],
          maxLength: 2000,
          pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$',
        },
        created_at: { type: 'string', format: 'date-time' },
      },
      additionalProperties: false,
    })
  })

  test('gives schemas of bodies, where what has a default may be left out', () => {
    const body = plain(note.insert('title', 'body', 'state', 'code', 'stars'))
    assert.deepEqual(body.required, ['title', 'code'])
    assert.deepEqual(body.properties.state, { type: 'string', enum: ['open', "it's"] })
    assert.deepEqual(body.properties.stars, { type: 'integer', minimum: 0, maximum: 5 })
    assert.deepEqual(body.properties.title, {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
    })
    const change = plain(note.patch('title', 'body'))
    assert.deepEqual([change.required, change.minProperties], [undefined, 1])
  })

  test('has a pattern that refuses control characters as well as what the application refuses', () => {
    const pattern = new RegExp(plain(note.insert('code')).properties.code.pattern, 'u')
    assert.deepEqual(
      ['AB-1', 'AB-12', 'ab-1', 'AB-', 'AB-1\n'].map((text) => pattern.test(text)),
      [true, true, false, false, false],
    )
  })

  test('lends rows through a table by rule', () => {
    const share = declare({ tables: [note] }).tables.find(({ name }) => name === 'note_share')
    assert.deepEqual(
      share?.columns.map(({ name, type, primary, generated }) => [name, type, primary, generated]),
      [
        ['note', 'uuid', true, false],
        ['owner', 'uuid', false, true],
        ['workspace', 'uuid', false, true],
        ['grantee', 'uuid', true, false],
        ['access', 'text', false, false],
        ['created_at', 'timestamp', false, true],
      ],
    )
    assert.deepEqual(share?.definitions.find(({ name }) => name === 'access')?.checks, ["access in ('read', 'write')"])
  })

  test('says in SQL what bounds its columns', () => {
    const of = (name: string) => note.definition.definitions.find((each) => each.name === name)
    assert.deepEqual(of('state')?.checks, ["state in ('open', 'it''s')"])
    assert.equal(of('state')?.sqlDefault, "'open'")
    assert.equal(of('title')?.sqlType, 'varchar(200)')
    assert.deepEqual(of('title')?.checks, ['char_length(title) >= 1', "title !~ '[\\u0001-\\u001f\\u007f-\\u009f]'"])
    assert.equal(of('owner')?.sqlDefault, 'holdfast.account_id()')
    assert.equal(of('id')?.sqlDefault, 'gen_random_uuid()')
    assert.equal(tag.definition.definitions[0]?.sqlDefault, undefined)
  })
})

suite('a wrong declaration refuses to start with one line that says where', () => {
  for (const [flaw, where, declareWrongly] of [
    ['an unclassified column', 'table t.a', () => table('t', { id, a: column.text({ max: 9 }) })],
    ['a malformed column name', 'table t.Bad', () => table('t', { id, Bad: column.boolean().plain() })],
    ['a malformed table name', 'table my-table', () => table('my-table', { id })],
    ['a table without primary key', 'table t', () => table('t', { a: column.boolean().plain() })],
    ['a nullable primary key', 'table t.id', () => table('t', { id: id.nullable() })],
    ['an owner column that is not there', 'table t', () => table('t', { id }, loose({ owner: 'owner' }))],
    [
      'an owner that is no uuid',
      'table t.o',
      () => table('t', { id, o: column.text({ max: 9 }).plain() }, { owner: 'o' }),
    ],
    [
      'a tenant that may be null',
      'table t.w',
      () => table('t', { id, w: column.uuid().plain().nullable() }, { tenant: 'w' }),
    ],
    [
      'one column as owner and tenant',
      'table t',
      () => table('t', { id, o: column.uuid().plain() }, { owner: 'o', tenant: 'o' }),
    ],
    [
      'sharing without a tenant',
      'table t',
      () => table('t', { id, o: column.uuid().plain() }, { owner: 'o', sharedThrough: 's' }),
    ],
    [
      'a parent column that is not there',
      'table t',
      () => table('t', { id }, loose({ parent: { table: 'note', column: 'n' } })),
    ],
    ['text without max', 'table t.a', () => table('t', { id, a: column.text(loose({})).plain() })],
    [
      'an integer beyond 32 bits',
      'table t.a',
      () => table('t', { id, a: column.integer({ min: 0, max: 2 ** 31 }).plain() }),
    ],
    ['bounds the wrong way round', 'table t.a', () => table('t', { id, a: column.number({ min: 2, max: 1 }).plain() })],
    [
      'a default that does not fit',
      'table t.a',
      () => table('t', { id, a: column.text({ max: 2 }).plain().default('long') }),
    ],
    ['a pattern of a part', 'table t.a', () => table('t', { id, a: column.text({ max: 2 }).plain().matches(/a/) })],
    [
      'a pattern with look-behind',
      'table t.a',
      () =>
        table('t', {
          id,
          a: column
            .text({ max: 2 })
            .plain()
            .matches(/^(?<=a)b$/),
        }),
    ],
    ['a generated text', 'table t.a', () => table('t', { id, a: column.text({ max: 2 }).plain().generated() })],
    [
      'an index that is two statements',
      'table t',
      () => table('t', { id }, { indexes: ['create index on app.t (id); drop table app.t'] }),
    ],
    ['a body with an owner', 'table note', () => note.insert(loose('owner'))],
    ['a table declared twice', 'table note', () => declare({ tables: [note, note] })],
    [
      'a share table that is also declared',
      'table note_share',
      () => declare({ tables: [note, table('note_share', { id })] }),
    ],
    [
      'a reference to nothing',
      'table t.a',
      () => declare({ tables: [table('t', { id, a: column.uuid().plain().references('u', 'id') })] }),
    ],
    [
      'a reference to no key',
      'table t.a',
      () =>
        declare({
          tables: [note, table('t', { id, a: column.text({ max: 200 }).plain().references('note', 'title') })],
        }),
    ],
    [
      'a reference of another type',
      'table t.a',
      () =>
        declare({
          tables: [note, table('t', { id, a: column.integer({ min: 0, max: 1 }).plain().references('note', 'id') })],
        }),
    ],
    ['tables that need each other', 'table a', () => declare({ tables: [circular('a', 'b'), circular('b', 'a')] })],
    ['a parent that is not declared', 'table tag', () => declare({ tables: [tag] })],
    ['a malformed name', 'backend', () => declare({ name: 'My Notes' })],
    ['an option of a backend that is off by a letter', 'backend', () => declare({ signup: 'invitation' })],
    [
      'an option of field rules that is off by a letter',
      'fields.note.member',
      () => declare({ fields: { note: { member: { writeable: [] } } } }),
    ],
    ['a way to sign up that is none', 'backend', () => declare({ signUp: 'invited' })],
    [
      'an option of a role that is none',
      'role a',
      () => declare({ roles: { a: { grants: [], inherit: ['member'] } } }),
    ],
    [
      'an option of a table that is off by a letter',
      'table t',
      () => table('t', { id, w: column.uuid().plain(), o: column.uuid().plain() }, loose({ tenant: 'w', ower: 'o' })),
    ],
    ['a malformed permission', 'permission read', () => declare({ permissions: { read: 'Read' } })],
    ['a built-in permission', 'permission user:read', () => declare({ permissions: { 'user:read': 'Read' } })],
    ['a permission without words', 'permission a:b', () => declare({ permissions: { 'a:b': ' ' } })],
    ['a role that grants the unknown', 'role member', () => declare({ roles: { member: ['note:erase'] } })],
    ['a built-in role', 'role owner', () => declare({ roles: { owner: [] } })],
    ['a malformed role', 'role A', () => declare({ roles: { A: [] } })],
    ['inheritance from nothing', 'role a', () => declare({ roles: { a: { grants: [], inherits: ['b'] } } })],
    [
      'inheritance in a circle',
      'role a',
      () => declare({ roles: { a: { grants: [], inherits: ['b'] }, b: { grants: [], inherits: ['a'] } } }),
    ],
    [
      'navigation elsewhere',
      'navigation x',
      () => declare({ navigation: [{ href: 'https://example.com', label: 'x' }] }),
    ],
    ['a route without access', 'GET /x', () => route({ permission: undefined })],
    ['a route with two accesses', 'GET /x', () => route({ public: true })],
    ['a route with an unknown permission', 'GET /x', () => route({ permission: 'note:erase' })],
    ['a public route with step-up', 'GET /x', () => route({ permission: undefined, public: true, stepUp: 5 })],
    ['a step-up of no time', 'GET /x', () => route({ stepUp: 0 })],
    ['a step-up within no time', 'GET /x', () => route({ stepUp: { within: 0, assurance: 2 } })],
    ['a step-up without time', 'GET /x', () => route({ stepUp: { assurance: 2 } })],
    ['a step-up of nothing', 'GET /x', () => route({ stepUp: null })],
    ['a step-up to one factor', 'GET /x', () => route({ stepUp: { within: 5, assurance: 1 } })],
    ['a step-up to an assurance in words', 'GET /x', () => route({ stepUp: { within: 5, assurance: '2' } })],
    ['a step-up with something else', 'GET /x', () => route({ stepUp: { within: 5, factors: 2 } })],
    ['a route without schema', 'GET /x', () => route({ schema: undefined })],
    ['a route without response', 'GET /x', () => route({ schema: {} })],
    ['a route with an empty response', 'GET /x', () => route({ schema: { response: {} } })],
    ['a response for a refusal', 'GET /x', () => route({ schema: { response: { 404: 'text' } } })],
    ['a response of no kind', 'GET /x', () => route({ schema: { response: { 200: 'pdf' } } })],
    [
      'a response that lets anything out',
      'GET /x response 200',
      () => route({ schema: { response: { 200: Type.Any() } } }),
    ],
    [
      'a response open to more',
      'GET /x response 200',
      () => route({ schema: { response: { 200: Type.Object({}, { additionalProperties: true }) } } }),
    ],
    ['a route without handler', 'GET /x', () => route({ handler: undefined })],
    ['an unknown option', 'GET /x', () => route({ permissions: 'note:read' })],
    ['a path with upper case', 'GET /X', () => route({}, '/X')],
    ['a path without slash', 'GET x', () => route({}, 'x')],
    ['a path that ends in a slash', 'GET /x/', () => route({}, '/x/')],
    ['a wildcard', 'GET /x/*', () => route({}, '/x/*')],
    ['dot segments', 'GET /x/../y', () => route({}, '/x/../y')],
    ['a GET with a body', 'GET /x', () => route({ schema: input('body', Type.Object({})) })],
    ['a parameter missing in the schema', 'GET /x/:id', () => route({}, '/x/:id')],
    ['a parameter missing in the path', 'GET /x', () => route({ schema: input('params', Type.Object({ id: uuid })) })],
    [
      'an optional parameter',
      'GET /x/:id',
      () => route({ schema: input('params', Type.Object({ id: Type.Optional(uuid) })) }, '/x/:id'),
    ],
    ['an unbounded text', 'GET /x query/a', () => route({ schema: input('query', Type.Object({ a: Type.String() })) })],
    [
      'an unbounded e-mail',
      'GET /x query/a',
      () => route({ schema: input('query', Type.Object({ a: Type.String({ format: 'email' }) })) }),
    ],
    [
      'an unbounded list',
      'GET /x query/a',
      () => route({ schema: input('query', Type.Object({ a: Type.Array(uuid) })) }),
    ],
    [
      'an unbounded number',
      'GET /x query/a',
      () => route({ schema: input('query', Type.Object({ a: Type.Integer({ minimum: 0 }) })) }),
    ],
    [
      'an unbounded text deep inside',
      'GET /x query/a/*',
      () =>
        route({
          schema: input('query', Type.Object({ a: Type.Array(Type.Union([uuid, Type.String()]), { maxItems: 1 }) })),
        }),
    ],
    [
      'an unbounded record',
      'GET /x query/a',
      () => route({ schema: input('query', Type.Object({ a: Type.Record(Type.String(), uuid) })) }),
    ],
    [
      'an input of anything',
      'GET /x query/a',
      () => route({ schema: input('query', Type.Object({ a: Type.Unknown() })) }),
    ],
    [
      'an input open to more',
      'GET /x query',
      () => route({ schema: input('query', Type.Object({}, { additionalProperties: true })) }),
    ],
    ['a query that is no object', 'GET /x query', () => route({ schema: input('query', uuid) })],
    ['a header in upper case', 'GET /x', () => route({ schema: input('headers', Type.Object({ 'X-A': uuid })) })],
    ['an object that is not declared', 'GET /x', () => route({ object: 'nothing' })],
    ['a body limit beyond reason', 'GET /x', () => route({ maxBody: 1e9 })],
    [
      'two routes for one request',
      'GET /x/:b',
      () =>
        declare({
          routes: (app: Adding) => {
            add(app, '/x/:a', 'a')
            add(app, '/x/:b', 'b')
          },
        }),
    ],
  ] as const satisfies readonly (readonly [string, string, () => unknown])[]) {
    test(flaw, () => {
      assert.throws(declareWrongly, (error) => {
        assert.ok(error instanceof StartRefusal, String(error))
        assert.equal(error.where, where)
        assert.doesNotMatch(error.message, /\n/)
        return true
      })
    })
  }
})

const uuid = Type.String({ format: 'uuid' })
const input = (part: string, schema: object) => ({ [part]: schema, response: { 204: 'empty' } })

/** What JavaScript would hand over unchecked. */
// biome-ignore lint/suspicious/noExplicitAny: the types would refuse these mistakes before the run does
function loose(value: unknown): any {
  return value
}

// biome-ignore lint/suspicious/noExplicitAny: schemas are read as plain JSON here
const plain = (schema: unknown): any => JSON.parse(JSON.stringify(schema))

interface Adding {
  get(path: string, options: unknown): void
  post(path: string, options: unknown): void
}

function circular(name: string, other: string) {
  return table(name, { id, other: column.uuid().plain().references(other, 'id') })
}

function declare(over: Readonly<Record<string, unknown>>) {
  return defineBackend(
    loose({
      name: 'notes',
      tables: [note, tag],
      permissions: { 'note:read': 'Read notes', 'note:write': 'Write notes' },
      roles: over.permissions ? {} : { member: ['note:read', 'note:write@tenant'] },
      routes() {},
      ...over,
    }),
  )
}

function route(over: Readonly<Record<string, unknown>>, path = '/x') {
  const options = {
    permission: 'note:read',
    schema: { response: { 204: 'empty' } },
    handler: () => answer(204),
    ...over,
  }
  return declare({ routes: (app: Adding) => app.get(path, options) })
}

function add(app: Adding, path: string, parameter: string) {
  app.get(path, {
    permission: 'note:read',
    schema: input('params', Type.Object({ [parameter]: uuid })),
    handler: () => answer(204),
  })
}
