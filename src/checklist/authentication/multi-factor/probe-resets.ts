import type { Claim } from '../../../kernel/claim.ts'
import { days, hours, minutes, type Seconds } from '../../../kernel/time.ts'
import type { ProbeContext, TelemetryEvent, TwinIdentity } from '../../../kernel/vantage.ts'
import { browserOf, enrol, firstStep, halfway, secondStep, shown, standing } from './probe-browser.ts'
import { codeOf, stepAt } from './probe-totp.ts'

/** What an administrator does for somebody who lost every factor. */
export const resetClaims: readonly Claim[] = [
  {
    id: 'reset-waits',
    says: 'A reset that an administrator starts waits as long as is set, three days at least for a privileged account; the person is told, and signing in with a factor cancels it.',
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

      await context.clock.advance((SET - minutes(5)) as Seconds)
      const early = browserOf(context)
      const asked = shown(await firstStep(early, lost.who))
      context.expect(
        'negative',
        `signing in by password just before the ${SET / 3600} hours are over that are set`,
        asked,
        '200 second-factor',
      )

      await context.clock.advance(minutes(10))
      const late = browserOf(context)
      context.expect('positive', 'and just after it', shown(await firstStep(late, lost.who)), '200 done')
      context.expect('negative', 'as whom', await standing(late, lost.who), `${lost.who.name} at 1`)
      context.expect('positive', 'mail to the person when it is done', await told(context, lost.who, DONE), 'told')
      for (const [what, who] of [
        ['of who signed in with a factor', found.who],
        ['of an auditor, whose wait is longer than what is set', auditor],
      ] as const) {
        const browser = browserOf(context)
        const saw = shown(await firstStep(browser, who))
        context.expect('negative', `signing in by password alone, ${what}`, saw, '200 second-factor')
      }
      await context.clock.advance((hours(72) - SET) as Seconds)
      const last = browserOf(context)
      context.expect('positive', 'by the auditor after three days', shown(await firstStep(last, auditor)), '200 done')
      const events = await context.telemetry.events((all) => all.some(({ name }) => name === 'authn_factor_reset_done'))
      for (const name of ['authn_factor_reset_started', 'authn_factor_reset_cancelled', 'authn_factor_reset_done']) {
        const seen = events.some((event) => event.name === name) ? 'written' : 'missing'
        context.expect('positive', `the event ${name}`, seen, 'written')
      }
    },
  },
  {
    id: 'reset-cancelled',
    says: 'A reset that the person or an administrator has cancelled never takes effect, and nobody else can cancel it.',
    level: 'required',
    needs: ['network', 'telemetry'],
    effect: 'writes',
    keeps: days(7),
    exclusive: true,
    byHand: 'cancel a reset on /account/factors, wait until it would have taken effect, and sign in by password',
    async prove(context) {
      const [owner, admin] = [context.identity('owner'), context.identity('admin')]
      const own = await enrol(context, context.identity('member'))
      const helped = await enrol(context, context.identity('member', 'A', 2))
      const lost = await enrol(context, context.identity('member', 'B'))
      for (const { who } of [own, helped, lost]) {
        const started = await asSomebody(context, owner, who)
        context.expect('positive', `a reset of ${who.name} started by an owner`, started, '202')
      }
      const stranger = await own.browser.tell('DELETE', `/admin/users/${lost.who.accountId}/factor-reset`)
      context.expect('negative', 'cancelling somebody else’s as a member', stranger, '403 permission-missing')
      const cancelled = await own.browser.tell('DELETE', '/auth/factors/reset')
      context.expect('positive', 'cancelling one’s own', cancelled, '204')
      const byAdmin = await asSomebody(context, admin, helped.who, 'DELETE')
      context.expect('positive', 'cancelling a member’s as an admin', byAdmin, '204')
      for (const { who } of [own, helped])
        context.expect(
          'positive',
          `mail to ${who.name} that it is cancelled`,
          await told(context, who, CANCELLED),
          'told',
        )

      await context.clock.advance((SET + minutes(5)) as Seconds)
      for (const [what, { who }] of [
        ['of who cancelled it', own],
        ['whose reset an admin cancelled', helped],
      ] as const) {
        const saw = shown(await firstStep(browserOf(context), who))
        context.expect(
          'negative',
          `signing in by password alone once it would be over, ${what}`,
          saw,
          '200 second-factor',
        )
      }
      const saw = shown(await firstStep(browserOf(context), lost.who))
      context.expect('positive', 'and of somebody whose reset nobody cancelled', saw, '200 done')
      const events = await context.telemetry.events((all) => all.filter(isCancelled).length >= 2)
      const by = events.filter(isCancelled).map(({ accountId }) => accountId)
      for (const who of [own.who, admin]) {
        const seen = by.includes(who.accountId) ? 'named' : 'missing'
        context.expect('positive', `${who.name} as who cancelled, in the event`, seen, 'named')
      }
    },
  },
  {
    id: 'reset-told',
    says: 'A reset is told by mail to the person, of a privileged account to every owner as well, and to nobody else.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(7),
    // Only the first owners are told, and beside other claims there are many.
    exclusive: true,
    byHand: 'start a reset of an auditor, and look at /dev/outbox',
    async prove(context) {
      const [owner, admin, auditor] = [
        context.identity('owner'),
        context.identity('admin'),
        context.identity('auditor'),
      ]
      const others = context.identities.filter(({ role, name }) => role === 'owner' && name !== owner.name)
      const { who: member } = await enrol(context, context.identity('member'))
      const bystander = context.identity('member', 'A', 2)
      const heard = async (who: TwinIdentity, about: TwinIdentity, pattern: RegExp): Promise<string> => {
        const mails = await context.mail.received(who.email, () => true, 0)
        const fits = mails.some(({ text }) => pattern.test(text) && (who === about || text.includes(about.email)))
        return fits ? 'told' : 'not told'
      }
      for (const [what, method, pattern, other] of [
        ['starting', 'POST', STARTED, OTHERS_STARTED],
        ['cancelling', 'DELETE', CANCELLED, CANCELLED],
      ] as const) {
        const status = method === 'POST' ? '202' : '204'
        const ordinary = await asSomebody(context, owner, member, method)
        context.expect('positive', `${what} a reset of a member`, ordinary, status)
        context.expect('positive', 'mail to the member', await told(context, member, pattern), 'told')
        const privileged = await asSomebody(context, owner, auditor, method)
        context.expect('positive', `${what} a reset of an auditor`, privileged, status)
        context.expect('positive', 'mail to the auditor', await told(context, auditor, pattern), 'told')
        for (const who of [owner, ...others]) {
          await told(context, who, other)
          const saw = await heard(who, auditor, other)
          context.expect('positive', `mail to ${who.name} about the auditor, ${what}`, saw, 'told')
          const quiet = await heard(who, member, other)
          context.expect('negative', `mail to ${who.name} about the member, ${what}`, quiet, 'not told')
        }
        for (const who of [admin, bystander])
          for (const about of [member, auditor]) {
            const saw = await heard(who, about, other)
            context.expect('negative', `mail to ${who.name} about ${about.name}, ${what}`, saw, 'not told')
          }
      }
    },
  },
]

/** Starts or cancels a reset as somebody who has just signed in. */
async function asSomebody(
  context: ProbeContext,
  who: TwinIdentity,
  whose: TwinIdentity,
  method: 'POST' | 'DELETE' = 'POST',
): Promise<string> {
  const token = await context.network.signIn(who)
  return shown(await context.network.request({ method, path: `/admin/users/${whose.accountId}/factor-reset`, token }))
}

async function told(context: ProbeContext, who: TwinIdentity, pattern: RegExp): Promise<string> {
  const mails = await context.mail.received(who.email, (all) => all.some(({ text }) => pattern.test(text)))
  return mails.some(({ text }) => pattern.test(text)) ? 'told' : 'not told'
}

/** What the twin is given as HOLDFAST_FACTOR_RESET_HOURS: other than the default, so that the setting is seen to count. */
const SET = hours(30)
const STARTED = /asked to remove all second\s+factors/i
const OTHERS_STARTED = /all second\s+factors\s+of\s+\S+\s+are\s+to\s+be\s+removed/i
const CANCELLED = /removal\s+of\s+all\s+second\s+factors\s[\s\S]{0,300}?\bcancelled\b/i
const isCancelled = ({ name }: TelemetryEvent): boolean => name === 'authn_factor_reset_cancelled'
const DONE = /all second\s+factors were removed/i
