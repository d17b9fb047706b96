import { minutes, seconds } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import {
  answerOf,
  askForMail,
  completeSignUp,
  goodPassword,
  mailedToken,
  newEmail,
  newPerson,
  type Person,
} from './probe-people.ts'

/** Links of every kind: each works at once, and another of its kind not when its time is over. */
export async function proveMailExpiry(context: ProbeContext): Promise<void> {
  for (const kind of KINDS) {
    const at = await ask(context, kind, await newPerson(context))
    context.expect('positive', `${kind.what}, at once`, answerOf(await kind.use(context, at)), kind.done)
  }
  const waiting: { readonly kind: Kind; readonly at: Sent }[] = []
  for (const kind of KINDS) waiting.push({ kind, at: await ask(context, kind, await newPerson(context)) })
  const refused = async (after: string, length: Kind['length']): Promise<void> => {
    for (const { kind, at } of waiting)
      if (kind.length === length)
        context.expect(
          'negative',
          `${kind.what}, after ${after}`,
          answerOf(await kind.use(context, at)),
          '410 link-invalid',
        )
  }
  await context.clock.advance(seconds(601))
  await refused('ten minutes', 'ten minutes')
  await context.clock.advance(minutes(51))
  await refused('61 minutes', 'an hour')
}

/** A link on its way to somebody. */
interface Sent {
  readonly person: Person
  /** Where it went. */
  readonly to: string
  readonly token: string
}

interface Kind {
  readonly what: string
  readonly length: 'ten minutes' | 'an hour'
  readonly path: string
  /** To a mailbox that the person does not have yet. */
  readonly elsewhere?: boolean
  readonly ask: (context: ProbeContext, person: Person, to: string) => Promise<NetworkReply>
  readonly use: (context: ProbeContext, sent: Sent) => Promise<NetworkReply>
  readonly done: string
}

const post = (context: ProbeContext, path: string, body: unknown, token?: string): Promise<NetworkReply> =>
  context.network.request({
    method: 'POST',
    path,
    ...(body === undefined ? {} : { body }),
    ...(token === undefined ? {} : { token }),
  })

async function ask(context: ProbeContext, kind: Kind, person: Person): Promise<Sent> {
  const to = kind.elsewhere === true ? newEmail() : person.email
  await kind.ask(context, person, to)
  return { person, to, token: await mailedToken(context, to, kind.path) }
}

const KINDS: readonly Kind[] = [
  {
    what: 'signing up',
    length: 'an hour',
    path: '/sign-up/',
    elsewhere: true,
    ask: (context, _person, to) => askForMail(context, '/auth/sign-up', to),
    use: (context, { token }) => completeSignUp(context, { token, name: 'Probe', password: goodPassword() }),
    done: '201',
  },
  {
    what: 'confirming one’s address',
    length: 'an hour',
    path: '/verify/',
    ask: (context, person) => post(context, '/auth/verify/send', undefined, person.token),
    use: (context, { token }) => post(context, '/auth/verify', { token }),
    done: '204',
  },
  {
    what: 'taking another address',
    length: 'an hour',
    path: '/account/email/',
    elsewhere: true,
    ask: (context, person, to) => post(context, '/auth/email', { email: to }, person.token),
    use: (context, { token, person }) => post(context, '/auth/email/complete', { token }, person.token),
    done: '204',
  },
  {
    what: 'resetting the password',
    length: 'an hour',
    path: '/reset/',
    ask: (context, _person, to) => askForMail(context, '/auth/reset', to),
    use: (context, { token }) => post(context, '/auth/reset/complete', { token, password: goodPassword() }),
    done: '200',
  },
  {
    what: 'signing in by a link',
    length: 'ten minutes',
    path: '/sign-in/link/',
    ask: (context, _person, to) => askForMail(context, '/auth/sign-in-link', to),
    use: (context, { token }) => post(context, '/auth/sign-in-link/complete', { token }),
    done: '200',
  },
]
