/**
 * For the tests of an application: a backend for each test, real from the routes to the database.
 *
 * ```ts
 * const suite = await testBackend(definition)
 * after(() => suite.close())
 *
 * test('a note is read by who wrote it', async () => {
 *   await using backend = await suite.fresh()
 *   const ada = backend.as('member')
 *   const { status, body } = await ada.post<{ id: string }>('/api/notes', { title: 'Milk' })
 *   assert.equal(status, 201)
 *   assert.equal((await ada.get(`/api/notes/${body.id}`)).status, 200)
 * })
 * ```
 */

export {
  type BackendSuite,
  type TestBackend,
  type TestBackendOptions,
  type TestMessage,
  type TestPerson,
  testBackend,
} from './backend/testing/test-backend.ts'
export type { TestClient, TestReply, TestRequest } from './backend/testing/test-client.ts'
export type { TelemetryEvent } from './kernel/vantage.ts'
