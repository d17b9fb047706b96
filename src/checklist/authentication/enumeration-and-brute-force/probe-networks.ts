import { randomBytes } from 'node:crypto'
import type { Claim } from '../../../kernel/claim.ts'
import { days, hours } from '../../../kernel/time.ts'
import { TWIN_PROXY } from '../../../kernel/vantage.ts'
import { WIDTH } from './probe-budget.ts'
import { answerOf, person, sideBySide, signIn, strangers, tally } from './probe-people.ts'

/** Clients that have more addresses than there are accounts. */
export const networkClaims: readonly Claim[] = [
  {
    id: 'networks',
    says: 'Whoever has one address of an IPv6 network has all of it, so a /64 has one budget: changing addresses within it is of no use, and its neighbours are not held up.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(30),
    exclusive: true,
    byHand: `for n in $(seq 130); do curl -6sk --interface "$PREFIX::$n" -o /dev/null -w '%{http_code}\\n' -H 'content-type: application/json' -d '{"email":"nobody'$n'@example.org"}' ORIGIN/auth/reset; done | sort | uniq -c`,
    async prove(context) {
      const mine = randomBytes(3)
        .toString('hex')
        .replace(/(..)(....)/, '2001:db8:$1:$2')
      // Differs in the last bit of the network.
      const neighbour = `${mine.slice(0, -1)}${(Number.parseInt(mine.slice(-1), 16) ^ 1).toString(16)}`
      const host = (): string =>
        randomBytes(8)
          .toString('hex')
          .replace(/(....)(?=.)/g, '$1:')
      /** A reverse proxy that is believed says who asks. */
      const behind = (address: string) => ({ from: TWIN_PROXY, headers: { 'x-forwarded-for': address } })
      const asked = strangers(TRIES)
      const begun = performance.now()
      const answers = await sideBySide(TRIES, WIDTH, (index) =>
        context.network
          .request({
            method: 'POST',
            path: '/auth/reset',
            body: { email: asked[index] },
            ...behind(`${mine}:${host()}`),
          })
          .then(answerOf),
      )
      const taken = answers.filter((answer) => answer === '202').length
      const budget = BUDGET + Math.floor((performance.now() - begun) / PACE)
      context.record({
        side: 'negative',
        tried: `asking for ${TRIES} mails from as many addresses of one /64`,
        saw: tally(answers),
        expected: `202 for ${BUDGET} at least, at most ${budget} in that time, 429 too-many-attempts for the others`,
        ok: taken >= BUDGET && taken <= budget && answers.every((answer) => answer === '202' || answer === DELAYED),
      })
      const ask = async (address: string): Promise<string> => {
        const [email] = strangers(1)
        return answerOf(
          await context.network.request({ method: 'POST', path: '/auth/reset', body: { email }, ...behind(address) }),
        )
      }
      context.expect('negative', 'once more, from another address of it', await ask(`${mine}::1`), DELAYED)
      context.expect('positive', 'from the /64 beside it', await ask(`${neighbour}:${host()}`), '202')
      context.expect('positive', 'from an IPv4 address behind the same proxy', await ask('192.0.2.77'), '202')
      // A budget of its own: that of passwords.
      const somebody = await person(context)
      const reply = await signIn(context, somebody, behind(`${mine}:${host()}`))
      context.expect('positive', 'signing in from the first /64', answerOf(reply), '200')
      await context.clock.advance(hours(1))
      context.expect('positive', 'asking for a mail there an hour later', await ask(`${mine}::1`), '202')
    },
  },
]

const DELAYED = '429 too-many-attempts'
const BUDGET = 100
const TRIES = 125
/** Milliseconds after which one client may ask once more. */
const PACE = 36_000
