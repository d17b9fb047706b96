import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import { codeOf, newPerson, type Person, signInReply, tryToken, UNAUTHENTICATED } from './probe-people.ts'

/** A request another site makes a browser send. */
export const crossSiteClaims: readonly Claim[] = [
  {
    id: 'cross-site',
    says: 'Another site can not act with a visitor’s cookie: unsafe methods need an origin of ours, compared whole.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand:
      'curl -si -b "__Host-session=$TOKEN" -H "origin: https://evil.test" -X POST $ORIGIN/auth/sign-out; $TOKEN still works',
    async prove(context) {
      const { origin } = context.network
      const { host, hostname, port } = new URL(origin)
      const { token } = await newPerson(context)
      for (const [tried, headers] of [
        ['another site', { origin: 'https://evil.test' }],
        ['no origin and no Sec-Fetch-Site', { origin: '' }],
        ['the origin null', { origin: 'null' }],
        ['a host that begins like ours', { origin: `https://${hostname}.evil.test` }],
        ['our whole origin, and more', { origin: `${origin}.evil.test` }],
        ['our origin, and digits more', { origin: `${origin}0` }],
        ['a host that ends like ours', { origin: `https://evil-${host}` }],
        ['our origin as user name', { origin: `https://${host}@evil.test` }],
        ['our origin over plain HTTP', { origin: `http://${host}` }],
        ['our host at another port', { origin: `https://${hostname}:${Number(port) === 1 ? 2 : 1}` }],
        ['our origin with a path', { origin: `${origin}/` }],
        ['our origin and another', { origin: [origin, 'https://evil.test'] }],
        ['Sec-Fetch-Site cross-site', { origin: '', 'sec-fetch-site': 'cross-site' }],
        ['Sec-Fetch-Site same-site', { origin: '', 'sec-fetch-site': 'same-site' }],
        ['another site that says same-origin', { origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' }],
        ['another site with a referrer of ours', { origin: 'https://evil.test', referer: `${origin}/` }],
        ['another site, a method put over', { origin: 'https://evil.test', 'x-http-method-override': 'GET' }],
      ] as readonly (readonly [string, Readonly<Record<string, string | readonly string[]>>])[]) {
        const reply = await signOut(context, token, headers)
        const saw = `${reply.status} ${codeOf(reply)}`
        context.record({
          side: 'negative',
          tried: `signing somebody out from ${tried}`,
          saw,
          expected: '403 cross-site, or 400 before it comes to that',
          ok: saw === '403 cross-site' || saw === '400 request-malformed',
        })
        context.expect('negative', `their session after ${tried}`, (await tryToken(context, token)).status, 200)
      }
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const reply = await context.network.request({
          method,
          path: '/auth/sessions',
          token,
          headers: { origin: 'https://evil.test' },
        })
        context.expect(
          'negative',
          `${method} from another site, whatever is there`,
          `${reply.status} ${codeOf(reply)}`,
          '403 cross-site',
        )
      }
      for (const [tried, headers] of [
        ['our own origin', { origin }],
        ['Sec-Fetch-Site same-origin', { origin: '', 'sec-fetch-site': 'same-origin' }],
        ['Sec-Fetch-Site none: typed by hand', { origin: '', 'sec-fetch-site': 'none' }],
      ] as const) {
        const person = await newPerson(context)
        const reply = await signOut(context, person.token, headers)
        context.expect(
          'positive',
          `signing out from ${tried}`,
          reply.status < 400 ? 'done' : `${reply.status} ${codeOf(reply)}`,
          'done',
        )
        context.expect(
          'positive',
          `the session after ${tried}`,
          (await tryToken(context, person.token)).status,
          UNAUTHENTICATED,
        )
      }
      await signsNobodyIn(context)
      const unbound = await signInReply(context, await newPerson(context), { origin: 'https://evil.test' })
      context.expect('positive', 'signing in from anywhere without a cookie, as a program does', unbound.status, 200)
    },
  },
  {
    id: 'cross-origin-reading',
    says: 'A page of another site can not read replies, nor is it told that it might.',
    level: 'required',
    needs: ['network'],
    effect: 'reads',
    keeps: days(30),
    byHand: 'curl -si -H "origin: https://evil.test" $ORIGIN/auth/session | grep -i access-control',
    async prove(context) {
      const { token } = await newPerson(context)
      context.expect('positive', 'a page of our own, reading', (await tryToken(context, token)).status, 200)
      for (const foreign of ['https://evil.test', 'null', `${context.network.origin}.evil.test`]) {
        const read = await context.network.request({ path: '/auth/session', token, headers: { origin: foreign } })
        context.expect('negative', `what a page of ${foreign} is allowed on reading`, allowed(read), 'nothing')
        const preflight = await context.network.request({
          method: 'OPTIONS',
          path: '/auth/session',
          headers: {
            origin: foreign,
            'access-control-request-method': 'GET',
            'access-control-request-headers': 'content-type',
          },
        })
        context.expect('negative', `what a preflight of ${foreign} is told`, allowed(preflight), 'nothing')
      }
    },
  },
  {
    id: 'configured-origin',
    says: 'A page of a configured origin works with the visitor’s session, and of no other.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: `curl -si -X OPTIONS -H "origin: https://pages.holdfast.test" -H "access-control-request-method: POST" $ORIGIN/auth/sign-out`,
    async prove(context) {
      const { token } = await newPerson(context)
      const preflight = await preflightOf(context, CONFIGURED, '/auth/sign-out', 'POST')
      context.expect(
        'positive',
        'its preflight for a declared route',
        `${preflight.status} ${allowed(preflight)}`,
        `204 ${CONFIGURED} with credentials`,
      )
      const read = await context.network.request({ path: '/auth/session', token, headers: { origin: CONFIGURED } })
      context.expect(
        'positive',
        'reading with the session',
        `${read.status} ${allowed(read)}`,
        `200 ${CONFIGURED} with credentials`,
      )
      context.expect(
        'negative',
        'caches told apart by origin',
        /\borigin\b/i.test(read.headers.vary ?? '') ? 'yes' : 'no',
        'yes',
      )
      context.expect(
        'negative',
        'preflight for a method the route has not',
        allowedMethods(await preflightOf(context, CONFIGURED, '/auth/sign-out', 'PUT')),
        'none',
      )
      context.expect(
        'negative',
        'preflight for a path that is none',
        allowedMethods(await preflightOf(context, CONFIGURED, '/no/such/route', 'POST')),
        'none',
      )
      for (const foreign of [`${CONFIGURED}.evil.test`, 'https://other.holdfast.test', 'http://pages.holdfast.test']) {
        const attempt = await signOut(context, token, { origin: foreign })
        context.expect('negative', `acting from ${foreign}`, `${attempt.status} ${allowed(attempt)}`, '403 nothing')
      }
      context.expect(
        'positive',
        'acting with the session',
        (await signOut(context, token, { origin: CONFIGURED })).status < 400 ? 'done' : 'refused',
        'done',
      )
      context.expect('positive', 'the session it signed out', (await tryToken(context, token)).status, UNAUTHENTICATED)
    },
  },
]

/** Another site's form signs nobody in: the visitor would write into an account that somebody else reads. */
async function signsNobodyIn(context: ProbeContext): Promise<void> {
  const has = (path: string): boolean =>
    context.surface.routes.some((route) => route.path === path && route.method === 'POST' && route.accepts !== 'json')
  const { origin } = context.network
  for (const { what, prepare } of SIMPLE.filter(({ path }) => has(path))) {
    const sent = await prepare(context, await newPerson(context))
    const by = async (headers: Readonly<Record<string, string>>): Promise<string> => {
      const reply = await context.network.request({
        method: 'POST',
        path: sent.path,
        ...(sent.body === undefined ? {} : { body: sent.body }),
        headers: { ...(sent.body === undefined ? {} : FORM), ...headers },
      })
      return reply.setToken ? 'somebody is signed in' : 'nobody is signed in'
    }
    for (const [from, headers] of [
      ['another site', { origin: 'https://evil.test' }],
      ['the origin null', { origin: 'null' }],
      ['another site that sends no origin', { 'sec-fetch-site': 'cross-site' }],
    ] as const) {
      context.expect('negative', `${what}, from ${from}`, await by(headers), 'nobody is signed in')
    }
    context.expect('positive', `${what}, from our page`, await by({ origin }), 'somebody is signed in')
  }
}

interface Simple {
  readonly what: string
  /** Of the route. */
  readonly path: string
  readonly prepare: (
    context: ProbeContext,
    person: Person,
  ) => Promise<{ readonly path: string; readonly body?: string }>
}

/** What a browser sends from any page without asking, and what signs somebody in here. */
const SIMPLE: readonly Simple[] = [
  {
    what: 'the form of signing in',
    path: '/sign-in',
    prepare: async (_context, { email, password }) => ({
      path: '/sign-in',
      body: new URLSearchParams({ email, password }).toString(),
    }),
  },
  {
    what: 'the button that a mailed link leads to',
    path: '/sign-in/link/:token',
    async prepare(context, { email }) {
      const asked = await context.network.request({ method: 'POST', path: '/auth/sign-in-link', body: { email } })
      const mails = await context.mail.received(email, (sent) => sent.some(({ text }) => LINK.test(text)))
      const path = mails.map(({ text }) => LINK.exec(text)?.[0]).findLast(Boolean)
      if (path === undefined) throw new Unproved(`no link to sign in was mailed: asking answered ${asked.status}`)
      return { path }
    },
  },
]
const LINK = /\/sign-in\/link\/[\w-]{43}/
const FORM = { 'content-type': 'application/x-www-form-urlencoded' } as const

const signOut = (
  context: ProbeContext,
  token: string,
  headers: Readonly<Record<string, string | readonly string[]>>,
): Promise<NetworkReply> => context.network.request({ method: 'POST', path: '/auth/sign-out', token, headers })

const preflightOf = (context: ProbeContext, origin: string, path: string, method: string): Promise<NetworkReply> =>
  context.network.request({ method: 'OPTIONS', path, headers: { origin, 'access-control-request-method': method } })

/** Which origin a reply lets read, in one text. */
function allowed(reply: NetworkReply): string {
  const origin = reply.headers['access-control-allow-origin']
  if (origin === undefined) return 'nothing'
  return reply.headers['access-control-allow-credentials'] === 'true' ? `${origin} with credentials` : origin
}

const allowedMethods = (reply: NetworkReply): string => reply.headers['access-control-allow-methods'] ?? 'none'

/** The origin that every twin is configured with: one that is let in nowhere is as broken as one that is let in everywhere. */
const CONFIGURED = 'https://pages.holdfast.test'
