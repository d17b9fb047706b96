import type { Claim } from '../../../kernel/claim.ts'
import { seconds } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { alike } from './probe-alike.ts'
import { type Challenge, carried, challengeOf, REQUIRED, tryMany, untilAsked } from './probe-attack.ts'
import { expectSameFaces, postForm, signIn, WRONG } from './probe-people.ts'
import { bothKinds, MAIL_FLOWS, timed } from './probe-times.ts'
import { solveBeside } from './solve.ts'

/** Whether being asked for a proof of work tells who has an account. */
export const challengeTimeClaims: readonly Claim[] = [
  {
    ...timed,
    id: 'challenge-alike',
    says: 'While work is asked for, every door gives the same answer after the same time whether or not there is such an account, without it and with it.',
    byHand: `for who in you@example.org nobody@example.org; do curl -sk -o /dev/null -w '%{http_code} %{time_total}\\n' -H 'content-type: application/json' -d '{"email":"'$who'","password":"wrong"}' ORIGIN/auth/sign-in; done`,
    async prove(context) {
      const ways: string[] = []
      const work = async (): Promise<void> => {
        // What this client may ask for would be used up when it is measured again.
        await context.database.admin.query("delete from holdfast.attempt where kind = 'address'")
        while (ways.length < 2 * (SOLVED + 1)) ways.push(...(await solveBeside(await several(context, LANES))))
      }
      // They cost least while nobody tries anything.
      await work()
      await tryMany(context)
      context.expect('positive', 'reading whether work is asked for', await untilAsked(context), 'yes')
      const bare = await alike(context, {
        what: 'signing in without the work',
        kinds: () => bothKinds(context),
        send: (email) => signIn(context, { email, password: WRONG }),
        answer: REQUIRED,
        apart: seconds(0),
      })
      if (!bare) return
      for (const [path, page] of MAIL_FLOWS) {
        const kinds = await bothKinds(context)
        await expectSameFaces(context, `POST ${path} without the work`, kinds, (email) =>
          context.network.request({ method: 'POST', path, body: { email } }),
        )
        await expectSameFaces(context, `the page ${page} without the work`, kinds, (email) =>
          postForm(context, page, { email }),
        )
      }
      await expectSameFaces(context, 'the page that signs in, without the work', await bothKinds(context), (email) =>
        postForm(context, '/sign-in', { email, password: WRONG }),
      )
      await alike(context, {
        what: 'asking for a new password, the work done',
        kinds: () => bothKinds(context, SOLVED + 1),
        send: (email) =>
          context.network.request({
            method: 'POST',
            path: '/auth/reset',
            body: { email },
            headers: carried(ways.pop() ?? ''),
          }),
        answer: '202',
        apart: seconds(0),
        tries: SOLVED,
        prepare: work,
      })
    },
  },
]

async function several(context: ProbeContext, count: number): Promise<readonly Challenge[]> {
  const challenges: Challenge[] = []
  for (let n = 0; n < count; n++) challenges.push(await challengeOf(context))
  return challenges
}

/** Tries of each kind with the work done: each costs a tenth of a second of a processor. */
const SOLVED = 24
/** Challenges that are solved side by side. */
const LANES = 10
