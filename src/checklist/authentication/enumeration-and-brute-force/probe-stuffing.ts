import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim } from '../../../kernel/claim.ts'
import { days, minutes } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import { asked, carried, challengeOf, get, REQUIRED, tryMany, untilAsked } from './probe-attack.ts'
import { answerOf, deviceOf, person, signIn, somewhere, WRONG } from './probe-people.ts'
import { encode, solve } from './solve.ts'

/** What is done about many accounts being tried a few times each. */
export const stuffingClaims: readonly Claim[] = [
  {
    id: 'stuffing',
    says: 'When many accounts are tried a few times each, strangers are asked for a proof of work, on every node; one that is solved lets through once, and nothing that was forged, kept too long or used before.',
    level: 'required',
    needs: ['network', 'database', 'telemetry'],
    effect: 'writes',
    keeps: days(30),
    exclusive: true,
    byHand: 'curl -sk ORIGIN/auth/challenge',
    async prove(context) {
      const somebody = await person(context)
      const device = deviceOf(await signIn(context, somebody, { from: somewhere() }))
      context.expect(
        'positive',
        'reading whether work is asked for, while nobody tries anything',
        asked(await get(context)),
        'no',
      )
      await tryMany(context)
      context.expect('negative', 'reading whether work is asked for now', await untilAsked(context), 'yes')

      const stranger = (challenge?: string, node: 0 | 1 = 0): Promise<NetworkReply> =>
        signIn(context, somebody, {
          from: somewhere(),
          node,
          headers: challenge === undefined ? {} : carried(challenge),
        })
      const bare = await stranger()
      context.expect('negative', 'signing in rightly as a stranger', answerOf(bare), REQUIRED)
      context.expect(
        'positive',
        'looking where the answer says a challenge is got from',
        `${bare.headers.link} ${bare.text()}`.includes('/auth/challenge') ? 'said' : 'not said',
        'said',
      )
      context.expect('negative', 'the same on the other node', answerOf(await stranger(undefined, 1)), REQUIRED)
      context.expect(
        'positive',
        'signing in from the known device',
        answerOf(await signIn(context, somebody, { from: somewhere(), headers: { cookie: device } })),
        '200',
      )

      const challenge = await challengeOf(context)
      const solution = solve(challenge)
      context.expect('positive', 'signing in with a solved challenge', answerOf(await stranger(solution)), '200')
      context.expect('negative', 'with the same one again', answerOf(await stranger(solution)), REQUIRED)
      context.expect('negative', 'with the same one on the other node', answerOf(await stranger(solution, 1)), REQUIRED)
      for (const [what, forged] of await forgeries(context))
        context.expect('negative', `with ${what}`, answerOf(await stranger(forged)), REQUIRED)
      const kept = solve(await challengeOf(context))
      await context.clock.advance(minutes(6))
      context.expect('negative', 'with one that was kept for six minutes', answerOf(await stranger(kept)), REQUIRED)
      const events = await context.telemetry.events((seen) => seen.some(({ name }) => name === 'authn_stuffing_seen'))
      context.expect(
        'positive',
        'reading the event',
        events.some(({ name }) => name === 'authn_stuffing_seen') ? 'seen' : 'not seen',
        'seen',
      )
      await context.clock.advance(minutes(11))
      context.expect(
        'positive',
        'signing in as a stranger when it has been quiet for a while',
        answerOf(await stranger()),
        '200',
      )
    },
  },
  {
    id: 'refused',
    says: 'Where 3,200 failed although each of them cost a proof of work, strangers are refused with or without one; known devices and passkeys go on, and when it has been quiet everybody does.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(30),
    exclusive: true,
    byHand: 'curl -sk -b __Host-challenge=SOLVED -d @right.json ORIGIN/auth/sign-in',
    async prove(context) {
      const somebody = await person(context)
      const device = deviceOf(await signIn(context, somebody, { from: somewhere() }))
      const ways = [await solved(context), await solved(context), await solved(context)]
      const stranger = (headers: Readonly<Record<string, string>> = {}): Promise<string> =>
        signIn(context, somebody, { from: somewhere(), headers }).then(answerOf)
      const work = (): Readonly<Record<string, string>> => carried(ways.pop() ?? '')
      await tryMany(context)
      await untilAsked(context)
      context.expect('positive', 'signing in with a solved challenge', await stranger(work()), '200')
      // As many as nobody could try here: what was counted grows, and what follows from it with the next one is left to the backend.
      await context.database.admin.query(
        `update holdfast.attempt set failures = failures + 3200 where subject_hash = (
          select subject_hash from holdfast.attempt where kind = 'service' and blocked_until is null
          order by failures desc limit 1)`,
      )
      const wrong = { email: somebody.email, password: WRONG }
      await signIn(context, wrong, { from: somewhere(), headers: work() })
      let bare = await stranger()
      for (let tries = 0; tries < 20 && bare === REQUIRED; tries++) {
        await sleep(100)
        bare = await stranger()
      }
      context.expect('negative', 'signing in rightly as a stranger, without work', bare, '429 too-many-attempts')
      const worked = await stranger(work())
      context.expect('negative', 'with a solved challenge', worked, '429 too-many-attempts')
      const reset = await context.network.request({
        method: 'POST',
        path: '/auth/reset',
        body: { email: somebody.email },
        from: somewhere(),
      })
      context.expect('negative', 'asking for a new password', answerOf(reset), '429 too-many-attempts')
      context.expect('positive', 'signing in from the known device', await stranger({ cookie: device }), '200')
      const admin = context.identity('admin')
      const session = await context.network.signIn(admin).then(
        () => 'a session',
        (error: unknown) => String(error),
      )
      context.expect('positive', 'signing in by passkey', session, 'a session')
      await context.clock.advance(minutes(11))
      context.expect('positive', 'as a stranger when it has been quiet for a while', await stranger(), '200')
    },
  },
]

/** A way through, for later. */
const solved = async (context: ProbeContext): Promise<string> => solve(await challengeOf(context))

/** Challenges that are not ours, and solutions that are none. */
async function forgeries(context: ProbeContext): Promise<readonly (readonly [what: string, text: string])[]> {
  const { parameters, signature } = await challengeOf(context)
  const easier = { parameters: { ...parameters, keyPrefix: '0', cost: 1 }, signature }
  const easyPrefix = { parameters: { ...parameters, keyPrefix: '00', cost: 2000, nonce: 'ab'.repeat(16) }, signature }
  const longer = { parameters: { ...parameters, expiresAt: Number(parameters.expiresAt) + 3600 }, signature }
  return [
    ['one that was made easier', solve(easier)],
    ['one of somebody’s own making', solve(easyPrefix)],
    ['one that was made to last', solve(longer)],
    ['a solution that is none', encode({ parameters, signature }, { counter: 1, derivedKey: '00'.repeat(32) })],
    ['nonsense', 'bm9uc2Vuc2U'],
    ['nothing', ''],
  ]
}
