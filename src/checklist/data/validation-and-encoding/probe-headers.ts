import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkReply, NetworkRequest, ProbeContext } from '../../../kernel/vantage.ts'
import { eachOf } from './probe-refusals.ts'
import { requestOf, subjectsOf } from './probe-routes.ts'

/** What every reply tells a browser. */
export const headerClaims: readonly Claim[] = [
  {
    id: 'headers',
    says: 'Every reply, errors included, says how it is to be taken: nosniff, no referrer for other sites, no storing, a policy that allows nothing.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'curl -sI $ORIGIN/health/live; curl -sI $ORIGIN/nothing-here',
    prove: proveHeaders,
  },
  {
    id: 'page-policy',
    says: 'A page runs only scripts that carry the nonce of its own reply, and no text becomes script or HTML (Trusted Types).',
    level: 'where-present',
    present: async ({ surface }) =>
      surface.routes.some(({ schema }) => Object.values(schema.response).includes('html')) || 'no route shows a page',
    needs: ['network'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'curl -sI -H "accept: text/html" $ORIGIN/sign-in | grep -i content-security-policy',
    prove: provePages,
  },
]

async function proveHeaders(context: ProbeContext): Promise<void> {
  const subjects = (await subjectsOf(context, () => true)).filter((subject) => subject.callable)
  const errors = errorRequests(context)
  const requests = [...subjects.map((subject) => [subject.name, requestOf(context, subject)] as const), ...errors]
  let sound = 0
  const statuses = new Set<number>()
  await eachOf(requests, async ([name, request]) => {
    const reply = await context.network.request(request)
    statuses.add(reply.status)
    const flaw = headerFlaw(reply)
    if (flaw === null) sound++
    else
      context.record({
        side: 'negative',
        tried: name,
        saw: `${reply.status}: ${flaw}`,
        expected: 'all fields',
        ok: false,
      })
  })
  const raw = (await context.network.raw('NONSENSE\r\n\r\n')).toString('latin1').toLowerCase()
  for (const [name, value] of [...FIELDS, ['referrer-policy', 'no-referrer']]) {
    const saw = raw.includes(`\r\n${name}: ${value}`) ? 'there' : 'absent'
    context.expect('negative', `${name} in the parser's own refusal`, saw, 'there')
  }
  context.expect(
    'negative',
    `header fields of ${requests.length} replies`,
    `${sound} have all`,
    `${requests.length} have all`,
  )
  context.record({
    side: 'positive',
    tried: 'replies of all kinds',
    saw: [...statuses].sort().join(' '),
    expected: 'a 2xx among them',
    ok: [...statuses].some((status) => status >= 200 && status < 300),
  })
}

/** Refusals made at different depths, as JSON and as pages. */
function errorRequests(context: ProbeContext): readonly (readonly [string, NetworkRequest])[] {
  const json = { accept: 'application/json', 'content-type': 'application/json', origin: context.network.origin }
  return [
    ['nothing there', { path: '/nothing-here-at-all' }],
    ['nothing there, for a browser', { path: '/nothing-here-at-all', headers: { accept: 'text/html' } }],
    [
      'a method that is not served',
      { method: 'PATCH', path: '/health/live', headers: { origin: context.network.origin } },
    ],
    ['a bad path', { path: '/%zz' }],
    ['an undeclared parameter', { path: '/health/live?x=1' }],
    ['nobody signed in', { path: '/auth/session', headers: { accept: 'application/json' } }],
    ['broken JSON', { method: 'POST', path: '/auth/sign-in', headers: json, body: '{' }],
    [
      'a foreign body',
      { method: 'POST', path: '/auth/sign-in', headers: { ...json, 'content-type': 'text/plain' }, body: 'x' },
    ],
    ['a long target', { path: `/${'a'.repeat(9_000)}` }],
  ]
}

const FIELDS: readonly (readonly [name: string, value: string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cache-control', 'no-store'],
]

function headerFlaw({ status, headers }: NetworkReply): string | null {
  for (const [name, value] of FIELDS) {
    if (name === 'cache-control' && status < 300) continue // files that never change may be kept
    if (headers[name] !== value) return `${name}: ${headers[name] ?? 'absent'}`
  }
  // A page's own forms need an origin to be told from a stranger's; see platform/http/security-headers.ts.
  const html = (headers['content-type'] ?? '').startsWith('text/html')
  const referrer = html ? 'same-origin' : 'no-referrer'
  if (headers['referrer-policy'] !== referrer) return `referrer-policy: ${headers['referrer-policy'] ?? 'absent'}`
  for (const name of ['cache-control', 'permissions-policy']) if (!headers[name]) return `${name}: absent`
  const policy = policyOf(headers['content-security-policy'] ?? '')
  if (policy.get('default-src') !== "'none'") return `default-src ${policy.get('default-src') ?? 'absent'}`
  if (policy.get('frame-ancestors') !== "'none'") return 'may be framed'
  const extra = [...policy.keys()].filter((name) => !HARMLESS.has(name))
  return html || extra.length === 0 ? null : `its policy allows ${extra.join(' ')}`
}

/** Directives that allow nothing by themselves. */
const HARMLESS = new Set(['default-src', 'frame-ancestors', 'base-uri', 'form-action', 'sandbox'])

async function provePages(context: ProbeContext): Promise<void> {
  const subjects = (
    await subjectsOf(
      context,
      ({ method, schema }) => method === 'GET' && Object.values(schema.response).includes('html'),
    )
  ).filter((subject) => subject.callable)
  let seen = 0
  const given: string[] = []
  await eachOf(subjects, async (subject) => {
    const request = { ...requestOf(context, subject), headers: { accept: 'text/html' } }
    const [first, second] = [await context.network.request(request), await context.network.request(request)]
    if (!(first.headers['content-type'] ?? '').startsWith('text/html')) return
    seen++
    context.expect('negative', `${subject.name}: its policy`, pageFlaw(first) ?? 'strict', 'strict')
    given.push(nonceOf(first), nonceOf(second))
  })
  for (const path of ['/nothing-here-at-all', '/nothing-there-either']) {
    const error = await context.network.request({ path, headers: { accept: 'text/html' } })
    if (!(error.headers['content-type'] ?? '').startsWith('text/html')) continue
    context.expect('negative', 'the page of an error: its policy', pageFlaw(error) ?? 'strict', 'strict')
    given.push(nonceOf(error))
  }
  // Whoever knows a nonce before the page it comes with can put it into what they store.
  const different = new Set(given).size
  context.expect('negative', `nonces of ${given.length} pages`, `${different} different`, `${given.length} different`)
  if (seen === 0) throw new Unproved('no page could be opened')
  context.record({ side: 'positive', tried: 'pages opened', saw: String(seen), expected: 'at least one', ok: true })
}

const nonceOf = ({ headers }: NetworkReply): string =>
  /'nonce-([^']+)'/.exec(headers['content-security-policy'] ?? '')?.[1] ?? ''

/** What is loose in a page's policy, or `null`. */
function pageFlaw(reply: NetworkReply): string | null {
  const policy = policyOf(reply.headers['content-security-policy'] ?? '')
  const nonce = nonceOf(reply)
  if (nonce.length < 22) return 'no nonce of 128 bits'
  for (const [name, value] of PAGE_POLICY)
    if (policy.get(name) !== value) return `${name} ${policy.get(name) ?? 'absent'}`
  const scripts = (policy.get('script-src') ?? '').split(' ')
  const loose = scripts.find((source) => source !== `'nonce-${nonce}'` && source !== "'strict-dynamic'")
  if (loose !== undefined) return `script-src ${loose}`
  for (const [name, value] of policy) {
    if (/'unsafe-|(?:^|\s)(?:\*|https?:)(?:\s|$)/.test(value)) return `${name} ${value}`
  }
  const text = reply.text()
  for (const [tag] of text.matchAll(/<script\b[^>]*>/gi))
    if (!tag.includes(`nonce="${nonce}"`)) return 'a script without the nonce'
  return /<[a-z][^>]*\son[a-z]+\s*=/i.test(text) ? 'an event handler in an attribute' : null
}

const PAGE_POLICY: readonly (readonly [name: string, value: string])[] = [
  ['default-src', "'none'"],
  ['base-uri', "'none'"],
  ['frame-ancestors', "'none'"],
  ['form-action', "'self'"],
  ['require-trusted-types-for', "'script'"],
  ['trusted-types', "'none'"],
]

/** Directive → its sources. */
const policyOf = (field: string): ReadonlyMap<string, string> =>
  new Map(
    field
      .split(';')
      .map((directive) => directive.trim().split(/\s+(.*)/s))
      .filter(([name]) => name !== '')
      .map(([name = '', sources = '']) => [name.toLowerCase(), sources]),
  )
