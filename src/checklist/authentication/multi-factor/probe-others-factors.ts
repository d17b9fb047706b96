import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import { enrol, halfway, secondStep, shown, standing } from './probe-browser.ts'
import { codeOf } from './probe-totp.ts'

/** Whoever knows a password has second factors too: their own. */
export const othersFactorsClaims: readonly Claim[] = [
  {
    id: 'others-factors',
    says: 'A right code of one account, of its app or one to recover with, is no second step of another.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'sign in with one account’s password, and take the second step with a recovery code of another',
    async prove(context) {
      const mallory = await enrol(context, context.identity('member'))
      const victim = await enrol(context, context.identity('member', 'A', 2))
      const [theirs = ''] = mallory.recoveryCodes
      const [own = ''] = victim.recoveryCodes
      const recover = { method: 'recovery-code', code: theirs }
      for (const [tried, take] of [
        ['a recovery code', (browser) => browser.call('POST', '/auth/second-factor', recover)],
        ['a code of the app', (browser) => secondStep(browser, codeOf(mallory.secret, mallory.usedStep + 1))],
      ] as const satisfies readonly Tried[]) {
        const browser = await halfway(context, victim.who)
        context.expect('negative', `${tried} of another account`, shown(await take(browser)), '401 code-wrong')
        context.expect('negative', 'whose session came of it', await standing(browser, victim.who), 'nobody')
      }
      const browser = await halfway(context, victim.who)
      const done = await browser.tell('POST', '/auth/second-factor', { method: 'recovery-code', code: own })
      context.expect('positive', 'a recovery code of their own', done, '200 done')
      const unspent = await (await halfway(context, mallory.who)).tell('POST', '/auth/second-factor', recover)
      context.expect('positive', 'the other one’s, at home', unspent, '200 done')
    },
  },
]

type Tried = readonly [string, (browser: Awaited<ReturnType<typeof halfway>>) => ReturnType<typeof secondStep>]
