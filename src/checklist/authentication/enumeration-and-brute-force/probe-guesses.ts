import type { Claim } from '../../../kernel/claim.ts'
import { days, hours, minutes } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext, TelemetryEvent } from '../../../kernel/vantage.ts'
import {
  answerOf,
  deviceOf,
  difference,
  people,
  person,
  sideBySide,
  signIn,
  somewhere,
  strangers,
  tally,
  WRONG,
} from './probe-people.ts'

const base = { level: 'required', effect: 'writes', keeps: days(30), exclusive: true } as const

/** How often somebody may guess. */
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
    says: 'After 100 wrong passwords in a row the right one is refused like a wrong one, until it is changed; its owner is told by mail, and goes on from a known device.',
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
  {
    ...base,
    exclusive: false,
    id: 'at-rest',
    says: 'What is counted is kept under keyed hashes, and a device’s token as its hash: a copy of the database tells neither who was tried nor signs anybody in.',
    needs: ['network', 'database'],
    byHand: "psql -c 'select * from holdfast.attempt' -c 'select * from holdfast.known_device'",
    async prove(context) {
      const somebody = await person(context)
      const from = somewhere()
      const count = (sql: string, ...values: readonly unknown[]): Promise<number> =>
        context.database.admin.query(sql, values).then(({ rows }) => Number(rows[0]?.n))
      const attempts = (): Promise<number> => count('select count(*) as n from holdfast.attempt')
      const before = await attempts()
      await signIn(context, { email: somebody.email, password: WRONG }, { from })
      context.record({
        side: 'positive',
        tried: 'counting the counters before and after a wrong password',
        saw: (await attempts()) > before ? 'more' : 'no more',
        expected: 'more',
        ok: (await attempts()) > before,
      })
      for (const [what, text] of [
        ['the account’s address', somebody.email],
        ['the client’s address', from],
      ] as const) {
        const readable = await count(
          `select count(*) as n from holdfast.attempt a where strpos(a::text, $1::text) > 0
            or subject_hash in (sha256(convert_to($1::text, 'UTF8')), sha256(convert_to(upper($1::text), 'UTF8')))`,
          text,
        )
        context.expect('negative', `looking for ${what}, and for its hash without a key`, readable, 0)
      }
      const token = deviceOf(await signIn(context, somebody, { from })).split('=')[1] ?? ''
      const kept = await count(
        'select count(*) as n from holdfast.known_device where token_hash = sha256($1::text::bytea)',
        token,
      )
      context.expect('positive', 'looking for the device’s token by its hash', kept, 1)
      const plain = await count(
        "select count(*) as n from holdfast.known_device d where strpos(d::text, $1::text) > 0 or strpos(d::text, encode($1::text::bytea, 'hex')) > 0",
        token,
      )
      context.expect('negative', 'looking for the token itself', plain, 0)
    },
  },
]

/** Tries that may be compared: five at once, then after 1, 2, 4 … seconds. It is no fault of theirs that a machine is slow. */
const budgetWithin = (seconds: number): number => FREE + Math.floor(Math.log2(seconds + 1))

/** @param begun - when the first of them was sent, by `performance.now()`. */
function expectBudget(context: ProbeContext, tried: string, answers: readonly string[], begun: number): void {
  const compared = answers.filter((answer) => answer === '401 credentials-wrong').length
  const budget = budgetWithin((performance.now() - begun) / 1000)
  const expected = `${FREE} compared at least, at most ${budget} in that time`
  context.record({ side: 'negative', tried, saw: `${compared}`, expected, ok: compared >= FREE && compared <= budget })
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
/** Side by side. */
const WIDTH = 16
/** Tries before the first wait [the specification's "growing delays long before"]. */
const FREE = 5
const MOST_FAILURES = 100
const TRIES = 125
const ADDRESS_BUDGET = 100
/** Milliseconds after which one address may try once more. */
const ADDRESS_PACE = 36_000
const LOCK_MAIL = /wrong passwords/
