import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ReceivedMail } from '../../../kernel/vantage.ts'
import { answerOf, difference, person, somewhere, strangers } from './probe-people.ts'

/** Who is told what when somebody signs up with an address that has an account. */
export const takenClaims: readonly Claim[] = [
  {
    id: 'taken-address',
    says: 'Signing up with an address that has an account tells its owner, by one mail that makes no account, and nobody else; a free address gets its one mail, which does.',
    level: 'required',
    needs: ['network', 'database', 'telemetry'],
    effect: 'writes',
    keeps: days(30),
    byHand: `curl -sk -H 'content-type: application/json' -d '{"email":"you@example.org"}' ORIGIN/auth/sign-up; then read your mail`,
    async prove(context) {
      const [owner, bystander] = [await person(context), await person(context)]
      const [free = ''] = strangers(1)
      const from = somewhere()
      const signUp = (email: string) =>
        context.network.request({ method: 'POST', path: '/auth/sign-up', body: { email }, from })
      const [taken, fresh] = [await signUp(owner.email), await signUp(free)]
      context.expect('positive', 'signing up with a free address', answerOf(fresh), '202')
      const differs = difference(taken, fresh, { one: owner.email, other: free })
      context.expect('negative', 'the answer for one that is taken, compared with that', differs, 'no difference')
      await context.mail.received(free)
      await context.mail.received(owner.email)
      // One more would come right behind.
      await sleep(AFTERWARDS)
      const sent = (email: string): Promise<readonly ReceivedMail[]> => context.mail.received(email, () => true)
      const [ownersMails, freeMails] = [await sent(owner.email), await sent(free)]
      context.expect('positive', 'mails to the free address', freeMails.length, 1)
      context.expect('negative', 'mails to the owner of the other', ownersMails.length, 1)
      context.expect('negative', 'mails to somebody else', (await sent(bystander.email)).length, 0)
      const complete = (token: string): Promise<string> =>
        context.network
          .request({
            method: 'POST',
            path: '/auth/sign-up/complete',
            body: { token, name: 'Somebody', password: 'lantern gravel ostrich nine' },
            from,
          })
          .then(answerOf)
      const [token = ''] = tokensIn(freeMails)
      const inOwners = tokensIn(ownersMails)
      context.expect('negative', 'links with a token in the owner’s mail', inOwners.length, 0)
      for (const one of inOwners)
        context.expect('negative', 'making an account with one of them', await complete(one), '410 link-invalid')
      context.expect('positive', 'making an account with the link to the free address', await complete(token), '201')
    },
  },
]

/** Whatever in mails could be the token of a link. */
const tokensIn = (mails: readonly ReceivedMail[]): readonly string[] => [
  ...new Set(mails.flatMap(({ text, html }) => `${text} ${html}`.match(/(?<=\/)[\w-]{43}(?![\w-])/g) ?? [])),
]

/** Milliseconds. */
const AFTERWARDS = 500
