import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import { pipelined } from './probe-flood.ts'
import { answerOf, elsewhere, newPerson, signIn } from './probe-people.ts'

/** Addresses, connections of each, sign-ins on each: within the budget of an address, and together more than may wait for the hasher. */
const FLOODS = 3
const CONNECTIONS = 5
const PER_CONNECTION = 18
const ALL = FLOODS * CONNECTIONS * PER_CONNECTION
/** Milliseconds in which the flood fills the queue. */
const HEAD_START = 200
const TRIES = 10

/** What a flood from a few addresses does to those who sign in from another. */
export const floodElsewhereClaims: readonly Claim[] = [
  {
    id: 'flood-elsewhere',
    says: `While ${FLOODS} addresses have ${ALL} sign-ins under way, more than may wait, somebody signs in ten times from another address, and waits for a turn and not for the flood.`,
    level: 'required',
    needs: ['network'],
    effect: 'loads',
    keeps: days(30),
    exclusive: true,
    byHand: `for n in {1..270}; do curl -sk --interface 127.0.0.$((n % 3 + 2)) -o /dev/null -H 'content-type: application/json' -d '{"email":"nobody'$n'@probe.example","password":"lantern gravel seven"}' ORIGIN/auth/sign-in & done; curl -k -w '%{time_total}\\n' -b "$DEVICE" -H 'content-type: application/json' -d '{"email":"YOURS","password":"YOURS"}' ORIGIN/auth/sign-in`,
    async prove(context) {
      const person = await newPerson(context)
      // So many failures may be taken for stuffing; a known browser is asked for no proof of work.
      const device = /__Host-device=[^;\s]+/.exec((await signIn(context, person)).headers['set-cookie'] ?? '')?.[0]
      const from = elsewhere()
      let over = 0
      const flood = Array.from({ length: FLOODS }, () => elsewhere()).flatMap((source) =>
        Array.from({ length: CONNECTIONS }, async () => {
          const sent = pipelined(context.network.origin, PER_CONNECTION)
          const text = await context.network.raw(sent, { timeout: 30_000, from: source })
          over += 1
          return text.toString('latin1')
        }),
      )
      await new Promise((resolve) => setTimeout(resolve, HEAD_START))
      const told: string[] = []
      let during = 0
      while (told.length < TRIES) {
        told.push(answerOf(await signIn(context, person, device, from)))
        if (over < flood.length) during += 1
      }
      const replies = (await Promise.all(flood)).flatMap((text) => text.split(/(?=HTTP\/1\.1 \d{3} )/))
      const count = (status: number): number =>
        replies.filter((reply) => reply.startsWith(`HTTP/1.1 ${status} `)).length
      context.record({
        side: 'negative',
        tried: `sending ${ALL} sign-ins from ${FLOODS} addresses at once`,
        saw: `${count(401)} compared, ${count(503)} turned away`,
        expected: 'some of each: there is a queue, and it was full',
        ok: count(401) > 0 && count(503) > 0,
      })
      const answers = [...new Set(told)].map((answer) => `${told.filter((one) => one === answer).length} of ${answer}`)
      context.expect('positive', 'signing in from another address meanwhile', answers.join(', '), `${TRIES} of 200`)
      context.record({
        side: 'positive',
        tried: 'looking whether the flood was still waiting when each of them was answered',
        saw: `${during} of ${TRIES} were answered before it`,
        expected: `${TRIES / 2} at least`,
        ok: during >= TRIES / 2,
      })
    },
  },
]
