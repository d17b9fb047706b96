import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type BackendSuite, testBackend } from 'holdfast/testing'
import definition from './first-backend.ts'

suite('a task', () => {
  let backends: BackendSuite
  before(async () => {
    backends = await testBackend(definition)
  })
  after(() => backends.close())

  test('is read by who made it and by nobody else', async () => {
    await using backend = await backends.fresh()
    const ada = backend.as('member')
    const { status, body } = await ada.post<{ id: string }>('/tasks', { title: 'Buy milk' })
    assert.equal(status, 201)
    assert.equal((await ada.get(`/tasks/${body.id}`)).status, 200)
    assert.equal((await backend.as('member', { number: 2 }).get(`/tasks/${body.id}`)).status, 404)
    assert.equal((await backend.anonymous.get(`/tasks/${body.id}`)).status, 401)
  })
})
