import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days, seconds } from '../../../kernel/time.ts'
import type { BreachVantage, NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import {
  answerOf,
  changePassword,
  completeSignUp,
  goodPassword,
  newEmail,
  newPerson,
  signUp,
  signUpToken,
} from './probe-people.ts'

const base = { level: 'required', effect: 'writes', keeps: days(30) } as const

/** Lists of one's own, and the service that knows of breaches. */
export const breachClaims: readonly Claim[] = [
  {
    ...base,
    id: 'own-list',
    says: 'A password of the operator’s own filter is refused, at sign-up and at a change, in whatever spelling.',
    needs: ['network'],
    byHand:
      'holdfast passwords build --from list.txt --to own.fuse16; HOLDFAST_PASSWORD_FILTER=own.fuse16 holdfast dev',
    async prove(context) {
      const { listed } = breachesOf(context)
      const person = await newPerson(context)
      context.expect(
        'positive',
        'signing up with what no list has',
        person.token === '' ? 'nothing' : 'an account',
        'an account',
      )
      const token = await signUpToken(context, newEmail())
      for (const password of listed) {
        const spelled = password.toUpperCase().replace(/(.{8})(?=.)/g, '$1-')
        for (const [what, tried] of [
          ['as it is listed', password],
          ['in capitals, with hyphens', spelled],
        ] as const) {
          const made = await completeSignUp(context, { token, name: 'Probe', password: tried })
          context.expect('negative', `signing up with a listed password, ${what}`, answerOf(made), REFUSED)
          const changed = await changePassword(context, person.token, { current: person.password, password: tried })
          context.expect('negative', `changing to it, ${what}`, answerOf(changed), REFUSED)
          // An accepted one has used the link up and moved the session on.
          if (made.status === 201 || changed.status === 204) return
        }
      }
    },
  },
  {
    ...base,
    id: 'breached',
    says: 'A password that the breach service has seen is refused, and the service is told five digits of a hash and nothing else.',
    needs: ['network'],
    byHand:
      'HOLDFAST_BREACH_SERVICE=https://api.pwnedpasswords.com/range/ holdfast dev, and sign up with a password it has seen',
    async prove(context) {
      const breaches = breachesOf(context)
      const [seen, unseen] = [goodPassword(24), goodPassword(24)]
      breaches.see(seen, 3)
      breaches.see(unseen, 0)
      const email = newEmail()
      const refused = await signUp(context, { email, name: 'Probe Person', password: seen })
      context.expect('negative', 'signing up with a password that it has seen', answerOf(refused), REFUSED)
      const made = await signUp(context, { email: newEmail(), name: 'Probe', password: unseen })
      context.expect('positive', 'signing up with one that it has not', answerOf(made), '201')
      const asked = breaches.asked()
      context.expect('positive', 'whether it was asked', asked.length >= 2 ? 'yes' : 'no', 'yes')
      const telling = asked.filter(({ method, path }) => method !== 'GET' || !/\/[0-9A-F]{5}$/.test(path))
      context.expect('negative', 'requests with more than five digits', telling.length, 0)
      const about = asked.filter(({ headers }) => /probe|cookie|authorization|forwarded/i.test(JSON.stringify(headers)))
      context.expect('negative', 'requests whose header fields say something of who asks', about.length, 0)
      const unpadded = asked.filter(({ headers }) => headers['add-padding'] !== 'true')
      context.expect('negative', 'requests without a wish for padding', unpadded.length, 0)
    },
  },
  {
    ...base,
    id: 'breach-fallback',
    says: 'Where the breach service is down or silent, people sign up within two seconds, the filter refuses as ever, and the failure is an event.',
    needs: ['network', 'telemetry'],
    exclusive: true,
    byHand: 'HOLDFAST_BREACH_SERVICE=http://127.0.0.1:1/ holdfast dev, and sign up',
    prove: proveFallback,
  },
]

async function proveFallback(context: ProbeContext): Promise<void> {
  const breaches = breachesOf(context)
  try {
    for (const state of ['down', 'silent'] as const) {
      breaches.service(state)
      const token = await signUpToken(context, newEmail())
      const common = await complete(context, token, 'correct horse battery staple')
      context.expect('negative', `signing up with a common password while it is ${state}`, answerOf(common), REFUSED)
      const begun = performance.now()
      const made = await complete(context, token, goodPassword())
      const milliseconds = Math.round(performance.now() - begun)
      context.expect('positive', `signing up with a good one while it is ${state}`, answerOf(made), '201')
      context.record({
        side: 'positive',
        tried: `how long that took`,
        saw: `${milliseconds} ms`,
        expected: 'below 2,000 ms',
        ok: milliseconds < 2_000,
      })
    }
  } finally {
    breaches.service('up')
  }
  const isSaid = ({ name, fields }: { readonly name: string; readonly fields: Readonly<Record<string, unknown>> }) =>
    name === 'sys_error' && fields.problem === 'breach-service-unavailable'
  const events = (await context.telemetry.events((all) => all.some(isSaid))).filter(isSaid)
  context.expect('positive', 'events of its failure', events.length > 0 ? 'some' : 'none', 'some')
  // It is left alone for a while after failures.
  await context.clock.advance(seconds(31))
  const seen = goodPassword(24)
  breaches.see(seen, 1)
  const later = await signUp(context, { email: newEmail(), name: 'Probe', password: seen })
  context.expect('positive', 'signing up with a password it has seen, once it answers again', answerOf(later), REFUSED)
}

const complete = (context: ProbeContext, token: string, password: string): Promise<NetworkReply> =>
  completeSignUp(context, { token, name: 'Probe', password })

function breachesOf({ breaches }: ProbeContext): BreachVantage {
  if (breaches === undefined)
    throw new Unproved('needs a filter and a breach service of which it is known what they have')
  return breaches
}

const REFUSED = '422 password-refused'
