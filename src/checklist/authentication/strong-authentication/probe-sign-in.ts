import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkReply, TelemetryEvent } from '../../../kernel/vantage.ts'
import { answerOf, changePassword, goodPassword, jsonOf, newEmail, newPerson, signIn, textAt } from './probe-people.ts'

const base = { level: 'required', effect: 'writes', keeps: days(30) } as const

/** Who signs in, and what those who don't are told. */
export const signInClaims: readonly Claim[] = [
  {
    ...base,
    id: 'same-answer',
    says: 'An unknown account, a wrong password and a disabled account are answered alike; only the events tell them apart.',
    needs: ['network', 'database', 'telemetry'],
    byHand: `curl -ki -H 'content-type: application/json' -d '{"email":"nobody@example.org","password":"wrong"}' ORIGIN/auth/sign-in`,
    async prove(context) {
      const person = await newPerson(context)
      const disabled = await newPerson(context)
      context.expect('positive', 'signing in with the right password', answerOf(await signIn(context, person)), '200')
      context.expect(
        'positive',
        'signing in before the account is disabled',
        answerOf(await signIn(context, disabled)),
        '200',
      )
      await disable(context, disabled.accountId)

      const wrong = await signIn(context, { ...person, password: goodPassword() })
      const unknown = await signIn(context, { email: newEmail(), password: goodPassword() })
      const closed = await signIn(context, disabled)
      context.expect('negative', 'signing in with a wrong password', answerOf(wrong), '401 credentials-wrong')
      for (const [what, reply] of [
        ['an unknown address', unknown],
        ['a disabled account', closed],
      ] as const) {
        context.expect(
          'negative',
          `signing in with ${what}, compared with a wrong password`,
          difference(reply, wrong),
          'no difference',
        )
      }
      // By account, since equal refusals of one second become one counted event.
      const told = (events: readonly TelemetryEvent[]): readonly string[] =>
        [person.accountId, null, disabled.accountId].map((accountId) => {
          const fail = events.find((event) => event.name === 'authn_login_fail' && event.accountId === accountId)
          return String(fail?.fields.reason)
        })
      const reasons = 'wrong-password, unknown-account, disabled'
      const events = await context.telemetry.events((seen) => told(seen).join(', ') === reasons, 5_000)
      context.expect('positive', 'reading the reasons in the events', told(events).join(', '), reasons)
    },
  },
  {
    ...base,
    id: 'disabled',
    says: 'A disabled account does not sign in, and does again when it is enabled.',
    needs: ['network', 'database'],
    byHand: 'psql -c "update holdfast.account set disabled_at = now() where email = \'you@example.org\'", then sign in',
    async prove(context) {
      const person = await newPerson(context)
      context.expect('positive', 'signing in before', answerOf(await signIn(context, person)), '200')
      await disable(context, person.accountId)
      const reply = await signIn(context, person)
      context.expect(
        'negative',
        'signing in with the right password once disabled',
        answerOf(reply),
        '401 credentials-wrong',
      )
      context.expect('negative', 'the session it gives', reply.setToken === undefined ? 'none' : 'a session', 'none')
      await context.database.admin.query('update holdfast.account set disabled_at = null where id = $1', [
        person.accountId,
      ])
      context.expect('positive', 'signing in when enabled again', answerOf(await signIn(context, person)), '200')
    },
  },
  {
    ...base,
    id: 'change',
    says: 'Changing the password asks for the current one; afterwards only the new one signs in.',
    needs: ['network'],
    byHand: `curl -k -b "$COOKIE" -H 'origin: ORIGIN' -H 'content-type: application/json' -d '{"current":"wrong","password":"lantern gravel seven"}' ORIGIN/auth/password`,
    async prove(context) {
      const person = await newPerson(context)
      const next = goodPassword()
      const guessed = await changePassword(context, person.token, { current: goodPassword(), password: next })
      context.expect('negative', 'changing with a wrong current password', answerOf(guessed), '401 credentials-wrong')
      context.expect(
        'negative',
        'signing in with what was asked for',
        answerOf(await signIn(context, { ...person, password: next })),
        '401 credentials-wrong',
      )
      const changed = await changePassword(context, guessed.setToken || person.token, {
        current: person.password,
        password: next,
      })
      context.expect('positive', 'changing with the current password', answerOf(changed), '204')
      context.expect(
        'positive',
        'signing in with the new one',
        answerOf(await signIn(context, { ...person, password: next })),
        '200',
      )
      context.expect(
        'negative',
        'signing in with the old one',
        answerOf(await signIn(context, person)),
        '401 credentials-wrong',
      )
    },
  },
  {
    ...base,
    id: 'no-defaults',
    says: 'A new backend has no account but those people made, and no credentials anybody could know.',
    needs: ['network', 'database'],
    // It counts the accounts of all, and other claims make some.
    exclusive: true,
    byHand: "psql -c 'select email, created_at from holdfast.account order by created_at'",
    async prove(context) {
      const known = context.identities.map((identity) => identity.accountId)
      const { rows } = await context.database.admin.query(
        `select email from holdfast.account
          where id <> all ($1) and created_at <= (select max(created_at) from holdfast.account where id = any ($1))`,
        [known],
      )
      const strangers = rows.map(({ email }) => String(email)).join(', ') || 'none'
      context.expect('negative', 'accounts older than the youngest the twin made itself', strangers, 'none')
      for (const [email, password] of FACTORY_CREDENTIALS) {
        const reply = await signIn(context, { email, password })
        context.expect('negative', `signing in as ${email} with ${password}`, answerOf(reply), '401 credentials-wrong')
      }
      const person = await newPerson(context)
      context.expect(
        'positive',
        'signing in to an account somebody made',
        answerOf(await signIn(context, person)),
        '200',
      )
    },
  },
]

type Context = Parameters<Claim['prove']>[0]

const disable = (context: Context, accountId: string): Promise<unknown> =>
  context.database.admin.query('update holdfast.account set disabled_at = now() where id = $1', [accountId])

/** In what two replies differ, apart from the request's id and the moment. */
function difference(one: NetworkReply, other: NetworkReply): string {
  if (one.status !== other.status) return `status ${one.status}, not ${other.status}`
  if (body(one) !== body(other)) return 'the body'
  const names = new Set([...Object.keys(one.headers), ...Object.keys(other.headers)])
  const differing = [...names].filter((name) => !PER_REQUEST.has(name) && one.headers[name] !== other.headers[name])
  return differing.length === 0 ? 'no difference' : `the header ${differing.join(', ')}`
}

function body(reply: NetworkReply): string {
  const id = textAt(jsonOf(reply), 'id')
  return id === '' ? reply.text() : reply.text().replaceAll(id, '')
}

/** `connection` and `keep-alive` tell of the socket the reply came on. */
const PER_REQUEST: ReadonlySet<string> = new Set(['date', 'x-request-id', 'request-id', 'connection', 'keep-alive'])

const FACTORY_CREDENTIALS = [
  ['admin@example.com', 'admin'],
  ['admin@example.com', 'password'],
  ['root@example.com', 'root'],
  ['test@example.com', 'test'],
  ['holdfast@example.com', 'holdfast'],
] as const
