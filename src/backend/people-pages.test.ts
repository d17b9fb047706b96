import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { defineBackend, minutes } from '../index.ts'
import { type BackendSuite, type TestBackend, testBackend } from '../testing.ts'

const DEFINITION = defineBackend({
  name: 'harbour',
  title: 'Harbour',
  tables: [],
  permissions: {},
  roles: { member: [] },
  routes() {},
})
const PEOPLE = '/admin/people'
const forms = (page: string): readonly string[] =>
  [...page.matchAll(/<form [^>]*action="([^"]+)"/g)]
    .map(([, action]) => action ?? '')
    .filter((to) => to !== '/sign-out')

suite('the pages about people', () => {
  let suiteOf: BackendSuite
  let backend: TestBackend
  before(async () => {
    suiteOf = await testBackend(DEFINITION)
    backend = await suiteOf.fresh()
  })
  after(() => suiteOf.close())

  const pageOf = (who: Parameters<TestBackend['person']>[0], role: string): Promise<string> =>
    backend
      .as(role)
      .get(`${PEOPLE}/${backend.person(who).accountId}`)
      .then(({ text }) => text)

  test('find somebody by a part of their address or name, which is no pattern', async () => {
    const found = async (find: string): Promise<number> =>
      (await backend.as('admin').get(`${PEOPLE}?${new URLSearchParams({ find })}`)).text.split('<strong>').length - 1
    assert.equal(await found('MEMBER-A1@'), 1)
    assert.equal(await found('person owner'), 3)
    for (const pattern of ['%', '_', "'", '\\']) assert.equal(await found(pattern), 0, pattern)
  })

  test('have the forms of what their reader may do', async () => {
    const ends = async (role: string): Promise<readonly string[]> =>
      forms(await pageOf('member', role)).map((to) => to.split('/').at(-1) ?? '')
    assert.deepEqual(await ends('owner'), ['take', 'give', 'password-reset', 'end', 'disable'])
    assert.deepEqual(await ends('admin'), ['password-reset', 'end', 'disable'])
    const auditors = await pageOf('member', 'auditor')
    assert.deepEqual(forms(auditors), [])
    assert.match(auditors, /change nothing about it/)
  })

  test('lead to confirming first who has not lately said who they are', async () => {
    const admin = backend.as('admin')
    const path = `${PEOPLE}/${backend.person('member').accountId}`
    assert.doesNotMatch((await admin.get(path)).text, /confirm first/)
    await backend.clock.advance(minutes(4))
    const { text } = await admin.get(path)
    assert.match(text, /confirm first/)
    assert.ok(text.includes(`/confirm?next=${encodeURIComponent(path)}`))
    assert.deepEqual(forms(text), [])
    await backend.clock.advance(minutes(2))
    const late = await admin.post(`${path}/disable`)
    assert.notEqual(late.status, 200)
    assert.equal((await backend.anonymous.get('/sign-in')).status, 200)
    const { rows } = await backend.database.query('select disabled_at from holdfast.account where id = $1', [
      backend.person('member').accountId,
    ])
    assert.equal(rows[0]?.disabled_at, null)
  })

  test('are no way around what an administrator may not do', async () => {
    const owner = `${PEOPLE}/${backend.person('owner').accountId}`
    const admin = backend.as('admin', { number: 2 })
    const give = await admin.post(`${owner}/roles/give`, new URLSearchParams({ role: 'owner' }))
    assert.equal(give.status, 403)
    for (const path of ['disable', 'factor-reset', 'sessions/end']) {
      const { status, text } = await admin.post(`${owner}/${path}`)
      assert.ok(status === 403, `${path}: ${status}`)
      assert.match(text, /role="alert"/)
    }
    for (const path of ['', '/disable', '/factor-reset/cancel']) {
      const absent = `${PEOPLE}/${randomUUID()}${path}`
      const { status } = path === '' ? await admin.get(absent) : await admin.post(absent)
      assert.equal(status, 404, path)
    }
    assert.equal((await backend.as('member').get(PEOPLE)).status, 403)
  })

  test('show a reset as it is, with when it takes effect, and say what it can not be', async () => {
    const admin = backend.as('admin', { number: 2 })
    const auditor = backend.person('auditor')
    const path = `${PEOPLE}/${auditor.accountId}`
    const none = await admin.post(`${PEOPLE}/${backend.person('member').accountId}/factor-reset`)
    assert.equal(none.status, 409)
    assert.match(none.text, /There is no second factor to reset/)
    assert.equal((await admin.post(`${path}/factor-reset`)).status, 303)
    assert.match((await admin.get(PEOPLE)).text, /Resets of second factors under way/)
    assert.match((await admin.get(path)).text, /will be removed on/)
    assert.equal((await admin.post(`${path}/factor-reset/cancel`)).status, 303)
    assert.doesNotMatch((await admin.get(PEOPLE)).text, /under way/)
  })
})
