import type { Claim } from '../../../kernel/claim.ts'
import { days, hours } from '../../../kernel/time.ts'
import { expectBudget, FREE, WIDTH } from './probe-budget.ts'
import { answerOf, people, person, sideBySide, signIn, somewhere, strangers, tally, WRONG } from './probe-people.ts'

const base = { level: 'required', effect: 'writes', keeps: days(30), exclusive: true } as const

/** Guessing otherwise than at the sign-in of one account: over many from one address, and with a session in hand. */
export const elsewhereClaims: readonly Claim[] = [
  {
    ...base,
    id: 'address',
    says: 'One client address has a budget over all accounts, and writing others into X-Forwarded-For is of no use.',
    needs: ['network', 'database'],
    byHand: `for n in $(seq 130); do curl -sk -o /dev/null -w '%{http_code}\\n' -H "x-forwarded-for: 192.0.2.$n" -H 'content-type: application/json' -d '{"email":"you'$((n % 30))'@example.org","password":"wrong"}' ORIGIN/auth/sign-in; done | sort | uniq -c`,
    async prove(context) {
      const from = somewhere()
      // Few accounts, five times each: neither their own budget is met, nor does it look like many accounts being tried.
      const victims = strangers(TRIES / FREE)
      const begun = performance.now()
      const answers = await sideBySide(TRIES, WIDTH, (index) =>
        signIn(
          context,
          { email: victims[index % victims.length] ?? '', password: WRONG },
          { from, headers: { 'x-forwarded-for': `192.0.2.${index + 1}, 198.51.100.${index + 1}` } },
        ).then(answerOf),
      )
      const compared = answers.filter((answer) => answer === '401 credentials-wrong').length
      const budget = ADDRESS_BUDGET + Math.floor((performance.now() - begun) / ADDRESS_PACE)
      context.record({
        side: 'negative',
        tried: `counting the comparisons that ${TRIES} guesses at ${victims.length} accounts came to, each with another X-Forwarded-For`,
        saw: `${compared}`,
        expected: `${ADDRESS_BUDGET} at least, at most ${budget} in that time`,
        ok: compared >= ADDRESS_BUDGET && compared <= budget,
      })
      context.expect(
        'negative',
        'reading what the others were told',
        tally(answers.filter((answer) => answer !== '401 credentials-wrong')),
        `429 too-many-attempts × ${TRIES - compared}`,
      )
      const somebody = await person(context)
      context.expect(
        'negative',
        'signing in rightly from that address',
        answerOf(await signIn(context, somebody, { from })),
        '429 too-many-attempts',
      )
      context.expect(
        'positive',
        'signing in rightly from another',
        answerOf(await signIn(context, somebody, { from: somewhere() })),
        '200',
      )
      await context.clock.advance(hours(1))
      context.expect(
        'positive',
        'signing in rightly from that address an hour later',
        answerOf(await signIn(context, somebody, { from })),
        '200',
      )
    },
  },
  {
    ...base,
    exclusive: false,
    id: 'step-up',
    says: 'Whoever holds somebody’s session guesses at the password under the same budget.',
    needs: ['network', 'database'],
    byHand: `for n in $(seq 10); do curl -sk -o /dev/null -w '%{http_code}\\n' -b "$COOKIE" -H 'origin: ORIGIN' -H 'content-type: application/json' -d '{"password":"wrong"}' ORIGIN/auth/step-up; done`,
    async prove(context) {
      const [victim] = await people(context, 1)
      if (victim === undefined) return
      const signedIn = await signIn(context, victim)
      const token = signedIn.setToken
      context.expect('positive', 'signing in', answerOf(signedIn), '200')
      if (!token) return
      const guess = (password: string, path: string) =>
        context.network.request({
          method: 'POST',
          path,
          token,
          body: path.endsWith('password') ? { current: password, password: `${WRONG} at all` } : { password },
        })
      const answers: string[] = []
      const begun = performance.now()
      for (let n = 0; n < 12; n++)
        answers.push(answerOf(await guess(WRONG, n % 2 === 0 ? '/auth/step-up' : '/auth/password')))
      for (let n = 0; n < FREE; n++)
        answers.push(answerOf(await signIn(context, { email: victim.email, password: WRONG }, { from: somewhere() })))
      expectBudget(context, 'guessing 12 times there, and 5 times by signing in from elsewhere', answers, begun)
    },
  },
]

const TRIES = 125
const ADDRESS_BUDGET = 100
/** Milliseconds after which one address may try once more. */
const ADDRESS_PACE = 36_000
