import type { Claim } from '../../../kernel/claim.ts'
import { days, hours } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import { AT_ONCE, alike, type Kind } from './probe-alike.ts'
import { answerOf, expectSameFaces, people, person, postForm, signIn, strangers, WRONG } from './probe-people.ts'
import { addSecondFactors } from './probe-second-factors.ts'

export const timed = {
  level: 'required',
  needs: ['network', 'database'],
  effect: 'loads',
  keeps: days(30),
  exclusive: true,
} as const

/** Whether answers tell who has an account, by what they say or by how long they take. */
export const timeClaims: readonly Claim[] = [
  {
    ...timed,
    id: 'sign-in-alike',
    says: 'Signing in with a wrong password gives the same answer after the same time whether there is no such account, one, or one with a second factor.',
    byHand: `for who in you@example.org nobody@example.org; do curl -sk -o /dev/null -w '%{http_code} %{time_total}\\n' -H 'content-type: application/json' -d '{"email":"'$who'","password":"wrong"}' ORIGIN/auth/sign-in; done`,
    async prove(context) {
      const somebody = await person(context)
      const reply = await signIn(context, somebody)
      context.expect('positive', 'signing in with the right password', answerOf(reply), '200')
      const kinds = async (): Promise<readonly Kind[]> => {
        const [plain, secured] = [await people(context, OF_THREE), await people(context, OF_THREE)]
        await addSecondFactors(context, secured)
        return [
          { who: 'without an account', subjects: strangers(OF_THREE) },
          { who: 'with one', subjects: plain.map(({ email }) => email) },
          { who: 'with one and a second factor', subjects: secured.map(({ email }) => email) },
        ]
      }
      const answer = '401 credentials-wrong'
      const send = (email: string): Promise<NetworkReply> => signIn(context, { email, password: WRONG })
      const seen = await alike(context, {
        what: 'signing in with a wrong password',
        kinds,
        send,
        answer,
        apart: hours(1),
      })
      if (!seen) return
      await context.clock.advance(hours(1))
      await expectSameFaces(context, 'the page that signs in', await kinds(), (email) =>
        postForm(context, '/sign-in', { email, password: WRONG }),
      )
    },
  },
  {
    ...timed,
    id: 'mail-flows-alike',
    says: 'Asking for a mail (sign-up, reset, sign-in link) gives the same answer after the same time whether or not there is such an account, also when mails are taken slowly.',
    needs: ['network', 'database', 'telemetry'],
    byHand: `for who in you@example.org nobody@example.org; do curl -sk -o /dev/null -w '%{http_code} %{time_total}\\n' -H 'content-type: application/json' -d '{"email":"'$who'"}' ORIGIN/auth/reset; done`,
    async prove(context) {
      const owner = await person(context)
      for (const [path, page] of MAIL_FLOWS) {
        if (!(await mailedAlike(context, path, `POST ${path}`))) return
        await mail(context, path, owner.email)
        await context.clock.advance(hours(1))
        await expectSameFaces(context, `the page ${page}`, await bothKinds(context), (email) =>
          postForm(context, page, { email }),
        )
      }
      const received = await context.mail.received(owner.email, (mails) => mails.length >= MAIL_FLOWS.length, 10_000)
      context.expect('positive', 'mails to somebody who has an account', received.length, MAIL_FLOWS.length)
      await context.faults.mail('slow')
      for (const [path] of MAIL_FLOWS)
        if (!(await mailedAlike(context, path, `POST ${path} while each mail takes a second`))) return
    },
  },
]

const mailedAlike = (context: ProbeContext, path: string, what: string): Promise<boolean> =>
  alike(context, {
    what,
    kinds: () => bothKinds(context),
    send: (email) => mail(context, path, email),
    answer: '202',
    apart: hours(1),
  })

const mail = (context: ProbeContext, path: string, email: string): Promise<NetworkReply> =>
  context.network.request({ method: 'POST', path, body: { email } })

/** People with an account and addresses without one. */
export async function bothKinds(context: ProbeContext, count = AT_ONCE + 1): Promise<readonly Kind[]> {
  const known = await people(context, count)
  return [
    { who: 'without an account', subjects: strangers(count) },
    { who: 'with one', subjects: known.map(({ email }) => email) },
  ]
}

/** Where mails are asked for, and the page that does the same. */
export const MAIL_FLOWS = [
  ['/auth/sign-up', '/sign-up'],
  ['/auth/reset', '/reset'],
  ['/auth/sign-in-link', '/sign-in/link'],
] as const
/** Of each of three kinds, so that together they are as many as two kinds have. */
const OF_THREE = 1 + Math.floor((2 * AT_ONCE) / 3)
