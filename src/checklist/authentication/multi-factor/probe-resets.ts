import type { Claim } from '../../../kernel/claim.ts'
import { days, hours, minutes, type Seconds } from '../../../kernel/time.ts'
import type { ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { browserOf, enrol, firstStep, halfway, secondStep, shown, standing } from './probe-browser.ts'
import { codeOf, stepAt } from './probe-totp.ts'

/** What an administrator does for somebody who lost every factor. */
export const resetClaims: readonly Claim[] = [
  {
    id: 'reset-waits',
    says: 'A reset that an administrator starts waits a day, three for a privileged account; the person is told, and signing in with a factor cancels it.',
    level: 'required',
    needs: ['network', 'telemetry'],
    effect: 'writes',
    keeps: days(7),
    exclusive: true,
    byHand: 'curl -k -b cookies-of-an-owner -X POST https://localhost:3443/admin/users/ID/factor-reset',
    async prove(context) {
      const owner = context.identity('owner')
      const auditor = context.identity('auditor')
      const lost = await enrol(context, context.identity('member'))
      const found = await enrol(context, context.identity('member', 'A', 2))
      const member = await asSomebody(context, context.identity('member', 'B'), lost.who)
      context.expect('negative', 'a reset started by a member', member, '403 permission-missing')
      for (const who of [lost.who, found.who, auditor]) {
        const started = await asSomebody(context, owner, who)
        context.expect('positive', `a reset of ${who.name} started by an owner`, started, '202')
      }
      context.expect('positive', 'mail to the person when it starts', await told(context, lost.who, STARTED), 'told')

      const right = await halfway(context, found.who)
      const code = codeOf(found.secret, Math.max(found.usedStep + 1, stepAt(context.clock.now())))
      context.expect('positive', 'signing in with a factor meanwhile', shown(await secondStep(right, code)), '200 done')

      await context.clock.advance((hours(24) - minutes(5)) as Seconds)
      const early = browserOf(context)
      const asked = shown(await firstStep(early, lost.who))
      context.expect('negative', 'signing in by password just before the day is over', asked, '200 second-factor')

      await context.clock.advance(minutes(10))
      const late = browserOf(context)
      context.expect('positive', 'and just after it', shown(await firstStep(late, lost.who)), '200 done')
      context.expect('negative', 'as whom', await standing(late, lost.who), `${lost.who.name} at 1`)
      context.expect('positive', 'mail to the person when it is done', await told(context, lost.who, DONE), 'told')
      for (const [what, who] of [
        ['of who signed in with a factor', found.who],
        ['of an auditor, after a day', auditor],
      ] as const) {
        const browser = browserOf(context)
        const saw = shown(await firstStep(browser, who))
        context.expect('negative', `signing in by password alone, ${what}`, saw, '200 second-factor')
      }
      await context.clock.advance(hours(48))
      const last = browserOf(context)
      context.expect('positive', 'by the auditor after three days', shown(await firstStep(last, auditor)), '200 done')
      const events = await context.telemetry.events((all) => all.some(({ name }) => name === 'authn_factor_reset_done'))
      for (const name of ['authn_factor_reset_started', 'authn_factor_reset_cancelled', 'authn_factor_reset_done']) {
        const seen = events.some((event) => event.name === name) ? 'written' : 'missing'
        context.expect('positive', `the event ${name}`, seen, 'written')
      }
    },
  },
]

/** Starts a reset as somebody who has just signed in. */
async function asSomebody(context: ProbeContext, who: TwinIdentity, whose: TwinIdentity): Promise<string> {
  const token = await context.network.signIn(who)
  return shown(
    await context.network.request({ method: 'POST', path: `/admin/users/${whose.accountId}/factor-reset`, token }),
  )
}

async function told(context: ProbeContext, who: TwinIdentity, pattern: RegExp): Promise<string> {
  const mails = await context.mail.received(who.email, (all) => all.some(({ text }) => pattern.test(text)))
  return mails.some(({ text }) => pattern.test(text)) ? 'told' : 'not told'
}

const STARTED = /asked to remove all second\s+factors/i
const DONE = /all second\s+factors were removed/i
