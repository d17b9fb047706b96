import { randomBytes } from 'node:crypto'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkReply } from '../../../kernel/vantage.ts'
import { expectBudget, FREE, WIDTH } from './probe-budget.ts'
import { answerOf, person, sideBySide, signIn, somewhere, WRONG } from './probe-people.ts'

/** Browsers that are known. */
export const deviceClaims: readonly Claim[] = [
  {
    id: 'devices',
    says: 'A browser is known after signing in, by password or by a mailed link; whoever steals its token has one more budget and no more, and does not use up its owner’s.',
    level: 'required',
    needs: ['network', 'database', 'telemetry'],
    effect: 'writes',
    keeps: days(30),
    byHand: `for n in $(seq 20); do curl -sk -o /dev/null -w '%{http_code}\\n' -b "$STOLEN_DEVICE" -H 'content-type: application/json' -d '{"email":"you@example.org","password":"wrong"}' ORIGIN/auth/sign-in; done`,
    async prove(context) {
      const owner = await person(context)
      const byPassword = deviceIn(await signIn(context, owner, { from: somewhere() }))
      context.expect('positive', 'signing in by password', kindOf(byPassword), KNOWN)
      const again = await signIn(context, owner, { from: somewhere(), headers: { cookie: byPassword } })
      context.expect(
        'positive',
        'doing so again from there',
        deviceIn(again) === byPassword ? 'the same' : 'another',
        'the same',
      )
      const from = somewhere()
      const post = (path: string, body: unknown): Promise<NetworkReply> =>
        context.network.request({ method: 'POST', path, body, from })
      await post('/auth/sign-in-link', { email: owner.email })
      const [mail] = await context.mail.received(owner.email)
      const token = /\/sign-in\/link\/([\w-]{43})/.exec(mail?.text ?? '')?.[1] ?? ''
      const byLink = deviceIn(await post('/auth/sign-in-link/complete', { token }))
      context.expect('positive', 'signing in by a link', kindOf(byLink), KNOWN)
      const planted = `__Host-device=${randomBytes(32).toString('base64url')}`
      const given = deviceIn(await signIn(context, owner, { from: somewhere(), headers: { cookie: planted } }))
      context.expect(
        'negative',
        'signing in with a token of somebody’s choice',
        given === planted ? 'kept' : kindOf(given),
        KNOWN,
      )

      const begun = performance.now()
      const answers = await sideBySide(GUESSES, WIDTH, (index) =>
        signIn(
          context,
          { email: owner.email, password: WRONG },
          { from: somewhere(), node: index % 2 === 0 ? 0 : 1, headers: { cookie: byPassword } },
        ).then(answerOf),
      )
      expectBudget(context, `guessing ${GUESSES} times with a stolen token, at both nodes`, answers, begun)
      const stolen = await signIn(context, owner, { from: somewhere(), headers: { cookie: byPassword } })
      context.expect('negative', 'the right password with it then', answerOf(stolen), '429 too-many-attempts')
      for (const [where, cookie] of [
        ['the other known browser', byLink],
        ['a browser nobody knows', ''],
      ] as const) {
        const reply = await signIn(context, owner, { from: somewhere(), headers: cookie === '' ? {} : { cookie } })
        context.expect('positive', `the owner signing in from ${where}`, answerOf(reply), '200')
      }
    },
  },
]

/** The known device that a reply leaves; `''` where it leaves none. */
const deviceIn = ({ headers }: NetworkReply): string =>
  /(?:^|\n)(__Host-device=[^;\n]+)/.exec(headers['set-cookie'] ?? '')?.[1] ?? ''

const kindOf = (device: string): string => (/^__Host-device=[\w-]{43}$/.test(device) ? KNOWN : 'not known')

const KNOWN = 'known from now on'
/** Enough that the last of the waits is not over at once. */
const GUESSES = 40 * FREE
