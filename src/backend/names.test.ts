import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import definition from '../../examples/notes/backend.ts'
import { type BackendSuite, testBackend } from '../testing.ts'

let backends: BackendSuite
before(async () => {
  backends = await testBackend(definition)
})
after(() => backends.close())

suite('whoever signs up', () => {
  const signUp = async (name: string) => {
    await using backend = await backends.fresh()
    return backend.anonymous.request<{ code: string; fields?: { at: string }[] }>({
      method: 'POST',
      path: '/auth/sign-up',
      body: { email: 'ada@example.test', name, password: 'gravel lantern member seven' },
    })
  }
  for (const [what, name] of [
    ['turns the direction', 'Ada\u202e'],
    ['has a character without a shape', 'A\u200bda'],
    ['gets too long when it is normalised', '\u0958'.repeat(60)],
    ['is too long', 'a'.repeat(101)],
  ] as const) {
    test(`with a name that ${what} is told which field it is`, async () => {
      const { status, body } = await signUp(name)
      assert.deepEqual([status, body.code, body.fields?.[0]?.at], [400, 'input-invalid', 'body/name'])
    })
  }
})
