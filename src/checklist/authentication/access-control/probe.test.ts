import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Scope } from '../../../kernel/principal.ts'
import type { Access, SurfaceRoute, SurfaceTable } from '../../../kernel/surface.ts'
import { minutes } from '../../../kernel/time.ts'
import type { NetworkReply } from '../../../kernel/vantage.ts'
import { claims } from './probe.ts'
import { type Expected, expectationOf, type ObjectKind, objectsOf } from './probe-expectation.ts'
import { faceOf, isAsExpected, isHeldBack, seenIn } from './probe-judge.ts'
import { expectedOf } from './probe-matrix.ts'
import { mayShow } from './probe-own-lists.ts'
import { namesNoObject } from './probe-routes.ts'
import { isVisible, type OwnedRow, valuesOf } from './probe-rows.ts'
import { sabotages } from './sabotage.ts'

const table = (name: string, options: Partial<SurfaceTable> = {}): SurfaceTable => ({
  name,
  schema: 'app',
  columns: [],
  ...options,
})
const note = table('note', { owner: 'owner', tenant: 'workspace' })
const tables = [
  note,
  table('tag', { parent: { table: 'note', column: 'note' } }),
  table('diary', { owner: 'owner' }),
  table('board', { tenant: 'workspace' }),
  table('country'),
]

const route = (access: Access, options: Partial<SurfaceRoute> = {}): SurfaceRoute => ({
  method: 'GET',
  path: '/notes/:id',
  access,
  schema: { response: { '200': {} } },
  accepts: 'nothing',
  builtIn: false,
  ...options,
})
const reading = { kind: 'permission', permission: 'note:read' } as const

suite('what a cell of the matrix must come to', () => {
  const about = (...names: string[]) => ({ names, inAddress: true })
  for (const [what, access, held, object, name, expected] of [
    ['nobody on a public route', { kind: 'public' }, null, 'own', undefined, 'open'],
    ['nobody on a signed-in route', { kind: 'signed-in' }, null, 'own', undefined, 'unauthenticated'],
    ['nobody on a route with a permission', reading, null, 'own', 'note', 'unauthenticated'],
    ['a role without the permission', reading, {}, 'own', 'note', 'forbidden'],
    ['a role with another permission', reading, { 'note:readall': 'all' }, 'own', 'note', 'forbidden'],
    [
      'a permission named like a property of every object',
      { kind: 'permission', permission: 'constructor' },
      {},
      'own',
      undefined,
      'forbidden',
    ],
    ['own scope, own row', reading, { 'note:read': 'own' }, 'own', 'note', 'allowed'],
    ['own scope, no row', reading, { 'note:read': 'own' }, 'absent', 'note', 'not-there'],
    ["own scope, a colleague's row", reading, { 'note:read': 'own' }, 'another', 'note', 'not-there'],
    ["own scope, another tenant's row", reading, { 'note:read': 'own' }, 'other-tenant', 'note', 'not-there'],
    ["tenant scope, a colleague's row", reading, { 'note:read': 'tenant' }, 'another', 'note', 'allowed'],
    ["tenant scope, another tenant's row", reading, { 'note:read': 'tenant' }, 'other-tenant', 'note', 'not-there'],
    ["all scope, another tenant's row", reading, { 'note:read': 'all' }, 'other-tenant', 'note', 'allowed'],
    ['all scope, no row', reading, { 'note:read': 'all' }, 'absent', 'note', 'not-there'],
    ["own scope, what hangs on a colleague's row", reading, { 'note:read': 'own' }, 'another', 'tag', 'not-there'],
    [
      "own scope, another's row of a table without tenant",
      reading,
      { 'note:read': 'own' },
      'other-tenant',
      'diary',
      'not-there',
    ],
    [
      'tenant scope where no column says the tenant',
      reading,
      { 'note:read': 'tenant' },
      'another',
      'diary',
      'untested',
    ],
    ["own scope, a row of the tenant's", reading, { 'note:read': 'own' }, 'another', 'board', 'allowed'],
    ["own scope, a row of another tenant's", reading, { 'note:read': 'own' }, 'other-tenant', 'board', 'not-there'],
    ["own scope, a row that is nobody's", reading, { 'note:read': 'own' }, 'other-tenant', 'country', 'allowed'],
    ["somebody else's session", { kind: 'signed-in' }, {}, 'another', 'session', 'not-there'],
    ["somebody else's account, by permission", reading, { 'note:read': 'own' }, 'another', 'account', 'allowed'],
  ] as readonly (readonly [string, Access, Record<string, Scope> | null, ObjectKind, string | undefined, Expected])[]) {
    test(`${what}: ${expected}`, () => {
      assert.equal(
        expectationOf(route(access), held, object, about(...(name === undefined ? [] : [name])), tables),
        expected,
      )
    })
  }

  test("changing a colleague's row in one's scope is the application's to judge", () => {
    assert.equal(
      expectationOf(route(reading, { method: 'PATCH' }), { 'note:read': 'tenant' }, 'another', about('note'), tables),
      'judged',
    )
  })
  test('writing what is nobody’s in particular takes more than the scope own, where somebody has more', () => {
    const writing = { kind: 'permission', permission: 'board:write' } as const
    const roles = { member: { 'board:write': 'own' }, keeper: { 'board:write': 'tenant' } } as const
    for (const [method, names, held, given, expected] of [
      ['PATCH', ['board'], 'own', roles, 'judged'],
      ['POST', [], 'own', roles, 'judged'],
      ['PATCH', ['board'], 'tenant', roles, 'allowed'],
      // What nobody holds further must do as it is.
      ['PATCH', ['board'], 'own', { member: roles.member }, 'allowed'],
      ['PATCH', ['note'], 'own', roles, 'allowed'],
      ['PATCH', ['tag'], 'own', roles, 'allowed'],
      ['GET', ['board'], 'own', roles, 'allowed'],
    ] as const) {
      const saw = expectationOf(
        route(writing, { method }),
        { 'board:write': held },
        'own',
        about(...names),
        tables,
        given,
      )
      assert.equal(saw, expected, `${method} ${names.join()} at ${held}`)
    }
  })
  test('a body with what a rule keeps from the role is refused, and one without is not', () => {
    const body = (named: unknown): SurfaceRoute =>
      route(reading, { method: 'PATCH', object: 'note', examples: () => ({ body: named }) })
    const columns = ['title', 'secret'].map((name) => ({ name }) as SurfaceTable['columns'][number])
    const rules = { note: { member: { readable: ['title'], writable: ['title'] } } }
    const surface = {
      routes: [],
      name: 'test',
      permissions: [],
      roles: { member: { 'note:read': 'own' }, owner: { 'note:read': 'own' }, guest: {} },
      tables: [{ ...note, columns }],
      fields: rules,
    } as const
    for (const [role, named, expected] of [
      ['member', { title: 'x' }, 'allowed'],
      ['member', { title: 'x', deep: [{ secret: 'x' }] }, 'forbidden'],
      ['owner', { title: 'x' }, 'forbidden'],
      ['owner', { remark: 'x' }, 'allowed'],
      ['guest', { remark: 'x' }, 'forbidden'],
      [null, { title: 'x' }, 'unauthenticated'],
    ] as const)
      assert.equal(
        expectedOf({ surface }, body(named), role === null ? null : { role }),
        expected,
        `${role} ${JSON.stringify(named)}`,
      )
    const open = { ...body({ title: 'x' }), access: { kind: 'public' } as const }
    assert.equal(expectedOf({ surface }, open, null), 'untested')
  })
  test('who has one factor is asked for another by a route that wants two, where they hold its permission', () => {
    const surface = {
      name: 'test',
      routes: [],
      permissions: [],
      tables,
      roles: { member: { 'note:read': 'own' }, guest: {} },
    } as const
    const passkey = { credentialId: 'x', privateKey: 'x' }
    for (const [who, stepUp, expected] of [
      [{ role: 'member' }, { within: minutes(5), assurance: 2 }, 'factor'],
      [{ role: 'member', passkey }, { within: minutes(5), assurance: 2 }, 'allowed'],
      [{ role: 'member' }, { within: minutes(5) }, 'allowed'],
      [{ role: 'guest' }, { within: minutes(5), assurance: 2 }, 'forbidden'],
      [null, { within: minutes(5), assurance: 2 }, 'unauthenticated'],
    ] as const)
      assert.equal(expectedOf({ surface }, route({ ...reading, stepUp }), who), expected, JSON.stringify([who, stepUp]))
  })
  test('a route that is only for refusals is not called to success', () => {
    const only = route(reading, { onlyRefusals: 'ends the twin' })
    assert.equal(expectationOf(only, { 'note:read': 'own' }, 'own', about('note'), tables), 'untested')
    assert.equal(expectationOf(only, { 'note:read': 'own' }, 'another', about('note'), tables), 'not-there')
    assert.equal(expectationOf(only, {}, 'own', about('note'), tables), 'forbidden')
  })
})

suite('what a route is about', () => {
  test('is what its example reads of the seeds', () => {
    const examples: SurfaceRoute['examples'] = ({ seed }) => ({
      params: { id: seed.note?.id ?? '' },
      body: { tag: seed.tag?.id },
    })
    assert.deepEqual(objectsOf(route(reading, { examples })), { names: ['note', 'tag'], inAddress: true })
  })
  test('is nothing where it reads none', () => {
    assert.deepEqual(objectsOf(route(reading, { examples: ({ unique }) => ({ body: { title: unique() } }) })), {
      names: [],
      inAddress: false,
    })
    assert.deepEqual(objectsOf(route(reading)), { names: [], inAddress: false })
  })
  test('is told apart by where it stands', () => {
    const examples: SurfaceRoute['examples'] = ({ seed }) => ({ body: { note: seed.note?.id } })
    assert.equal(objectsOf(route(reading, { examples })).inAddress, false)
  })
})

suite('a route whose object nobody knows', () => {
  const schema = { params: { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } }, response: {} }
  const made = (given: Partial<SurfaceRoute>) => route(reading, { schema, ...given })
  for (const [what, given, expected] of [
    ['an id from nowhere', made({ examples: () => ({ params: { id: 'x' } }) }), true],
    ['an id and no example', made({}), true],
    ['an id of a seed', made({ examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }) }), false],
    ['an id, for everybody', made({ access: { kind: 'public' } }), false],
    ['no id', made({ schema: { response: {} } }), false],
  ] as const) {
    test(`${expected ? 'has' : 'does not have'} ${what}`, () => assert.equal(namesNoObject(given), expected))
  }
})

function reply(status: number, body: unknown = '', headers: Record<string, string> = {}): NetworkReply {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const type: Record<string, string> = typeof body === 'string' ? {} : { 'content-type': 'application/problem+json' }
  return {
    status,
    headers: { ...type, ...headers },
    body: Buffer.from(text),
    text: () => text,
    json: () => JSON.parse(text),
    setToken: undefined,
  }
}

suite('a reply', () => {
  const page = route(reading, { schema: { response: { '200': 'html' } } })
  const form = route(reading, { method: 'POST', schema: { response: { '303': 'redirect' } } })
  for (const [what, given, of, seen] of [
    [
      'that leads to signing in is a refusal',
      reply(303, '', { location: '/sign-in?then=%2F' }),
      form,
      'unauthenticated',
    ],
    ['that leads to confirming is a refusal', reply(303, '', { location: '/confirm' }), form, 'forbidden'],
    ['that redirects as declared is a success', reply(303, '', { location: '/notes/1' }), form, 'allowed'],
    ['that redirects though nothing declares it is none', reply(303, '', { location: '/elsewhere' }), page, 'other'],
    ['of 204 is a success', reply(204), page, 'allowed'],
    ['of 500 is none', reply(500), page, 'other'],
    ['of 404 is as if nothing were there', reply(404), page, 'not-there'],
  ] as const) {
    test(what, () => {
      assert.equal(seenIn(given, of), seen)
    })
  }

  for (const [what, expected, given, ok] of [
    ['403 for want of a permission', 'forbidden', reply(403, { code: 'permission-missing' }), true],
    ['403 that only asks to confirm', 'forbidden', reply(403, { code: 'step-up-required' }), false],
    ['403 for the wrong site', 'forbidden', reply(403, { code: 'cross-site' }), false],
    ['404 where 403 must come', 'forbidden', reply(404), false],
    ['403 where 404 must come', 'not-there', reply(403), false],
    ['500 where 404 must come', 'not-there', reply(500), false],
    ['a failure where success must come', 'allowed', reply(500), false],
    ['a wrong input on a public route', 'open', reply(400), true],
    ['401 on a public route', 'open', reply(401), false],
    ['500 on a public route', 'open', reply(500), false],
    ['a question for a second factor', 'factor', reply(403, { code: 'second-factor-required' }), true],
    ['the way to adding one', 'factor', reply(303, '', { location: '/account/factors?next=%2Fa' }), true],
    ['the way elsewhere in place of adding one', 'factor', reply(303, '', { location: '/' }), false],
    ['an answer in place of asking for a second factor', 'factor', reply(200), false],
    ['a question to confirm in place of a second factor', 'factor', reply(403, { code: 'step-up-required' }), false],
  ] as readonly (readonly [string, Expected, NetworkReply, boolean])[]) {
    test(`${what} ${ok ? 'is' : 'is not'} as expected`, () => {
      assert.equal(isAsExpected(expected, seenIn(given, page), given, true), ok)
    })
  }

  test('of 409 is no refusal of who may remove a row, and is one of nobody else', () => {
    const removing = route(reading, { method: 'DELETE' })
    const conflict = reply(409, { code: 'conflict' })
    for (const [what, expected, of, given, held] of [
      ['who may remove it', 'allowed', removing, conflict, true],
      ['who lacks the permission', 'forbidden', removing, conflict, false],
      ['who must not see it', 'not-there', removing, conflict, false],
      ['who has one factor of two', 'factor', removing, conflict, false],
      ['nobody', 'unauthenticated', removing, conflict, false],
      ['who changes it', 'allowed', route(reading, { method: 'PATCH' }), conflict, false],
      ['who is told of something else', 'allowed', removing, reply(409, { code: 'last-owner' }), false],
      ['who is told by a page', 'allowed', removing, reply(409, 'conflict'), false],
      ['who is refused', 'allowed', removing, reply(403, { code: 'permission-missing' }), false],
    ] as const) {
      assert.equal(isHeldBack(expected, of, given), held, what)
      if (given === conflict) assert.equal(isAsExpected(expected, seenIn(given, of), given, true), false, what)
    }
  })

  const face = (status: number, body: unknown, headers = {}) =>
    faceOf(reply(status, body, headers), { path: '/notes/6d0ba9a4-27a3-4f6e-9d2c-000000000001?x=1' })
  test('looks the same but for ids, nonces and its own address', () => {
    const one = face(404, {
      code: 'not-found',
      id: 'abcdefabcdefabcdef01',
      at: '/notes/6d0ba9a4-27a3-4f6e-9d2c-000000000001',
    })
    const other = faceOf(
      reply(404, { code: 'not-found', id: 'abcdefabcdefabcdef02', at: '/notes/6d0ba9a4-27a3-4f6e-9d2c-000000000002' }),
      { path: '/notes/6d0ba9a4-27a3-4f6e-9d2c-000000000002' },
    )
    assert.equal(one, other)
  })
  test('is told apart by status, a word, or a header field', () => {
    const plain = face(404, { code: 'not-found' })
    assert.notEqual(plain, face(403, { code: 'not-found' }))
    assert.notEqual(plain, face(404, { code: 'not-yours' }))
    assert.notEqual(plain, face(404, { code: 'not-found' }, { etag: '"1"' }))
  })
})

test('the texts of a request are those of its address and its body, from eight characters on and with a digit', () => {
  assert.deepEqual(
    valuesOf({
      path: '/notes/12345678%20?q=123456789',
      body: { a: 'short1', b: ['long enough 1', { c: 'deep enough 2', d: 'words alone' }] },
    }),
    ['12345678 ', 'long enough 1', 'deep enough 2'],
  )
  assert.deepEqual(valuesOf({ path: '/', body: 'title=Note+number+1&x=1' }), ['Note number 1'])
})

test('a row is visible by its owner and its tenant, as far as the scope reaches', () => {
  const who = {
    name: 'm',
    accountId: 'me',
    email: '',
    password: '',
    role: 'member',
    tenant: 'A',
    tenantId: 'here',
  } as const
  const row = (owner: string | null, tenant: string | null): OwnedRow => ({
    table: note,
    key: '1',
    owner,
    tenant,
    columns: {},
  })
  for (const [owner, tenant, seen] of [
    ['me', 'here', ['own', 'tenant', 'all']],
    ['you', 'here', ['tenant', 'all']],
    ['me', 'there', ['all']],
    [null, 'here', ['own', 'tenant', 'all']],
    ['you', null, ['tenant', 'all']],
  ] as const) {
    assert.deepEqual(
      (['own', 'tenant', 'all'] as const).filter((scope) => isVisible(row(owner, tenant), who, scope)),
      seen,
    )
  }
})

test('what Holdfast shows of others are ids in the same workspace, and accounts by the permission for them', () => {
  const who = { accountId: 'me', tenantId: 'here' }
  const users = { kind: 'permission', permission: 'user:read' } as const
  const roles = { kind: 'permission', permission: 'role:read' } as const
  const mine = { kind: 'signed-in' } as const
  for (const [access, kind, accountId, tenants, shown] of [
    [mine, 'session', 'me', ['here'], true],
    [mine, 'id', 'you', ['here'], true],
    [mine, 'id', 'you', ['there'], false],
    [mine, 'address', 'you', ['here'], false],
    [mine, 'session', 'you', ['here'], false],
    [mine, 'passkey', 'you', ['here'], false],
    [mine, 'workspace', 'you', ['there'], false],
    [users, 'id', 'you', ['there'], true],
    [users, 'address', 'you', ['there'], true],
    [users, 'session', 'you', ['here'], false],
    [users, 'workspace', 'you', ['there'], false],
    [roles, 'id', 'you', ['here'], false],
    [roles, 'address', 'you', ['there'], false],
  ] as const)
    assert.equal(
      mayShow({ access }, who, { kind, mark: 'x', accountId, tenants }),
      shown,
      `${JSON.stringify(access)} ${kind} of ${accountId} in ${tenants}`,
    )
})

suite('the item', () => {
  test('has a sabotage for every claim, and a claim for every sabotage', () => {
    const caught = new Set(sabotages.flatMap(({ caughtBy }) => caughtBy))
    assert.deepEqual(
      claims.map(({ id }) => id).filter((id) => !caught.has(id)),
      [],
    )
    assert.deepEqual(
      [...caught].filter((id) => !claims.some((claim) => claim.id === id)),
      [],
    )
  })
  test('names each of them once', () => {
    for (const names of [claims.map(({ id }) => id), sabotages.map(({ name }) => name)])
      assert.equal(new Set(names).size, names.length)
  })
})
