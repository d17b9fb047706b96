import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext, TelemetryEvent } from '../../../kernel/vantage.ts'
import { handleOf, newAuthenticator } from './probe-authenticator.ts'
import {
  answerSignIn,
  type Changes,
  type Holder,
  holderOf,
  options,
  REFUSED,
  sendSignIn,
  sessionOf,
  signInWith,
} from './probe-passkey-flows.ts'
import { passkeyKeepingClaims } from './probe-passkey-keeping.ts'
import { answerOf } from './probe-people.ts'

const base = { level: 'required', effect: 'writes', keeps: days(30), needs: ['network'] } as const

/** Passkeys, tried with an authenticator in software that does as it is told. */
export const passkeyClaims: readonly Claim[] = [
  {
    ...base,
    id: 'passkey-sign-in',
    says: 'A passkey signs in who holds it without an address typed, as two factors in one; everybody is asked alike, and never twice with one challenge.',
    byHand: 'curl -k -X POST ORIGIN/auth/passkey/options, a hundred times',
    prove: proveSignIn,
  },
  {
    ...base,
    id: 'passkey-altered',
    says: 'A passkey’s answer with anything in it wrong signs nobody in: origin, host, challenge, kind, presence, verification, owner, signature, key.',
    needs: ['network', 'telemetry'],
    byHand: 'sign in with a passkey from a page of another origin',
    prove: proveAltered,
  },
  {
    ...base,
    id: 'passkey-once',
    says: 'A passkey’s answer signs in once, also when it is sent to two nodes at the same moment.',
    byHand: 'send the body of a sign-in with a passkey a second time',
    prove: proveOnce,
  },
  {
    ...base,
    id: 'passkey-counter',
    says: 'A passkey that counts is refused where its count does not grow, as that of a copy would.',
    needs: ['network', 'telemetry'],
    byHand: "psql -c 'update holdfast.passkey set counter = counter + 1000', then sign in with one that counts",
    prove: proveCounter,
  },
  {
    ...base,
    id: 'passkey-void',
    says: 'The passkey of a disabled account, and one that was removed, sign nobody in.',
    needs: ['network', 'database', 'telemetry'],
    byHand: "psql -c 'update holdfast.account set disabled_at = now() …', then sign in with a passkey",
    prove: proveVoid,
  },
  ...passkeyKeepingClaims,
]

async function proveSignIn(context: ProbeContext): Promise<void> {
  const holder = await holderOf(context, context.identity('member'))
  const reply = await signInWith(context, holder)
  context.expect('positive', 'signing in with a passkey', answerOf(reply), '200')
  context.expect(
    'positive',
    'the session',
    await sessionOf(context, reply.setToken, holder.identity.accountId),
    'assurance 2',
  )

  const asked = await Promise.all(Array.from({ length: 100 }, () => options(context, '/auth/passkey/options')))
  const challenges = asked.map(({ challenge }) => challenge)
  context.expect('negative', 'challenges that came twice in a hundred', 100 - new Set(challenges).size, 0)
  context.expect(
    'negative',
    'bits of the first 128 in which any two differ',
    fewestBits(challenges) >= 30 ? '30 or more' : 'fewer than 30',
    '30 or more',
  )
  const forms = new Set(asked.map(({ text, challenge }) => text.replace(challenge, '…')))
  context.expect('negative', 'ways in which visitors are asked', forms.size, 1)
  const [form = ''] = forms
  context.expect(
    'positive',
    'verification of the owner is asked for',
    String(form.includes('"userVerification":"required"')),
    'true',
  )
  context.expect(
    'negative',
    'passkeys of somebody are named to a visitor',
    String(form.includes('"allowCredentials":[]')),
    'true',
  )
}

async function proveAltered(context: ProbeContext): Promise<void> {
  const holder = await holderOf(context, context.identity('member'))
  const stranger = context.identity('member', 'A', 2)
  context.expect('positive', 'signing in with nothing altered', answerOf(await signInWith(context, holder)), '200')
  const signIn = await signInWith(context, holder)
  const token = signIn.setToken ?? ''

  const stepUp = await options(context, '/auth/step-up/passkey/options', token)
  const { challenge } = await options(context, '/auth/passkey/options')
  const altered: readonly (readonly [string, Changes, Partial<Holder>?])[] = [
    ...wrongOrigins(context.network.origin).map((origin) => [`from a page of ${origin}`, { origin }] as const),
    ['from within another site’s page', { crossOrigin: true }],
    ['bound to another host', { rpId: 'elsewhere.example' }],
    ['as a new passkey', { type: 'webauthn.create' }],
    ['with nobody there', { present: false }],
    ['without verification of its owner', { verified: false }],
    ['with one bit of the signature turned', { forge: (signature) => flipped(signature, signature.length - 1) }],
    ['with no signature to speak of', { forge: () => Buffer.from([0]) }],
    ['signed by another key', {}, { authenticator: { ...newAuthenticator(), id: holder.authenticator.id } }],
    ['with an id nobody has', {}, { authenticator: newAuthenticator() }],
    ['in somebody else’s name', { userHandle: handleOf(stranger.accountId) }],
    ['in nobody’s name', { userHandle: undefined }],
    ['with a challenge nobody made', { challenge: Buffer.alloc(62, 7).toString('base64url') }],
    ['with a short challenge', { challenge: 'AAAA' }],
    [
      'with one bit of the challenge turned',
      { challenge: flipped(Buffer.from(challenge, 'base64url'), 3).toString('base64url') },
    ],
    [
      'with a challenge that lives longer',
      { challenge: flipped(Buffer.from(challenge, 'base64url'), 25).toString('base64url') },
    ],
    ['with a challenge made to confirm', { challenge: stepUp.challenge }],
  ]
  const answers = new Set<string>()
  for (const [what, changes, other = {}] of altered) {
    const reply = await signInWith(context, { ...holder, ...other }, changes)
    context.expect('negative', what, reply.setToken ? 'signed in' : answerOf(reply), REFUSED)
    answers.add(withoutId(reply.text()))
  }
  context.expect('negative', 'different answers to all of these', answers.size, 1)

  const reasonsIn = (seen: readonly TelemetryEvent[]): ReadonlySet<string> =>
    new Set(seen.filter(isFailure).map(({ fields }) => String(fields.reason)))
  // Several answers have the same reason, so that their number says nothing about which have come.
  const events = await context.telemetry.events((seen) => REASONS.every((reason) => reasonsIn(seen).has(reason)), 5_000)
  const reasons = reasonsIn(events)
  context.expect(
    'positive',
    'reasons in the events',
    REASONS.filter((reason) => reasons.has(reason)).join(', '),
    REASONS.join(', '),
  )
  context.expect(
    'positive',
    'signing in with nothing altered, afterwards',
    answerOf(await signInWith(context, holder)),
    '200',
  )
}

async function proveOnce(context: ProbeContext): Promise<void> {
  const holder = await holderOf(context, context.identity('member'))
  const answer = await answerSignIn(context, holder)
  context.expect('positive', 'sending an answer', answerOf(await sendSignIn(context, answer)), '200')
  context.expect('negative', 'sending it again', answerOf(await sendSignIn(context, answer)), REFUSED)
  context.expect('negative', 'sending it to the other node', answerOf(await sendSignIn(context, answer, 1)), REFUSED)
  const padded = { ...answer, response: { ...answer.response, clientDataJSON: `${answer.response.clientDataJSON}AA` } }
  context.expect('negative', 'sending it with more behind it', answerOf(await sendSignIn(context, padded)), REFUSED)

  const raced = await answerSignIn(context, holder)
  const replies = await Promise.all(([0, 1, 0, 1, 0, 1] as const).map((node) => sendSignIn(context, raced, node)))
  const signedIn = replies.filter(({ setToken }) => setToken).length
  context.expect('negative', 'sessions from six sendings at the same moment', signedIn, 1)
}

async function proveCounter(context: ProbeContext): Promise<void> {
  const holder = await holderOf(context, context.identity('member'), { counter: 7 })
  const tell = async (counter: number): Promise<string> => answerOf(await signInWith(context, holder, { counter }))
  context.expect('negative', 'counting 7, as when it was made', await tell(7), REFUSED)
  context.expect('positive', 'counting 8', await tell(8), '200')
  context.expect('negative', 'counting 8 again', await tell(8), REFUSED)
  context.expect('negative', 'counting 3', await tell(3), REFUSED)
  context.expect('negative', 'counting no longer', await tell(0), REFUSED)
  context.expect('positive', 'counting 4,000,000,000', await tell(4_000_000_000), '200')
  const still = await holderOf(context, context.identity('member', 'A', 2))
  context.expect('positive', 'one that counts nothing', answerOf(await signInWith(context, still)), '200')
  context.expect('positive', 'one that counts nothing, again', answerOf(await signInWith(context, still)), '200')
  const counted = (reason: unknown): boolean => reason === 'counter'
  const events = await context.telemetry.events((seen) => seen.some(({ fields }) => counted(fields.reason)), 5_000)
  const told = events.find((event) => isFailure(event) && counted(event.fields.reason))
  context.expect('positive', 'whose it was, in the event', String(told?.accountId), holder.identity.accountId)
}

async function proveVoid(context: ProbeContext): Promise<void> {
  const holder = await holderOf(context, context.identity('member'))
  const { accountId } = holder.identity
  const disabled = (at: string): Promise<unknown> =>
    context.database.admin.query(`update holdfast.account set disabled_at = ${at} where id = $1`, [accountId])
  context.expect('positive', 'before', answerOf(await signInWith(context, holder)), '200')
  await disabled('now()')
  context.expect('negative', 'of a disabled account', answerOf(await signInWith(context, holder)), REFUSED)
  await disabled('null')
  const reply = await signInWith(context, holder)
  context.expect('positive', 'enabled again', answerOf(reply), '200')
  const removed = await context.network.request({
    method: 'DELETE',
    path: `/auth/passkeys/${holder.passkeyId}`,
    token: reply.setToken || holder.token,
  })
  context.expect('positive', 'removing it', answerOf(removed), '204')
  context.expect('negative', 'once it is removed', answerOf(await signInWith(context, holder)), REFUSED)
}

/** Pages that are not ours, however alike. */
function wrongOrigins(ours: string): readonly string[] {
  const { host, hostname } = new URL(ours)
  return [
    'https://elsewhere.example',
    `https://${hostname}:1`,
    `http://${host}`,
    `https://sub.${host}`,
    `${ours}.elsewhere.example`,
    `${ours}/`,
    // A page that may call the server is no page of the server.
    'https://pages.holdfast.test',
    'null',
  ]
}

function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes)
  other[at] = (other[at] ?? 0) ^ 1
  return other
}

/** The fewest bits in which the random part of two challenges differs. */
function fewestBits(challenges: readonly string[]): number {
  const heads = challenges.map((challenge) => Buffer.from(challenge, 'base64url').subarray(0, 16))
  let fewest = Number.POSITIVE_INFINITY
  for (const [index, one] of heads.entries()) {
    for (const other of heads.slice(index + 1)) {
      const bits = one.reduce((sum, byte, at) => sum + popCount(byte ^ (other[at] ?? 0)), 0)
      fewest = Math.min(fewest, bits)
    }
  }
  return fewest
}

const popCount = (byte: number): number => [1, 2, 4, 8, 16, 32, 64, 128].filter((bit) => (byte & bit) !== 0).length

const isFailure = ({ name }: { readonly name: string }): boolean => name === 'authn_passkey_fail'

/** Problem replies carry the request's id. */
const withoutId = (text: string): string => text.replace(/"id":"[^"]*"/, '')

/** What the events say of the altered answers. */
const REASONS = [
  'origin',
  'cross-origin',
  'relying-party',
  'type',
  'presence',
  'verification',
  'signature',
  'unknown',
  'owner',
  'challenge',
] as const
