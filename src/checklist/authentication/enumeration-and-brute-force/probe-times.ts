import { randomInt } from 'node:crypto'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days, hours } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import { type Comparison, compareTimes, isTold, LIMIT } from './compare-times.ts'
import { answerOf, difference, people, signIn, strangers, WRONG } from './probe-people.ts'

const base = {
  level: 'required',
  needs: ['network', 'database'],
  effect: 'loads',
  keeps: days(30),
  exclusive: true,
} as const

/** Whether answers tell who has an account, by what they say or by how long they take. */
export const timeClaims: readonly Claim[] = [
  {
    ...base,
    id: 'sign-in-alike',
    says: 'Signing in with a wrong password gives the same answer after the same time whether or not there is such an account.',
    byHand: `for who in you@example.org nobody@example.org; do curl -sk -o /dev/null -w '%{http_code} %{time_total}\\n' -H 'content-type: application/json' -d '{"email":"'$who'","password":"wrong"}' ORIGIN/auth/sign-in; done`,
    async prove(context) {
      const known = await people(context, AT_ONCE + 1)
      const [first] = known
      if (first === undefined) throw new Unproved('nobody could be made')
      context.expect('positive', 'signing in with the right password', answerOf(await signIn(context, first)), '200')
      await alike(context, {
        what: 'signing in with a wrong password',
        send: (email) => signIn(context, { email, password: WRONG }),
        answer: '401 credentials-wrong',
        known: known.map(({ email }) => email),
      })
    },
  },
  {
    ...base,
    id: 'mail-flows-alike',
    says: 'Asking for a mail (sign-up, reset, sign-in link) gives the same answer after the same time whether or not there is such an account, also when mails are taken slowly.',
    needs: ['network', 'database', 'telemetry'],
    byHand: `for who in you@example.org nobody@example.org; do curl -sk -o /dev/null -w '%{http_code} %{time_total}\\n' -H 'content-type: application/json' -d '{"email":"'$who'"}' ORIGIN/auth/reset; done`,
    async prove(context) {
      const known = (await people(context, AT_ONCE + 1)).map(({ email }) => email)
      for (const path of MAIL_FLOWS) {
        const send = (email: string): Promise<NetworkReply> =>
          context.network.request({ method: 'POST', path, body: { email } })
        const seen = await alike(context, { what: `POST ${path}`, send, answer: '202', known })
        if (!seen) return
      }
      const [owner = ''] = known
      const received = await context.mail.received(owner, (mails) => mails.length >= MAIL_FLOWS.length, 10_000)
      context.expect(
        'positive',
        'reading the mails of somebody who has an account',
        received.length >= MAIL_FLOWS.length ? 'one for each flow at least' : `${received.length}`,
        'one for each flow at least',
      )
      await context.faults.mail('slow')
      const send = (email: string): Promise<NetworkReply> =>
        context.network.request({ method: 'POST', path: '/auth/reset', body: { email } })
      await alike(context, { what: 'POST /auth/reset while each mail takes a second', send, answer: '202', known })
    },
  },
]

interface Flow {
  readonly what: string
  readonly send: (email: string) => Promise<NetworkReply>
  /** What everybody is to be told. */
  readonly answer: string
  readonly known: readonly string[]
}

/**
 * Sends the same for people with and without an account, in turns of random order. The twin's clock goes on by hours between
 * rounds, so that no budget is met: this is about the answers, not about how many there may be.
 *
 * A difference has to be seen twice: what one round of measuring says by chance, the next does not repeat. Where the machine
 * is too busy to see as little as 5 ms, it is measured again, and is unproved in the end.
 */
async function alike(context: ProbeContext, flow: Flow): Promise<boolean> {
  // Who is tried first of each kind is not measured: connections are opened and statements prepared by it.
  const [[firstKnown = '', ...known], [firstUnknown = '', ...unknown]] = [flow.known, strangers(flow.known.length)]
  let odd = ''
  let sample: NetworkReply | undefined
  const time = async (email: string): Promise<number> => {
    const started = performance.now()
    const reply = await flow.send(email)
    const took = performance.now() - started
    sample ??= reply
    const differs = answerOf(reply) === flow.answer ? difference(reply, sample) : `${answerOf(reply)}`
    if (differs !== 'no difference') odd ||= differs
    return took
  }
  const measure = async (rounds: number): Promise<Comparison> => {
    const [ours, theirs]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      await context.clock.advance(hours(1))
      if (round === 0) for (const email of [firstKnown, firstUnknown]) await time(email)
      for (const [index, email] of known.entries()) {
        const pair = [
          () => time(email).then((took) => ours.push(took)),
          () => time(unknown[index] ?? '').then((took) => theirs.push(took)),
        ]
        if (randomInt(2) === 0) pair.reverse()
        for (const one of pair) await one()
      }
    }
    return compareTimes(ours, theirs)
  }
  const started = performance.now()
  let seen = await measure(ROUNDS)
  for (let again = 0; again < 2 && seen.smallest > COARSEST && performance.now() - started < PATIENCE; again++)
    seen = await measure(ROUNDS)
  let told = isTold(seen)
  if (told) {
    const second = await measure(ROUNDS)
    told = isTold(second) && Math.sign(second.difference) === Math.sign(seen.difference)
    seen = second
  }
  const samples = `${ROUNDS * known.length} with and as many without an account`
  context.record({
    side: 'negative',
    tried: `${flow.what}: comparing the answers of ${samples}`,
    saw: odd === '' ? 'no difference' : odd,
    expected: 'no difference',
    ok: odd === '',
  })
  context.record({
    side: 'positive',
    tried: `${flow.what}: reading the answer`,
    saw: sample === undefined ? 'none' : answerOf(sample),
    expected: flow.answer,
    ok: sample !== undefined && answerOf(sample) === flow.answer,
  })
  const figures = `t = ${seen.t.toFixed(1)}, by ranks ${seen.z.toFixed(1)}, a difference of ${seen.difference.toFixed(2)} ms; ${seen.smallest.toFixed(2)} ms would have been seen`
  if (!told && seen.smallest > COARSEST) throw new Unproved(`${flow.what}: the machine is too busy to tell: ${figures}`)
  context.record({
    side: 'negative',
    tried: `${flow.what}: comparing the times (Welch’s t, without the slowest quarter)`,
    saw: figures,
    expected: `|t| below ${LIMIT}`,
    ok: !told,
  })
  return odd === '' && !told
}

const MAIL_FLOWS = ['/auth/sign-up', '/auth/reset', '/auth/sign-in-link'] as const
/**
 * People of each kind that are measured; each is tried once in a round. Even two rounds counted as one are below what looks
 * like stuffing.
 */
const AT_ONCE = 20
const ROUNDS = 10
/** Milliseconds after which nothing is measured again. */
const PATIENCE = 20_000
/** Milliseconds: a difference as small as this must be seen. */
const COARSEST = 5
