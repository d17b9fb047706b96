import { connect } from 'node:net'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkRequest, ProbeContext } from '../../../kernel/vantage.ts'
import { internalsIn, problemIn, problemInBytes, stillServes } from './probe-problem.ts'

/** Errors that are made before a handler runs. */
export const refusalClaims: readonly Claim[] = [
  {
    id: 'refusals',
    says: 'What can not be served is answered with a problem: a status, a stable code, an id, and nothing of the inside.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'curl -i $ORIGIN/nothing-here; curl -i -X PATCH $ORIGIN/health/live; curl -i "$ORIGIN/%zz"',
    prove: proveRefusals,
  },
  {
    id: 'parser',
    says: 'Bytes that are no sound HTTP are answered with a problem, or with nothing where nobody could read it.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'printf "NONSENSE\\r\\n\\r\\n" | openssl s_client -quiet -connect localhost:3443',
    prove: proveParser,
  },
]

async function proveRefusals(context: ProbeContext): Promise<void> {
  const ids = new Set<string>()
  let count = 0
  for (const [what, request, status, code] of refusals(context)) {
    const reply = await context.network.request(request)
    // Whether such input is taken is the question of another item; here it is how the refusal looks.
    if (code === ANY && reply.status < 400) continue
    const seen = problemIn(reply)
    if (code === ANY)
      context.expect('negative', what, seen.id === '' ? `${seen.status} ${seen.code}` : 'a problem', 'a problem')
    else context.expect('negative', what, `${seen.status} ${seen.code}`, `${status} ${code}`)
    context.expect(
      'negative',
      `${what}: told of the inside`,
      internalsIn(reply.text(), reply.headers) ?? 'nothing',
      'nothing',
    )
    if (seen.id !== '') ids.add(seen.id)
    count++
  }
  context.expect('negative', 'ids of these replies', `${ids.size} different ones`, `${count} different ones`)

  const chosen = 'chosen-by-the-sender'
  const given = [1, 2].map(() =>
    context.network.request({ path: '/nothing-here', headers: { ...from(context), 'x-request-id': chosen } }),
  )
  const answered = (await Promise.all(given)).map((reply) => problemIn(reply).id)
  const own = answered.every((id) => id !== '' && id !== chosen) && new Set(answered).size === answered.length
  context.expect(
    'negative',
    'ids where the sender gives one, twice the same',
    own ? 'our own' : answered.join(' '),
    'our own',
  )

  const wrong = await context.network.request({ method: 'PATCH', path: '/health/live', headers: from(context) })
  context.expect('negative', 'the Allow field of a 405', wrong.headers.allow ?? 'absent', 'GET, HEAD')
  const page = await context.network.request({ path: '/nothing-here', headers: { accept: 'text/html' } })
  context.expect(
    'negative',
    'a browser is told the code',
    page.text().includes('not-found') ? 'told' : 'not told',
    'told',
  )
  context.expect(
    'negative',
    'a page: told of the inside',
    internalsIn(page.text(), page.headers) ?? 'nothing',
    'nothing',
  )
  const head = await context.network.request({ method: 'HEAD', path: '/nothing-here' })
  context.expect('negative', 'HEAD of what is not there', `${head.status}, ${head.body.length} bytes`, '404, 0 bytes')
  await stillServes(context)
}

const from = (context: ProbeContext): Record<string, string> => ({
  origin: context.network.origin,
  accept: 'application/json',
})

/** Stands for every code, where validation decides which one it is. */
const ANY = ''

/** What is sent, and the status and code it deserves. */
function refusals(context: ProbeContext): readonly (readonly [string, NetworkRequest, number, string])[] {
  const signIn = (body: string | Buffer, type = 'application/json'): NetworkRequest => ({
    method: 'POST',
    path: '/auth/sign-in',
    headers: { ...from(context), 'content-type': type },
    body,
  })
  const headers = from(context)
  return [
    ['a path that is not there', { path: '/nothing-here', headers }, 404, 'not-found'],
    ['a path with markup', { path: '/%3Cscript%3E', headers }, 404, 'not-found'],
    ['a method that is not served', { method: 'PATCH', path: '/health/live', headers }, 405, 'method-not-allowed'],
    ['TRACE', { method: 'TRACE', path: '/health/live', headers }, 405, 'method-not-allowed'],
    ['PROPFIND', { method: 'PROPFIND', path: '/health/live', headers }, 405, 'method-not-allowed'],
    ['a path that is no encoding', { path: '/%zz', headers }, 400, 'request-malformed'],
    ['a path that is no UTF-8', { path: '/%c0%af', headers }, 400, 'request-malformed'],
    ['a target of 9,000 bytes', { path: `/${'a'.repeat(9_000)}`, headers }, 414, 'uri-too-long'],
    ['an undeclared parameter', { path: '/health/live?x=1', headers }, 400, ANY],
    ['a query that is no encoding', { path: '/health/live?x=%zz', headers }, 400, ANY],
    ['nobody signed in', { path: '/auth/session', headers }, 401, 'authentication-required'],
    ['broken JSON', signIn('{"email":'), 400, ANY],
    ['an empty body', signIn(''), 400, ANY],
    ['bytes for JSON', signIn(Buffer.from('ff00ff00', 'hex')), 400, ANY],
    ['JSON of 5,000 levels', signIn('['.repeat(5_000) + ']'.repeat(5_000)), 400, ANY],
    ['another content type', signIn('a', 'text/plain'), 400, ANY],
    ['a content type that is none', signIn('{}', ';;;'), 400, ANY],
    ['a body of 1 MB', signIn('a'.repeat(1_000_000)), 413, 'body-too-large'],
    ['fields of the wrong type', signIn('{"email":1,"password":[]}'), 400, ANY],
    ['100 fields of 100 bytes', { path: '/health/live', headers: manyFields(100) }, 431, 'headers-too-large'],
  ]
}

const manyFields = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-field-${i}`, 'a'.repeat(100)]))

async function proveParser(context: ProbeContext): Promise<void> {
  for (const [what, bytes, status, code] of PARSER) {
    const answer = await context.network.raw(bytes, { timeout: 5_000 })
    const seen = problemInBytes(answer)
    context.expect('negative', what, `${seen.status} ${seen.code}`, `${status} ${code}`)
    context.expect('negative', `${what}: the id`, seen.id === '' ? 'none' : 'given', 'given')
    context.expect(
      'negative',
      `${what}: told of the inside`,
      internalsIn(answer.toString('latin1')) ?? 'nothing',
      'nothing',
    )
  }
  const plain = await sendPlain(context.network.origin, 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const told = internalsIn(plain.toString('latin1')) ?? 'nothing'
  context.expect('negative', 'plain HTTP on the TLS port: told of the inside', told, 'nothing')
  context.expect(
    'negative',
    'plain HTTP on the TLS port',
    plain.toString('latin1').startsWith('HTTP/1.1 2') ? 'served' : 'not served',
    'not served',
  )
  await stillServes(context)
}

const get = (...fields: readonly string[]): string =>
  `GET /health/live HTTP/1.1\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`

const post = (body: string, ...fields: readonly string[]): string =>
  `POST /auth/sign-in HTTP/1.1\r\n${['host: localhost', 'content-type: application/json', ...fields].join('\r\n')}\r\n\r\n${body}`

/** The last ones are requests of which two parties could disagree where they end or whom they are for (RFC 9112, 11.2). */
const PARSER: readonly (readonly [string, string | Buffer, number, string])[] = [
  ['nonsense', 'NONSENSE\r\n\r\n', 400, 'request-malformed'],
  ['binary', Buffer.from('00ff00ff0d0a0d0a', 'hex'), 400, 'request-malformed'],
  ['an unknown method', 'BREW /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n', 400, 'request-malformed'],
  ['an unknown version', 'GET /health/live HTTP/9.9\r\nhost: localhost\r\n\r\n', 400, 'request-malformed'],
  ['a header of 1 MB', get('host: localhost', `x: ${'a'.repeat(1_000_000)}`), 431, 'headers-too-large'],
  ['a header without a name', get('host: localhost', ': x'), 400, 'request-malformed'],
  ['a blank before the colon', get('host : localhost'), 400, 'request-malformed'],
  ['a control character in a header', get('host: localhost', 'x: a\u0001b'), 400, 'request-malformed'],
  ['two hosts', get('host: localhost', 'host: elsewhere.test'), 400, 'request-malformed'],
  [
    'another origin as the target',
    'GET http://elsewhere.test/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n',
    400,
    'request-malformed',
  ],
  ['a fragment in the target', 'GET /health/live#x HTTP/1.1\r\nhost: localhost\r\n\r\n', 400, 'request-malformed'],
  ['two lengths', post('{}', 'content-length: 2', 'content-length: 3'), 400, 'request-malformed'],
  [
    'a length and chunks',
    post('0\r\n\r\n', 'content-length: 5', 'transfer-encoding: chunked'),
    400,
    'request-malformed',
  ],
  ['chunks under another name', post('0\r\n\r\n', 'transfer-encoding: chunked, identity'), 400, 'request-malformed'],
  ['a length that is no number', post('{}', 'content-length: +2'), 400, 'request-malformed'],
  ['CONNECT', 'CONNECT elsewhere.test:443 HTTP/1.1\r\nhost: elsewhere.test\r\n\r\n', 405, 'method-not-allowed'],
]

/** Speaks without TLS to the TLS port; resolves with what comes back until the connection ends. */
function sendPlain(origin: string, bytes: string): Promise<Buffer> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.setTimeout(3_000, () => socket.destroy())
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', () => {}) // a reset is an answer too: `close` follows
    socket.on('close', () => resolve(Buffer.concat(chunks)))
  })
}
