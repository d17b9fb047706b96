import { setTimeout as sleep } from 'node:timers/promises'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days, minutes } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import {
  answerOf,
  deviceOf,
  jsonOf,
  person,
  sideBySide,
  signIn,
  somewhere,
  strangers,
  tally,
  WRONG,
} from './probe-people.ts'
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
      const victims = strangers(ACCOUNTS)
      const answers = await sideBySide(ACCOUNTS, 16, (index) =>
        signIn(
          context,
          { email: victims[index] ?? '', password: WRONG },
          { from: somewhere(), node: index % 2 === 0 ? 0 : 1 },
        ).then(answerOf),
      )
      context.record({
        side: 'positive',
        tried: `trying ${ACCOUNTS} accounts once each, from as many addresses`,
        saw: tally(answers),
        expected: '401 credentials-wrong for most of them: no account’s or address’s budget is met',
        ok: answers.filter((answer) => answer === '401 credentials-wrong').length >= ACCOUNTS / 2,
      })
      for (let tries = 0; tries < 30 && asked(await get(context)) === 'no'; tries++) await sleep(100)
      context.expect('negative', 'reading whether work is asked for now', asked(await get(context)), 'yes')

      const stranger = (challenge?: string, node: 0 | 1 = 0): Promise<NetworkReply> =>
        signIn(context, somebody, {
          from: somewhere(),
          node,
          headers: challenge === undefined ? {} : { cookie: `__Host-challenge=${challenge}` },
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
]

const get = (context: ProbeContext): Promise<NetworkReply> => context.network.request({ path: '/auth/challenge' })

const asked = (reply: NetworkReply): string => {
  const value = jsonOf(reply).asked
  return value === true ? 'yes' : value === false ? 'no' : answerOf(reply)
}

async function challengeOf(context: ProbeContext): Promise<Challenge> {
  const reply = await get(context)
  const { challenge } = jsonOf(reply)
  if (typeof challenge !== 'object' || challenge === null)
    throw new Unproved(`no challenge was given: ${answerOf(reply)}`)
  return challenge as Challenge
}

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

interface Challenge {
  readonly parameters: Readonly<Record<string, string | number>>
  readonly signature: string
}

const REQUIRED = '403 challenge-required'
const ACCOUNTS = 130
