import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { answer, column, defineBackend, hours, Type, table } from './index.ts'
import { type BackendSuite, testBackend } from './testing.ts'

const Label = Type.Object({ label: Type.String({ minLength: 1, maxLength: 20 }) })

const thing = table(
  'thing',
  { id: column.uuid().primary(), owner: column.uuid().plain(), label: column.text({ max: 20 }).plain() },
  { owner: 'owner' },
)

const definition = defineBackend({
  name: 'testing-things',
  title: 'Things',
  tables: [thing],
  permissions: { 'thing:read': 'Read things', 'thing:write': 'Write things' },
  roles: { member: ['thing:read', 'thing:write'] },
  routes(app) {
    app.get('/things', {
      permission: 'thing:read',
      schema: { response: { 200: Type.Array(thing.schema('id', 'label'), { maxItems: 100 }) } },
      examples: () => ({}),
      handler: ({ db }) => db.selectFrom('thing').select(['id', 'label']).orderBy('label').limit(100).execute(),
    })
    app.post('/things', {
      permission: 'thing:write',
      schema: { body: Label, response: { 201: thing.schema('id') } },
      examples: ({ unique }) => ({ body: { label: unique().slice(0, 20) } }),
      handler: async ({ db, body }) =>
        answer(201, await db.insertInto('thing').values(body).returning('id').executeTakeFirstOrThrow()),
    })
  },
})

suite('a backend for a test', () => {
  let backends: BackendSuite
  before(async () => {
    backends = await testBackend(definition)
  })
  after(() => backends.close())

  test('is a fraction of a second away', async (t) => {
    const took: number[] = []
    for (let round = 0; round < 5; round++) {
      const begun = performance.now()
      const backend = await backends.fresh()
      took.push(Math.round(performance.now() - begun))
      // What a short test does.
      await backend.as('member').post('/things', { label: 'a lamp' })
      await backend.close()
    }
    // Not asserted: it is the machine's, and what else runs on it.
    t.diagnostic(`fresh() took ${took.join(', ')} ms`)
  })

  test('has a database of its own', async () => {
    await using one = await backends.fresh()
    await using other = await backends.fresh()
    assert.equal((await one.as('member').post('/things', { label: 'a lamp' })).status, 201)
    assert.deepEqual((await other.as('member').get('/things')).body, [])
    assert.equal((await one.database.query('select from app.thing')).rowCount, 1)
    assert.equal((await other.database.query('select from app.thing')).rowCount, 0)
  })

  test('knows two people of each role in tenant A and one in tenant B', async () => {
    await using backend = await backends.fresh()
    const session = async (role: string, which = {}): Promise<unknown> => {
      const { body } = await backend.as(role, which).get<{ account: { id: string }; roles: string[] }>('/auth/session')
      assert.deepEqual(body.roles, [role])
      return body.account.id
    }
    const people = [
      await session('member'),
      await session('member', { number: 2 }),
      await session('member', { tenant: 'B' }),
      await session('auditor'),
    ]
    assert.equal(new Set(people).size, 4)
    assert.equal(people[0], backend.person('member', { tenant: 'A', number: 1 }).accountId)
    assert.throws(() => backend.as('member', { tenant: 'B', number: 2 }), /nobody called member-b2/)
    assert.throws(() => backend.as('magician'), /nobody called magician-a1; there are .*member-a1/)
  })

  test('signs people in by their password too, and gives each client a session of its own', async () => {
    await using backend = await backends.fresh()
    const { email, password } = backend.person('member')
    const { status, headers } = await backend.anonymous.post('/auth/sign-in', { email, password })
    assert.equal(status, 200)
    assert.match(headers['set-cookie'] ?? '', /^__Host-session=/)
    const [one, other] = [backend.as('member'), backend.as('member')]
    assert.equal((await one.delete('/auth/sessions')).status, 204)
    assert.equal((await one.get('/auth/session')).status, 200)
    assert.equal((await other.get('/auth/session')).status, 200, 'signs in at its first request')
    assert.equal((await one.delete('/auth/sessions')).status, 204)
    assert.equal((await other.get('/auth/session')).status, 401)
  })

  test('refuses as the real one does', async () => {
    await using backend = await backends.fresh()
    const member = backend.as('member')
    const cases = [
      ['nobody', await backend.anonymous.get('/things'), 401, 'authentication-required'],
      ['who may not', await backend.as('auditor').post('/things', { label: 'x' }), 403, 'permission-missing'],
      ['a wrong body', await member.post('/things', { label: '' }), 400, 'input-invalid'],
      ['broken JSON', await member.request({ method: 'POST', path: '/things', headers: JSON_TYPE, body: '{' }), 400],
      ['a form', await member.post('/things', new URLSearchParams({ label: 'x' })), 415],
      [
        'another site',
        await member.request({ method: 'POST', path: '/things', headers: ELSEWHERE, body: { label: 'x' } }),
        403,
      ],
    ] as const
    for (const [what, { status, body }, expected, code] of cases) {
      assert.equal(status, expected, what)
      assert.equal(typeof body === 'object' && body !== null && 'code' in body, true, what)
      if (code !== undefined) assert.equal((body as { code: string }).code, code, what)
    }
  })

  test('has a clock that can be moved', async () => {
    await using backend = await backends.fresh()
    const member = backend.as('member')
    assert.equal((await member.get('/things')).status, 200)
    await backend.clock.advance(hours(24 * 60))
    assert.equal((await member.get('/things')).status, 401, 'no session lives that long')
    assert.equal((await backend.as('member').get('/things')).status, 200)
    assert.ok(backend.clock.now() > Date.now() + 1000)
  })

  test('tells its events, its log and its mail', async () => {
    await using backend = await backends.fresh()
    await backend.as('auditor').post('/things', { label: 'x' })
    const events = await backend.events((written) => written.some(({ name }) => name.startsWith('authz')))
    const refusal = events.find(({ name }) => name.startsWith('authz'))
    assert.equal(refusal?.accountId, backend.person('auditor').accountId)
    assert.ok(Array.isArray(backend.logs()))
    assert.deepEqual(backend.mailbox, [])
  })
})

test('a suite that is closed ends its backends and gives no more', async () => {
  const backends = await testBackend(definition, { settings: { HOLDFAST_LOG_LEVEL: 'warn' } })
  const backend = await backends.fresh()
  await backends.close()
  await assert.rejects(backend.database.query('select 1'))
  await assert.rejects(backends.fresh(), /closed/)
  await backends.close()
})

test('a setting that is none is refused before anything is started', async () => {
  await assert.rejects(testBackend(definition, { settings: { HOLDFAST_COLOUR: 'red' } }), /HOLDFAST_COLOUR/)
})

const JSON_TYPE = { 'content-type': 'application/json' }
const ELSEWHERE = { origin: 'https://elsewhere.example' }
