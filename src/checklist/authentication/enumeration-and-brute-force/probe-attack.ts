import { setTimeout as sleep } from 'node:timers/promises'
import { Unproved } from '../../../kernel/claim.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import { answerOf, jsonOf, sideBySide, signIn, somewhere, strangers, tally, WRONG } from './probe-people.ts'

/** A proof of work as it is asked for. */
export interface Challenge {
  readonly parameters: Readonly<Record<string, string | number>>
  readonly signature: string
}

/** Tries so many accounts once each, from as many addresses at both nodes, and waits until that is seen. */
export async function tryMany(context: ProbeContext, count = ENOUGH): Promise<void> {
  const victims = strangers(count)
  const answers = await sideBySide(count, 16, (index) =>
    signIn(
      context,
      { email: victims[index] ?? '', password: WRONG },
      { from: somewhere(), node: index % 2 === 0 ? 0 : 1 },
    ).then(answerOf),
  )
  context.record({
    side: 'positive',
    tried: `trying ${count} accounts once each, from as many addresses`,
    saw: tally(answers),
    expected: '401 credentials-wrong for most of them: no account’s or address’s budget is met',
    ok: answers.filter((answer) => answer === '401 credentials-wrong').length >= count / 2,
  })
}

/** Waits until work is asked for. */
export async function untilAsked(context: ProbeContext): Promise<string> {
  for (let tries = 0; tries < 30 && asked(await get(context)) === 'no'; tries++) await sleep(100)
  return asked(await get(context))
}

export const get = (context: ProbeContext): Promise<NetworkReply> =>
  context.network.request({ path: '/auth/challenge' })

export const asked = (reply: NetworkReply): string => {
  const value = jsonOf(reply).asked
  return value === true ? 'yes' : value === false ? 'no' : answerOf(reply)
}

export async function challengeOf(context: ProbeContext): Promise<Challenge> {
  const reply = await get(context)
  const { challenge } = jsonOf(reply)
  if (typeof challenge !== 'object' || challenge === null)
    throw new Unproved(`no challenge was given: ${answerOf(reply)}`)
  return challenge as Challenge
}

/** As the cookie that goes along. */
export const carried = (solution: string): { readonly cookie: string } => ({ cookie: `__Host-challenge=${solution}` })

export const REQUIRED = '403 challenge-required'
/** Accounts: more than it takes to be seen. */
export const ENOUGH = 130
