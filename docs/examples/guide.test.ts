import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { minutes } from 'holdfast'
import { type BackendSuite, type TestClient, testBackend } from 'holdfast/testing'
import definition from './guide.ts'

suite('the guide’s backend', () => {
  let backends: BackendSuite
  before(async () => {
    backends = await testBackend(definition)
  })
  after(() => backends.close())

  const begin = async (client: TestClient): Promise<string> => {
    const { status, body } = await client.post<{ id: string }>('/projects', {
      name: '<b>Lantern</b>',
      milestones: [{ title: 'Begin', due: '2027-01-31' }],
    })
    assert.equal(status, 201)
    return body.id
  }

  test('lends a project for reading, then for writing', async () => {
    await using backend = await backends.fresh()
    const [ada, ben] = [backend.as('member'), backend.as('member', { number: 2 })]
    const id = await begin(ada)
    const share = (access: string) =>
      ada.put(`/projects/${id}/shares/${backend.person('member', { number: 2 }).accountId}`, { access })

    assert.equal((await ben.get(`/projects/${id}`)).status, 404)
    assert.equal((await share('read')).status, 204)
    assert.equal((await ben.get(`/projects/${id}`)).status, 200)
    assert.equal((await ben.patch(`/projects/${id}`, { budget: 5 })).status, 404)
    assert.equal((await share('write')).status, 204)
    assert.equal((await ben.patch(`/projects/${id}`, { budget: 5 })).status, 204)
  })

  test('does not lend a project to another tenant', async () => {
    await using backend = await backends.fresh()
    const ada = backend.as('member')
    const stranger = backend.person('member', { tenant: 'B' }).accountId
    const { status } = await ada.put(`/projects/${await begin(ada)}/shares/${stranger}`, { access: 'read' })
    assert.equal(status, 400)
  })

  test('closes a project once, by whoever leads, shortly after signing in', async () => {
    await using backend = await backends.fresh()
    const [member, lead] = [backend.as('member'), backend.as('lead')]
    const path = `/projects/${await begin(member)}/closing`
    assert.equal((await member.post(path)).status, 403)
    assert.equal((await lead.post(path)).status, 204)
    assert.equal((await lead.post<{ code: string }>(path)).body.code, 'conflict')
    await backend.clock.advance(minutes(6))
    assert.equal((await lead.post<{ code: string }>(path)).body.code, 'step-up-required')
  })

  test('shows the budget to those whose role reads it', async () => {
    await using backend = await backends.fresh()
    const path = `/projects/${await begin(backend.as('member'))}/finances`
    assert.deepEqual((await backend.as('member').get(path)).body, { name: '<b>Lantern</b>' })
    assert.deepEqual((await backend.as('lead').get(path)).body, { name: '<b>Lantern</b>', budget: null })
  })

  test('shows pages and tables', async () => {
    await using backend = await backends.fresh()
    const ada = backend.as('member')
    await begin(ada)
    assert.match((await ada.get('/projects')).text, /<li>&lt;b&gt;Lantern&lt;\/b&gt;<\/li>/)
    assert.equal((await ada.get('/projects/export')).headers['content-type']?.startsWith('text/csv'), true)
    const posted = await ada.post('/projects/form', new URLSearchParams({ name: 'By form' }))
    assert.deepEqual([posted.status, posted.headers.location], [303, '/projects'])
  })
})
