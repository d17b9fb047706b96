import type { Claim } from '../../../kernel/claim.ts'
import { days, minutes } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext, TelemetryEvent } from '../../../kernel/vantage.ts'
import { budgetWithin, expectBudget, FREE, WIDTH } from './probe-budget.ts'
import {
  answerOf,
  deviceOf,
  difference,
  type Person,
  person,
  sideBySide,
  signIn,
  somewhere,
  strangers,
  tally,
  WRONG,
} from './probe-people.ts'

const base = { level: 'required', effect: 'writes', keeps: days(30), exclusive: true } as const

/** How often somebody may guess at one account, and what becomes of a password at which they did for too long. */
export const guessClaims: readonly Claim[] = [
  {
    ...base,
    id: 'budget',
    says: '1,000 guesses at one account, from ever new addresses and on both nodes at once, come to no more comparisons than its budget, and its owner signs in meanwhile from a known device.',
    needs: ['network', 'database', 'telemetry'],
    byHand: `seq 50 | xargs -P 8 -I{} curl -sk -o /dev/null -w '%{http_code}\\n' --interface 127.0.9.{} -H 'content-type: application/json' -d '{"email":"you@example.org","password":"wrong"}' ORIGIN/auth/sign-in | sort | uniq -c`,
    async prove(context) {
      const owner = await person(context)
      const device = deviceOf(await signIn(context, owner, { from: somewhere() }))
      const started = performance.now()
      let owners = ''
      const answers = await sideBySide(GUESSES, WIDTH, async (index) => {
        if (index === GUESSES / 2) owners = answerOf(await signIn(context, owner, { headers: { cookie: device } }))
        const guess = { email: owner.email, password: WRONG }
        return signIn(context, guess, { from: somewhere(), node: index % 2 === 0 ? 0 : 1 })
      })
      // Just when a wait is over the right one passes, rightly: a wrong one takes that turn, and begins a longer wait.
      for (let tries = 0; tries < 4; tries++) {
        const reply = await signIn(context, { email: owner.email, password: WRONG }, { from: somewhere() })
        if (Number(reply.headers['retry-after']) >= 4) break
      }
      context.expect(
        'negative',
        'signing in with the right password as an unknown device',
        answerOf(await signIn(context, owner, { from: somewhere() })),
        '429 too-many-attempts',
      )
      const seconds = (performance.now() - started) / 1000
      const budget = budgetWithin(seconds)
      const failed = await failures(context, owner.id)
      context.record({
        side: 'negative',
        tried: `counting the comparisons that ${GUESSES} guesses within ${Math.round(seconds)} s came to`,
        saw: `${failed}`,
        expected: `at most ${budget}: ${FREE} at once, then each after twice the wait`,
        ok: failed <= budget,
      })
      context.record({
        side: 'positive',
        tried: 'counting those that were compared at all',
        saw: `${failed}`,
        expected: `${FREE} or more`,
        ok: failed >= FREE,
      })
      const delayed = answers.filter((reply) => reply.status === 429)
      const told = delayed.filter(({ headers }) => Number(headers['retry-after']) >= 1)
      context.record({
        side: 'negative',
        tried: 'reading what the others were told',
        saw: tally(answers.map(answerOf)),
        expected: '429 too-many-attempts for all but the budget, with Retry-After',
        ok: delayed.length >= GUESSES - budget && told.length === delayed.length,
      })
      context.expect('positive', 'the owner signing in from the known device in the middle of it', owners, '200')
      const [nobody = ''] = strangers(1)
      const begun = performance.now()
      const others = await sideBySide(20, WIDTH, () =>
        signIn(context, { email: nobody, password: WRONG }, { from: somewhere() }).then(answerOf),
      )
      expectBudget(context, 'guessing 20 times at an address nobody has', others, begun)
    },
  },
  {
    ...base,
    id: 'lock',
    says: 'After 100 wrong passwords in a row the right one is refused like a wrong one, until it is changed; its owner is told by mail, and goes on from a known device and by passkey.',
    needs: ['network', 'database', 'telemetry'],
    byHand:
      'for n in $(seq 101); do curl -sk -d @wrong.json ORIGIN/auth/sign-in; sleep 900; done; then sign in rightly',
    async prove(context) {
      const owner = await person(context)
      const device = deviceOf(await signIn(context, owner))
      const answers: string[] = []
      let first: NetworkReply | undefined
      for (let n = 0; n < MOST_FAILURES; n++) {
        await context.clock.advance(minutes(16))
        const reply = await signIn(context, { email: owner.email, password: WRONG })
        first ??= reply
        answers.push(answerOf(reply))
      }
      context.expect(
        'positive',
        'guessing wrong with the waits between',
        tally(answers),
        `401 credentials-wrong × ${MOST_FAILURES}`,
      )
      context.expect('positive', 'signing in by passkey', await signInByPasskey(context, owner), 'a session')
      await context.clock.advance(minutes(16))
      const right = await signIn(context, owner)
      context.expect(
        'negative',
        'signing in with the right password afterwards',
        answerOf(right),
        '401 credentials-wrong',
      )
      context.expect(
        'negative',
        'that answer, compared with the one to the first wrong password',
        first === undefined ? 'none' : difference(right, first),
        'no difference',
      )
      const known = await signIn(context, owner, { headers: { cookie: device } })
      context.expect('positive', 'signing in from the known device', answerOf(known), '200')
      const locked = (events: readonly TelemetryEvent[]): number =>
        events.filter(({ name }) => name === 'authn_password_locked').length
      const events = await context.telemetry.events((seen) => locked(seen) > 0)
      context.expect('positive', 'reading the event', locked(events), 1)
      const mails = await context.mail.received(owner.email, (seen) =>
        seen.some(({ subject }) => LOCK_MAIL.test(subject)),
      )
      context.expect(
        'positive',
        'reading the owner’s mail',
        mails.some(({ subject }) => LOCK_MAIL.test(subject)) ? 'told' : 'not told',
        'told',
      )
      const next = `${WRONG} but this one`
      const changed = await context.network.request({
        method: 'POST',
        path: '/auth/password',
        headers: { cookie: `__Host-session=${known.setToken ?? ''}; ${device}`, origin: context.network.origin },
        body: { current: owner.password, password: next },
      })
      context.expect('positive', 'changing the password there', answerOf(changed), '204')
      const anew = await signIn(context, { email: owner.email, password: next })
      context.expect('positive', 'signing in with the new one as an unknown device', answerOf(anew), '200')
    },
  },
]

/** With the passkey of somebody the twin knows, which is lent to them. */
async function signInByPasskey(context: ProbeContext, owner: Person): Promise<string> {
  const lender = context.identity('admin')
  const give = (from: string, to: string): Promise<unknown> =>
    context.database.admin.query('update holdfast.passkey set account_id = $2::uuid where account_id = $1::uuid', [
      from,
      to,
    ])
  await give(lender.accountId, owner.id)
  const { id: accountId, email, password } = owner
  const saw = await context.network.signIn({ ...lender, accountId, email, password }).then(
    () => 'a session',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  await give(owner.id, lender.accountId)
  return saw
}

/** Comparisons with an account, as its failed sign-ins tell; waits until no more come. */
async function failures(context: ProbeContext, accountId: string): Promise<number> {
  const count = (events: readonly TelemetryEvent[]): number =>
    events
      .filter((event) => event.name === 'authn_login_fail' && event.accountId === accountId)
      .reduce((sum, event) => sum + event.count, 0)
  let latest = -1
  const events = await context.telemetry.events((seen) => {
    const settled = latest > 0 && count(seen) === latest
    latest = count(seen)
    return settled
  }, 3_000)
  // Those of one second are one row with a count, written when the second is over.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  return Math.max(count(events), count(await context.telemetry.events(() => true)))
}

const GUESSES = 1_000
const MOST_FAILURES = 100
const LOCK_MAIL = /wrong passwords/
