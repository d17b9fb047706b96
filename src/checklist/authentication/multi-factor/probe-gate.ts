import { setTimeout as sleep } from 'node:timers/promises'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import { days, minutes } from '../../../kernel/time.ts'
import type { ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { type Browser, bodyOf, browserOf, enrol, firstStep, shown, standing } from './probe-browser.ts'
import { codeOf, stepAt } from './probe-totp.ts'

/** The gate: every way to sign in, and what roles are worth before it. */
export const gateClaims: readonly Claim[] = [
  {
    id: 'every-way',
    says: 'Whichever way somebody of a role that requires a second factor signs in, the session begins behind the second step.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(7),
    byHand:
      'sign in as an owner by password, by mailed link, by reset and with an outside provider: each asks for the second factor',
    async prove(context) {
      const ways = waysOf(context)
      for (const role of requiring(context)) {
        const who = context.identity(role)
        if (who.passkey === undefined) throw new Unproved(`${who.name} has no second factor`)
        for (const [way, take] of ways) {
          const browser = browserOf(context)
          const saw = await take(browser, who)
          context.expect('negative', `${way} as ${role}`, saw, way.endsWith('form') ? FORM : '200 second-factor')
          context.expect('negative', 'who that browser is then', await standing(browser, who), 'nobody')
        }
        const token = await context.network.signIn(who)
        const { assurance } = bodyOf(await context.network.request({ path: '/auth/session', token }))
        context.expect('positive', `assurance of ${role} with the second factor`, Number(assurance), 2)
      }
      const plain = browserOf(context)
      const member = context.identity('member')
      context.expect('positive', 'a member by password', shown(await firstStep(plain, member)), '200 done')
    },
  },
  {
    id: 'required-by-role',
    says: 'A role that requires a second factor is of no effect in a session without one, granted or inherited.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(7),
    exclusive: true,
    byHand: 'make somebody without a second factor an admin, sign in by password, and open /admin/users',
    async prove(context) {
      const { admin } = context.database
      const heir = 'probe-heir'
      await admin.query(
        "insert into holdfast.role (name, origin, grants, inherits) values ($1, 'custom', '{}', '{auditor}'), ($2, 'custom', '{role:manage}', '{}')",
        [heir, 'probe-keeper'],
      )
      const route = routeAsking(context, 'user:read')
      const who = context.identity('member')
      for (const role of [...requiring(context), heir, 'probe-keeper']) {
        await admin.query('insert into holdfast.account_role (account_id, role, granted_at) values ($1, $2, now())', [
          who.accountId,
          role,
        ])
        const browser = browserOf(context)
        await firstStep(browser, who)
        const [method, path, body] =
          role === 'probe-keeper' ? (['PUT', '/admin/roles/probe-none', {}] as const) : (['GET', route.path] as const)
        // A role that was made a moment ago is announced to the nodes, and unknown to them until then.
        let refused = await browser.tell(method, path, body)
        for (let tries = 0; tries < 40 && refused === '403 permission-missing'; tries++) {
          await sleep(50)
          refused = await browser.tell(method, path, body)
        }
        context.expect('negative', `${method} ${path} by ${role} without one`, refused, '403 second-factor-required')
        const { permissions, roles } = bodyOf(await browser.call('GET', '/auth/session'))
        context.expect('positive', `has the role ${role}`, String(listOf(roles).includes(role)), 'true')
        const beyond = listOf(permissions).filter(
          (permission) => context.surface.roles.member?.[permission] === undefined,
        )
        context.expect('negative', `permissions of ${role} in a session without a second factor`, beyond.join(), '')
        await admin.query('delete from holdfast.account_role where account_id = $1 and role = $2', [
          who.accountId,
          role,
        ])
      }
      await admin.query(
        "insert into holdfast.account_role (account_id, role, granted_at) values ($1, 'admin', now())",
        [who.accountId],
      )
      const { browser } = await enrol(context, who)
      context.expect(
        'positive',
        `GET ${route.path} once an app is set up`,
        await browser.tell('GET', route.path),
        '200',
      )
      const last = await browser.tell('DELETE', '/auth/factors/totp')
      context.expect('negative', 'removing the last factor of an admin', last, '409 conflict')
      context.expect('positive', `GET ${route.path} after that`, await browser.tell('GET', route.path), '200')
    },
  },
  {
    id: 'step-up-with-factor',
    says: 'Factors are changed only by who has just proved both of theirs, and the person is told by mail.',
    level: 'required',
    needs: ['network', 'telemetry'],
    effect: 'writes',
    keeps: days(7),
    exclusive: true,
    byHand: 'sign in with both factors, wait six minutes, and remove the app',
    async prove(context) {
      const { who, browser, secret, recoveryCodes } = await enrol(context, context.identity('member'))
      const elsewhere = browserOf(context)
      await firstStep(elsewhere, who)
      await context.clock.advance(minutes(6))
      const code = (): string => codeOf(secret, stepAt(context.clock.now()))
      const changes = [
        ['POST', '/auth/factors/totp'],
        ['POST', '/auth/factors/recovery-codes'],
        ['DELETE', '/auth/factors/totp'],
      ] as const
      const ask = async (when: string): Promise<void> => {
        for (const [method, path] of changes)
          context.expect(
            'negative',
            `${method} ${path} ${when}`,
            await browser.tell(method, path),
            '403 step-up-required',
          )
      }
      await ask('six minutes later')
      const alone = await browser.tell('POST', '/auth/step-up', { password: who.password })
      context.expect('negative', 'confirming with the password alone', alone, '403 second-factor-required')
      const password = `lantern ${secret.toString('hex').slice(0, 12)} gravel`
      const changed = await browser.tell('POST', '/auth/password', { current: who.password, password })
      context.expect('positive', 'changing the password by who signed in with both', changed, '204')
      await ask('after changing the password, which proved one factor')
      const wrong = await browser.tell('POST', '/auth/step-up', { password, code: '000000' })
      context.expect('negative', 'confirming with a wrong code', wrong, '401 code-wrong')
      await ask('after that')
      const right = await browser.tell('POST', '/auth/step-up', { password, code: code() })
      context.expect('positive', 'confirming with both', right, '204')
      const { recoveryCodes: fresh } = bodyOf(await browser.call('POST', '/auth/factors/recovery-codes'))
      context.expect('positive', 'new recovery codes then', listOf(fresh).length, recoveryCodes.length)
      context.expect('positive', 'removing the app then', await browser.tell('DELETE', '/auth/factors/totp'), '204')
      context.expect('negative', 'assurance left without a factor', await standing(browser, who), `${who.name} at 1`)
      const mails = await context.mail.received(who.email, (all) => all.length >= 4)
      for (const [what, pattern] of [
        ['an added app', /app was added/i],
        ['new recovery codes', /recovery codes were made/i],
        ['a removed app', /app was removed/i],
      ] as const) {
        const told = mails.some(({ text }) => pattern.test(text)) ? 'told' : 'not told'
        context.expect('positive', `the person, by mail, of ${what}`, told, 'told')
      }
      const events = await context.telemetry.events((all) => all.some(({ name }) => name === 'authn_factor_removed'))
      const seen = events.filter(({ accountId }) => accountId === who.accountId).map(({ name }) => name)
      for (const name of ['authn_factor_added', 'authn_recovery_codes_made', 'authn_factor_removed'])
        context.expect('positive', `the event ${name}`, seen.includes(name) ? 'written' : 'missing', 'written')
    },
  },
]

/** The roles that require a second factor: three always, and those declared to. */
export const requiring = ({ surface }: ProbeContext): readonly string[] => [
  ...new Set(['owner', 'admin', 'auditor', ...(surface.secondFactor ?? [])]),
]

type Way = (browser: Browser, who: TwinIdentity) => Promise<string>

/** The ways to sign in that the surface has, each up to where a session would begin. A passkey is both factors in one. */
function waysOf(context: ProbeContext): readonly (readonly [string, Way])[] {
  const has = (path: string): boolean =>
    context.surface.routes.some((route) => route.method === 'POST' && route.path === path)
  const tokenIn = async (who: TwinIdentity, path: RegExp, asked: () => Promise<unknown>): Promise<string> => {
    const before = (await context.mail.received(who.email, () => true, 0)).length
    await asked()
    const mails = await context.mail.received(who.email, (all) => all.slice(before).some(({ text }) => path.test(text)))
    const token = path.exec(mails.slice(before).findLast(({ text }) => path.test(text))?.text ?? '')?.[1]
    if (token === undefined) throw new Unproved(`no link came to ${who.name}`)
    return token
  }
  const ways: (readonly [string, Way])[] = [['password', async (browser, who) => shown(await firstStep(browser, who))]]
  if (has('/sign-in'))
    ways.push([
      'password by form',
      (browser, who) =>
        browser.tell('POST', '/sign-in', new URLSearchParams({ email: who.email, password: who.password })),
    ])
  if (has('/auth/sign-in-link/complete'))
    ways.push([
      'mailed link',
      async (browser, who) => {
        const token = await tokenIn(who, /\/sign-in\/link\/([A-Za-z0-9_-]{43})/, () =>
          browser.call('POST', '/auth/sign-in-link', { email: who.email }),
        )
        return browser.tell('POST', '/auth/sign-in-link/complete', { token })
      },
    ])
  if (has('/auth/reset/complete'))
    ways.push([
      'reset of the password',
      async (browser, who) => {
        const token = await tokenIn(who, /\/reset\/([A-Za-z0-9_-]{43})/, () =>
          browser.call('POST', '/auth/reset', { email: who.email }),
        )
        return browser.tell('POST', '/auth/reset/complete', { token, password: who.password })
      },
    ])
  if (context.surface.routes.some(({ path }) => path === '/auth/openid/:provider/start'))
    ways.push(['OpenID', (browser, who) => byProvider(context, browser, who)])
  return ways
}

/** With an outside provider that the account has added: the twin's double of one says who comes as it is asked to. */
async function byProvider(context: ProbeContext, browser: Browser, who: TwinIdentity): Promise<string> {
  const page = (await browser.call('GET', '/sign-in')).text()
  const [start = '', provider = ''] = /\/auth\/openid\/([a-z0-9-]+)\/start/.exec(page) ?? []
  await context.database.admin.query(
    `insert into holdfast.openid_identity (provider, subject, account_id, linked_at) values ($1, $2::text, $2::uuid, now())
     on conflict do nothing`,
    [provider, who.accountId],
  )
  const { headers } = await browser.call('GET', start)
  const there = URL.parse(headers.location ?? '')
  if (there?.hostname !== '127.0.0.1') throw new Unproved('the sign-in page leads to no double of a provider')
  there.searchParams.set('wish', JSON.stringify({ claims: { sub: who.accountId } }))
  const sent = await fetch(there, { redirect: 'manual', signal: AbortSignal.timeout(5_000) })
  await sent.arrayBuffer()
  const back = URL.parse(sent.headers.get('location') ?? '')
  if (back === null) throw new Unproved(`the double of a provider answered ${sent.status}`)
  const reply = await browser.call('GET', `${back.pathname}${back.search}`)
  // A page that goes on to the second step: it has no word for that but the cookie it comes with.
  return `${shown(reply)}${browser.cookies.has('__Host-pending') ? ' second-factor' : ''}`
}

/** A built-in GET route that asks for a permission and nothing else. */
function routeAsking({ surface }: ProbeContext, permission: string): SurfaceRoute {
  const found = surface.routes.find(
    ({ method, path, access }) =>
      method === 'GET' && !path.includes(':') && access.kind === 'permission' && access.permission === permission,
  )
  if (found === undefined) throw new Unproved(`no route asks for ${permission}`)
  return found
}

const FORM = '303 to /sign-in/second-factor'
const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
