import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import { enrol, halfway, secondStep, shown } from './probe-browser.ts'
import { codeOf } from './probe-totp.ts'

/** Guessing at codes. */
export const guessingClaims: readonly Claim[] = [
  {
    id: 'guessing',
    says: 'Wrong codes are counted for the account over all its half-finished sign-ins: after five each next try waits.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(7),
    byHand: 'sign in with the password again and again, and try a wrong code each time',
    async prove(context) {
      const { who, secret, usedStep } = await enrol(context, context.identity('member'))
      const bystander = await enrol(context, context.identity('member', 'A', 2))
      const replies: string[] = []
      const began = performance.now()
      let browser = await halfway(context, who)
      for (let tries = 0; tries < 12; tries++) {
        const node = tries % 2 === 0 ? 0 : 1
        if (tries > 0) browser = await halfway(context, who, node)
        replies.push(shown(await secondStep(browser, '000000', node)))
      }
      // A wait may have passed while somebody signed in; within one sign-in the next try meets it.
      for (let tries = 0; tries < 4 && replies.at(-1) !== WAIT; tries++)
        replies.push(shown(await secondStep(browser, '000000', 1)))
      const saw = shown(await secondStep(browser, codeOf(secret, usedStep + 1), 1))
      const judged = replies.filter((reply) => reply === REFUSED).length
      // Behind the five come waits of 1 s, 2 s, 4 s and so on: as many more as these have passed.
      const most = 5 + Math.floor(Math.log2((performance.now() - began) / 1000 + 1))
      context.record({
        side: 'negative',
        tried: `${replies.length} wrong codes, in twelve sign-ins, at two nodes`,
        saw: `${judged} compared, then ${replies.at(-1)}`,
        expected: `at most ${most} compared in that time, then ${WAIT}`,
        ok: judged <= most && judged > 0 && replies.at(-1) === WAIT,
      })
      context.expect('negative', 'the right code, in the middle of that', saw, WAIT)
      const other = await halfway(context, bystander.who)
      const served = shown(await secondStep(other, codeOf(bystander.secret, bystander.usedStep + 1)))
      context.expect('positive', 'somebody else’s right code meanwhile', served, '200 done')
    },
  },
  {
    id: 'guessing-both',
    says: 'Wrong recovery codes and wrong codes of an app count together: who guesses at both has no more tries than at one.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(7),
    byHand: 'sign in with the password and try three wrong codes and three wrong recovery codes by turns',
    async prove(context) {
      const { who, recoveryCodes } = await enrol(context, context.identity('member'))
      const browser = await halfway(context, who)
      const guesses = [
        ['totp', '000000'],
        ['recovery-code', 'AAAA-AAAA-AAAA-AAAA'],
      ] as const
      const replies: string[] = []
      const began = performance.now()
      let wait = 0
      // Until both kinds have to wait, one after the other.
      while (replies.length < 30 && !(replies.at(-1) === WAIT && replies.at(-2) === WAIT)) {
        const [method, code] = guesses[replies.length % 2] ?? guesses[0]
        const reply = await browser.call('POST', '/auth/second-factor', { method, code })
        wait = Number(reply.headers['retry-after'] ?? 0)
        replies.push(shown(reply))
      }
      const judged = replies.filter((reply) => reply !== WAIT).length
      const most = 5 + Math.floor(Math.log2((performance.now() - began) / 1000 + 1))
      context.record({
        side: 'negative',
        tried: `${replies.length} wrong codes of both kinds by turns`,
        saw: `${judged} compared, then ${replies.slice(-2).join(' and ')}`,
        expected: `at most ${most} compared in that time, then ${WAIT} for either kind`,
        ok: judged <= most && judged > 0 && replies.slice(-2).every((reply) => reply === WAIT),
      })
      const right = { method: 'recovery-code', code: recoveryCodes[0] }
      const saw = await browser.tell('POST', '/auth/second-factor', right)
      context.expect('negative', 'the right recovery code, in the middle of that', saw, WAIT)
      await sleep(wait * 1000 + 200)
      const later = await browser.tell('POST', '/auth/second-factor', right)
      context.expect('positive', 'and when the wait is over', later, '200 done')
    },
  },
]

const REFUSED = '401 code-wrong'
const WAIT = '429 too-many-attempts'
