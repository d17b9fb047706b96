import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MEMBERS, SURFACE } from '../../../check/fakes.fixture.ts'
import { keepEvidence } from '../../../kernel/evidence.fixture.ts'
import type { NetworkReply, NetworkRequest, ProbeContext } from '../../../kernel/vantage.ts'
import { claims } from './probe.ts'
import { bodyOf, browserOf, shown } from './probe-browser.ts'
import { codeOf, stepAt, unbase32, VECTORS } from './probe-totp.ts'

suite('the codes a probe makes', () => {
  for (const [seconds, code] of VECTORS)
    test(`are those of RFC 6238 at ${seconds} s`, () =>
      assert.equal(codeOf(Buffer.from('12345678901234567890'), stepAt(seconds * 1000)), code))

  test('come of secrets as they are typed', () => {
    assert.equal(unbase32('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ').toString(), '12345678901234567890')
    assert.throws(() => unbase32('not base32'), { name: 'Unproved' })
  })
})

const reply = (status: number, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): NetworkReply => ({
  status,
  headers,
  body: Buffer.from(JSON.stringify(body)),
  text: () => JSON.stringify(body),
  json: () => body,
  setToken: undefined,
})

suite('a browser of the probe', () => {
  test('sends what it was given as cookies, until it is taken away', async () => {
    const sent: NetworkRequest[] = []
    const answers = [
      reply(200, {}, { 'set-cookie': '__Host-pending=abc; Path=/; Max-Age=600' }),
      reply(200, {}, { 'set-cookie': '__Host-session=xyz; Path=/\n__Host-pending=; Path=/; Max-Age=0' }),
      reply(200),
    ]
    const browser = browserOf(
      contextOf(async (request) => {
        sent.push(request)
        return answers[sent.length - 1] ?? reply(500)
      }).context,
    )
    for (const _answer of answers) await browser.call('POST', '/')
    assert.deepEqual(
      sent.map(({ headers }) => headers?.cookie),
      [undefined, '__Host-pending=abc', '__Host-session=xyz'],
    )
  })

  test('tells replies by status, code and place', () => {
    assert.equal(shown(reply(401, { code: 'code-wrong' })), '401 code-wrong')
    assert.equal(shown(reply(200, { next: 'done' })), '200 done')
    assert.equal(shown(reply(303, null, { location: '/sign-in?next=%2F' })), '303 to /sign-in')
    assert.deepEqual(bodyOf(reply(200, 'text')), {})
  })
})

suite('no claim holds', () => {
  const everything = { secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', next: 'done', recoveryCodes: ['A'], assurance: 2 }
  for (const [server, answer] of [
    ['refuses everything', reply(401, { code: 'authentication-required' })],
    ['is out of order', reply(500)],
    ['lets everybody do everything', reply(200, everything, { 'set-cookie': '__Host-session=x; Path=/' })],
  ] as const)
    for (const claim of claims)
      test(`of a server that ${server}: ${claim.id}`, async () => {
        const { context, evidence } = contextOf(async () => answer)
        const verdict = await claim.prove(context).then(
          () => (evidence.some(({ ok }) => !ok) ? 'broken' : 'holds'),
          () => 'unproved',
        )
        assert.notEqual(verdict, 'holds')
      })
})

function contextOf(request: (request: NetworkRequest) => Promise<NetworkReply>) {
  const { evidence, ...keeping } = keepEvidence()
  const [someone] = MEMBERS
  if (someone === undefined) throw new Error('the fixture has people')
  const context = {
    surface: SURFACE,
    identities: MEMBERS,
    identity: () => someone,
    network: { origin: 'https://localhost:1', request, signIn: async () => 'token' },
    database: { admin: { query: async () => ({ rows: [], rowCount: 0 }) } },
    telemetry: { events: async () => [], logs: () => [] },
    mail: { received: async () => [] },
    clock: { now: () => 1_000, advance: async () => undefined },
    ...keeping,
  } as unknown as ProbeContext
  return { context, evidence }
}
