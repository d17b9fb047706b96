import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { NetworkReply } from '../../../kernel/vantage.ts'
import { difference } from './probe-people.ts'

suite('two answers', () => {
  const one = problem('0d1f', 'ada@example.org')
  const cases: readonly [what: string, other: NetworkReply, told: string][] = [
    ['of another request at another moment', problem('77aa', 'bob@example.org'), 'no difference'],
    ['with another status', { ...problem('77aa', 'bob@example.org'), status: 403 }, 'status 401, not 403'],
    ['that say something else', problem('77aa', 'bob@example.org', 'Nobody has it'), 'the body'],
    ['with one more field', more({ 'retry-after': '1' }), 'the header retry-after'],
    ['of which one has no date', more({ date: '' }), 'the header date'],
    ['with a cookie', more({ 'set-cookie': '__Host-pending=x' }), 'the header set-cookie'],
    [
      'with another policy',
      more({ 'content-security-policy': "default-src 'self'; script-src 'nonce-77aa'" }),
      'the header content-security-policy',
    ],
    ['that show what somebody else typed', problem('77aa', 'ada@example.org'), 'the body'],
  ]
  for (const [what, other, told] of cases)
    test(`${what}: ${told}`, () =>
      assert.equal(difference(one, other, { one: 'ada@example.org', other: 'bob@example.org' }), told))
})

function more(headers: Readonly<Record<string, string>>): NetworkReply {
  const reply = problem('77aa', 'bob@example.org')
  return { ...reply, headers: { ...reply.headers, ...headers } }
}

function problem(id: string, typed: string, detail = 'Wrong'): NetworkReply {
  const text = JSON.stringify({ code: 'credentials-wrong', id, detail, typed })
  return {
    status: 401,
    headers: {
      date: new Date(Number.parseInt(id, 16) * 1e7).toUTCString(),
      connection: 'keep-alive',
      'content-security-policy': `default-src 'none'; script-src 'nonce-${id}'`,
      instance: `urn:${id}`,
    },
    body: Buffer.from(text),
    text: () => text,
    json: () => JSON.parse(text) as unknown,
    setToken: undefined,
  }
}
