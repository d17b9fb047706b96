import type { Claim } from '../../../kernel/claim.ts'
import { days, minutes } from '../../../kernel/time.ts'
import { browserOf, enrol, firstStep, halfway, secondStep, shown } from './probe-browser.ts'
import { codeOf, stepAt } from './probe-totp.ts'

/** Sign-ins whose second step is to come. */
export const halfFinishedClaims: readonly Claim[] = [
  {
    id: 'half-finished',
    says: 'A half-finished sign-in reaches no route but the second step, and nothing once it is used.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(7),
    byHand: 'sign in with the password of somebody with an app, then curl -b "__Host-pending=…" each route',
    async prove(context) {
      const { who, browser, secret, usedStep } = await enrol(context, context.identity('member'))
      context.expect('positive', 'GET /auth/session when signed in', await browser.tell('GET', '/auth/session'), '200')
      const pending = await halfway(context, who)
      const token = pending.cookies.get('__Host-pending') ?? ''
      context.expect('positive', 'half finished with a token of its own', token === '' ? 'no' : 'yes', 'yes')
      context.expect('negative', 'a session with it', pending.cookies.has('__Host-session') ? 'yes' : 'none', 'none')
      const reached: string[] = []
      let tried = 0
      for (const route of context.surface.routes) {
        if (route.access.kind === 'public') continue
        const path = route.path.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000')
        for (const name of ['__Host-pending', '__Host-session']) {
          const fresh = browserOf(context, new Map([[name, token]]))
          const form = new URLSearchParams({ a: 'b' })
          const body = route.accepts === 'json' ? {} : route.accepts === 'form' ? form : undefined
          const reply = shown(await fresh.call(route.method, path, body))
          tried++
          if (!/^401\b|^303 to \/sign-in$/.test(reply)) reached.push(`${route.method} ${route.path}: ${reply}`)
        }
      }
      const tries = `${tried} requests to every route that is not public, with the token in both cookies`
      context.expect('negative', tries, reached.slice(0, 5).join('; ') || 'all refused', 'all refused')

      const kept = new Map(pending.cookies)
      const saw = shown(await secondStep(pending, codeOf(secret, usedStep + 1)))
      context.expect('positive', 'the second step with it', saw, '200 done')
      const used = await secondStep(browserOf(context, kept), codeOf(secret, usedStep + 2))
      context.expect('negative', 'the second step with it once more', shown(used), '401 authentication-required')
    },
  },
  {
    id: 'half-finished-ends',
    says: 'A half-finished sign-in ends after ten minutes, and with a sign-out.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(7),
    exclusive: true,
    byHand: 'enter the password, wait ten minutes, enter the code',
    async prove(context) {
      const { who, browser, secret } = await enrol(context, context.identity('member'))
      await context.clock.advance(minutes(5))
      const left = await halfway(context, who)
      await browser.call('POST', '/auth/sign-out')
      const code = (): string => codeOf(secret, stepAt(context.clock.now()))
      const after = shown(await secondStep(left, code()))
      context.expect(
        'negative',
        'the second step after a sign-out of the account',
        after,
        '401 authentication-required',
      )

      const late = await halfway(context, who)
      const inTime = await halfway(context, who)
      await context.clock.advance(minutes(9))
      context.expect('positive', 'the second step after 9 minutes', shown(await secondStep(inTime, code())), '200 done')
      const third = browserOf(context)
      await firstStep(third, who)
      await context.clock.advance(minutes(10))
      for (const [what, stale] of [
        ['10 minutes later', third],
        ['19 minutes later, and another sign-in was finished', late],
      ] as const) {
        const saw = shown(await secondStep(stale, code()))
        context.expect('negative', `the second step ${what}`, saw, '401 authentication-required')
      }
    },
  },
]
