import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { type Authenticator, assertion, attestation, newAuthenticator } from './probe-authenticator.ts'
import { answerSignIn, type Changes, honest, options, REFUSED, sendSignIn, sessionOf } from './probe-passkey-flows.ts'
import { answerOf, jsonOf, textAt } from './probe-people.ts'

/** Keys that show that somebody has them, and not who. */
export const securityKeyClaims: readonly Claim[] = [
  {
    id: 'passkey-security-key',
    says: 'A security key that checks nobody is the second step after a password, and neither signs in nor confirms alone.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'add a security key at /account/passkeys, sign out, and try to sign in with it alone',
    prove,
  },
]

async function prove(context: ProbeContext): Promise<void> {
  const who = context.identity('member')
  const key = newAuthenticator()
  const first = await context.network.signIn(who)
  const asked = await options(context, '/auth/security-keys/options', first)
  context.expect(
    'positive',
    'a security key need not keep a name',
    String(asked.text.includes('"residentKey":"discouraged"')),
    'true',
  )
  const credential = attestation(key, honest(context, asked, { type: 'webauthn.create', ...TOUCHED }))
  const asPasskey = await send(context, '/auth/passkeys', { name: 'Probe', credential }, { token: first })
  context.expect('negative', 'keeping it as a passkey', answerOf(asPasskey), REFUSED)
  const made = await send(context, '/auth/security-keys', { name: 'Probe', credential }, { token: first })
  context.expect('positive', 'keeping it as a security key', answerOf(made), '201')
  if (made.status !== 201) throw new Unproved('no security key could be made')

  for (const [what, changes] of [
    ['touched', TOUCHED],
    ['which says that it checked its owner', {}],
  ] as const) {
    const reply = await sendSignIn(context, await answerSignIn(context, { identity: who, authenticator: key }, changes))
    context.expect('negative', `signing in with the key alone, ${what}`, answerOf(reply), REFUSED)
    const saw = await sessionOf(context, reply.setToken, who.accountId)
    context.expect('negative', 'the session of that', saw, 'no session')
  }

  const stranger = await context.network.request({ method: 'POST', path: SECOND_OPTIONS })
  context.expect('negative', 'asking a stranger for the second step', answerOf(stranger), '401 authentication-required')
  context.expect('negative', 'the key named to a stranger', String(stranger.text().includes(key.id)), 'false')

  const pending = await halfway(context, who)
  const question = await second(context, pending)
  context.expect('positive', 'the key named behind the password', String(question.text.includes(key.id)), 'true')
  const unknown = await answer(context, newAuthenticator(), question, pending)
  context.expect('negative', 'the second step with a key of nobody', answerOf(unknown), REFUSED)
  const unsigned = await answer(context, key, question, pending, { forge: (signature) => flipped(signature) })
  context.expect('negative', 'the second step with an altered signature', answerOf(unsigned), REFUSED)
  const absent = await answer(context, key, question, pending, { present: false })
  context.expect('negative', 'the second step with the key untouched', answerOf(absent), REFUSED)
  const right = await answer(context, key, question, pending)
  context.expect('positive', 'the second step with the key', answerOf(right), '200')
  const saw = await sessionOf(context, right.setToken, who.accountId)
  context.expect('positive', 'the session', saw, 'assurance 2')

  const token = right.setToken ?? ''
  for (const [what, password, expected] of [
    ['without the password', undefined, '403 second-factor-required'],
    ['with a wrong password', `${who.password}x`, '401 credentials-wrong'],
    ['and the password', who.password, '204'],
  ] as const) {
    const confirming = await options(context, '/auth/step-up/passkey/options', token)
    const shown = assertion(key, honest(context, confirming, TOUCHED))
    const body = { ...shown, ...(password === undefined ? {} : { password }) }
    const reply = await send(context, '/auth/step-up/passkey', body, { token })
    context.expect(
      expected === '204' ? 'positive' : 'negative',
      `confirming with the key ${what}`,
      answerOf(reply),
      expected,
    )
  }
}

/** What a key says that was touched and asks for no more. */
const TOUCHED: Changes = { verified: false }
const SECOND_OPTIONS = '/auth/second-factor/passkey/options'

/** The cookie of a sign-in whose password was right. */
async function halfway(context: ProbeContext, { email, password }: TwinIdentity): Promise<string> {
  const reply = await send(context, '/auth/sign-in', { email, password }, {})
  const pending = /__Host-pending=[^;]+/.exec(reply.headers['set-cookie'] ?? '')?.[0]
  if (pending === undefined) throw new Unproved(`no second step is asked for: ${answerOf(reply)}`)
  return pending
}

async function second(context: ProbeContext, pending: string) {
  const reply = await send(context, SECOND_OPTIONS, undefined, { pending })
  const asked = jsonOf(reply)
  return { challenge: textAt(asked, 'challenge'), rpId: textAt(asked, 'rpId'), text: reply.text() }
}

const answer = (
  context: ProbeContext,
  key: Authenticator,
  question: Awaited<ReturnType<typeof second>>,
  pending: string,
  changes: Changes = {},
): Promise<NetworkReply> =>
  send(context, '/auth/second-factor/passkey', assertion(key, honest(context, question, { ...TOUCHED, ...changes })), {
    pending,
  })

const send = (
  context: ProbeContext,
  path: string,
  body: unknown,
  { token, pending }: { readonly token?: string; readonly pending?: string },
): Promise<NetworkReply> =>
  context.network.request({
    method: 'POST',
    path,
    ...(body === undefined ? {} : { body }),
    ...(token === undefined ? {} : { token }),
    ...(pending === undefined ? {} : { headers: { cookie: pending, origin: context.network.origin } }),
  })

const flipped = (signature: Buffer): Buffer => {
  const altered = Buffer.from(signature)
  altered.writeUInt8((altered.at(-1) ?? 0) ^ 1, altered.length - 1)
  return altered
}
