import { randomBytes } from 'node:crypto'
import type { Claim } from '../../../kernel/claim.ts'
import { hours, seconds } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import { AT_ONCE, alike, type Kind } from './probe-alike.ts'
import { answerOf, expectSameFaces, people, postForm, signIn } from './probe-people.ts'
import { addSecondFactors, enrolApp, halfFinished } from './probe-second-factors.ts'
import { timed } from './probe-times.ts'

/** Whether the second step tells what somebody has, or that there is somebody. */
export const secondFactorTimeClaims: readonly Claim[] = [
  {
    ...timed,
    id: 'second-factor-alike',
    says: 'A wrong code gives the same answer after the same time whether its account has an app or only a passkey; and a half-finished sign-in whose account is gone the same as one that never was.',
    byHand: `curl -sk -w '%{time_total}\\n' -b '__Host-pending=…' -H 'content-type: application/json' -d '{"method":"totp","code":"000000"}' ORIGIN/auth/second-factor`,
    async prove(context) {
      const count = AT_ONCE + 1
      const wrong = await alike(context, {
        what: 'a wrong code at the second step',
        async kinds() {
          const [apps, keys] = [await people(context, count), await people(context, count)]
          for (const who of apps) await enrolApp(context, who)
          await addSecondFactors(context, keys)
          const [first] = apps
          if (first !== undefined)
            context.expect('positive', 'signing in with the password', next(await signIn(context, first)), ASKED)
          return [
            { who: 'of who has a passkey alone', subjects: await halfFinished(context, keys) },
            { who: 'of who has an app', subjects: await halfFinished(context, apps) },
          ]
        },
        send: (cookie) => typeCode(context, cookie),
        answer: '401 code-wrong',
        apart: hours(1),
      })
      if (!wrong) return
      const kinds = async (): Promise<readonly Kind[]> => {
        const gone = await people(context, count)
        const cookies = await halfFinished(context, gone)
        await context.database.admin.query(
          'update holdfast.account set disabled_at = now() where id = any ($1::uuid[])',
          [gone.map(({ id }) => id)],
        )
        const made = cookies.map(() => `__Host-pending=${randomBytes(32).toString('base64url')}`)
        return [
          { who: 'that never was', subjects: made },
          { who: 'whose account was closed', subjects: cookies },
        ]
      }
      const what = 'a code for a half-finished sign-in that is over'
      const send = (cookie: string): Promise<NetworkReply> => typeCode(context, cookie)
      const answer = '401 authentication-required'
      // No more: an index that finds a row and one that finds none differ by microseconds, and whoever has such a token knows the account.
      const tries = 10 * AT_ONCE
      if (!(await alike(context, { what, kinds, send, answer, apart: seconds(0), tries }))) return
      await expectSameFaces(context, `the page for ${what}`, await kinds(), (cookie) =>
        postForm(context, '/sign-in/second-factor', { code: '000000' }, { cookie }),
      )
    },
  },
]

const typeCode = (context: ProbeContext, cookie: string): Promise<NetworkReply> =>
  context.network.request({
    method: 'POST',
    path: '/auth/second-factor',
    headers: { cookie },
    // One in a million of them is right.
    body: { method: 'totp', code: '000000' },
  })

/** Whether the second step is asked for, and nobody signed in. */
const next = (reply: NetworkReply): string =>
  `${answerOf(reply)}, ${reply.setToken === undefined ? 'no session' : 'a session'}`
const ASKED = '200, no session'
