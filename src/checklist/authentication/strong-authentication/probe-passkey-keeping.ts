import type { Claim } from '../../../kernel/claim.ts'
import { days, minutes, seconds } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { newAuthenticator, newEdwardsAuthenticator, newUnaskedAuthenticator } from './probe-authenticator.ts'
import {
  answerNew,
  answerSignIn,
  type Changes,
  holderOf,
  REFUSED,
  sendNew,
  sendSignIn,
  signInWith,
} from './probe-passkey-flows.ts'
import { answerOf, jsonOf, textAt } from './probe-people.ts'

const base = { level: 'required', effect: 'writes', keeps: days(30) } as const

/** Making passkeys, and keeping them in order. */
export const passkeyKeepingClaims: readonly Claim[] = [
  {
    ...base,
    id: 'passkey-making',
    says: 'A passkey is made by who is signed in, for their own account, from a page of ours, once, with its owner verified.',
    needs: ['network', 'database'],
    byHand: 'POST the answer to somebody else’s /auth/passkeys/options to /auth/passkeys',
    prove: proveMaking,
  },
  {
    ...base,
    id: 'passkey-keeping',
    says: 'People list, name and remove their own passkeys and nobody else’s, at most twenty, and are told by mail.',
    needs: ['network', 'database'],
    byHand: 'curl -k -b cookies -X DELETE ORIGIN/auth/passkeys/ID-OF-SOMEBODY-ELSE',
    prove: proveKeeping,
  },
  {
    ...base,
    id: 'passkey-time',
    says: 'A challenge is answered within five minutes, and a passkey is made or removed within five minutes of proving who one is.',
    needs: ['network'],
    exclusive: true,
    byHand: 'leave the page on which a passkey is made open for six minutes',
    prove: proveTime,
  },
]

async function proveMaking(context: ProbeContext): Promise<void> {
  const identity = context.identity('member')
  const other = context.identity('member', 'A', 2)
  const count = async (): Promise<number> => {
    const { rows } = await context.database.admin.query(
      'select count(*)::integer as n from holdfast.passkey where account_id = any($1::uuid[])',
      [[identity.accountId, other.accountId]],
    )
    return Number(rows[0]?.n)
  }
  let token = await context.network.signIn(identity)
  const otherToken = await context.network.signIn(other)
  const refused: readonly (readonly [string, Changes])[] = [
    ['from a page of another origin', { origin: 'https://elsewhere.example' }],
    ['from within another site’s page', { crossOrigin: true }],
    ['bound to another host', { rpId: 'elsewhere.example' }],
    ['as the answer to a sign-in', { type: 'webauthn.get' }],
    ['with nobody there', { present: false }],
    ['without verification of its owner', { verified: false }],
    ['with a challenge nobody made', { challenge: Buffer.alloc(62, 7).toString('base64url') }],
  ]
  for (const [what, changes] of refused) {
    const made = await answerNew(context, token, newAuthenticator(), changes)
    context.expect('negative', `making one ${what}`, answerOf(await sendNew(context, token, made)), REFUSED)
  }
  const unasked = await answerNew(context, token, newUnaskedAuthenticator())
  context.expect(
    'negative',
    'making one with an algorithm nobody asked for',
    answerOf(await sendNew(context, token, unasked)),
    REFUSED,
  )
  const foreign = await answerNew(context, otherToken, newAuthenticator())
  context.expect(
    'negative',
    'making one with the challenge of somebody else',
    answerOf(await sendNew(context, token, foreign)),
    REFUSED,
  )
  context.expect('negative', 'passkeys after all of these', await count(), 0)

  const made = await answerNew(context, token, newAuthenticator())
  const anonymous = await context.network.request({
    method: 'POST',
    path: '/auth/passkeys',
    body: { name: 'Probe', credential: made },
  })
  context.expect('negative', 'making one as nobody', answerOf(anonymous), '401 authentication-required')
  const first = await sendNew(context, token, made)
  context.expect('positive', 'making one', answerOf(first), '201')
  context.expect(
    'negative',
    'the token from before',
    answerOf(await context.network.request({ path: '/auth/session', token })),
    '401 authentication-required',
  )
  token = first.setToken ?? ''
  context.expect('negative', 'sending its answer again', answerOf(await sendNew(context, token, made)), REFUSED)

  const authenticator = newEdwardsAuthenticator()
  const second = await sendNew(context, token, await answerNew(context, token, authenticator))
  context.expect('positive', 'making another, with Ed25519', answerOf(second), '201')
  context.expect(
    'positive',
    'signing in with it',
    answerOf(await signInWith(context, { identity, authenticator })),
    '200',
  )
  const taken = await sendNew(
    context,
    otherToken,
    await answerNew(context, otherToken, { ...newAuthenticator(), id: authenticator.id }),
  )
  context.expect('negative', 'making one with the id of somebody else’s', answerOf(taken), REFUSED)
  context.expect(
    'negative',
    'and then signing in with theirs',
    answerOf(await signInWith(context, { identity, authenticator })),
    '200',
  )
  context.expect('negative', 'passkeys in the end', await count(), 2)
}

async function proveKeeping(context: ProbeContext): Promise<void> {
  const holder = await holderOf(context, context.identity('member'))
  const other = await holderOf(context, context.identity('member', 'A', 2))
  const { identity, passkeyId } = holder
  let { token } = holder
  const call = async (method: string, path: string, body?: unknown): Promise<string> => {
    const reply = await context.network.request({ method, path, token, ...(body === undefined ? {} : { body }) })
    if (reply.setToken) token = reply.setToken
    return answerOf(reply)
  }
  const names = async (): Promise<string> => {
    const reply = await context.network.request({ path: '/auth/passkeys', token })
    const { passkeys = [] } = (jsonOf(reply) ?? {}) as { passkeys?: readonly unknown[] }
    return passkeys.map((passkey) => textAt(passkey, 'name')).join(', ')
  }
  context.expect('positive', 'naming one', await call('PATCH', `/auth/passkeys/${passkeyId}`, { name: 'Phone' }), '204')
  context.expect(
    'negative',
    'naming somebody else’s',
    await call('PATCH', `/auth/passkeys/${other.passkeyId}`, { name: 'Mine' }),
    '404 not-found',
  )
  context.expect(
    'negative',
    'removing somebody else’s',
    await call('DELETE', `/auth/passkeys/${other.passkeyId}`),
    '404 not-found',
  )
  context.expect('positive', 'the list', await names(), 'Phone')
  context.expect('positive', 'somebody else signs in with theirs', answerOf(await signInWith(context, other)), '200')

  // Rows by hand: twenty answers prove no more than the count does.
  await context.database.admin.query(
    `insert into holdfast.passkey (id, account_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
     select gen_random_uuid(), account_id, credential_id || decode(lpad(n::text, 4, '0'), 'hex'), public_key, 0, '{}', false, 'Row ' || n, now()
       from holdfast.passkey, generate_series(1, 19) as n where id = $1`,
    [passkeyId],
  )
  const more = await answerNew(context, token, newAuthenticator())
  context.expect('negative', 'making the twenty-first', answerOf(await sendNew(context, token, more)), '409 conflict')
  await context.database.admin.query("delete from holdfast.passkey where account_id = $1 and name like 'Row %'", [
    identity.accountId,
  ])
  context.expect('positive', 'removing one', await call('DELETE', `/auth/passkeys/${passkeyId}`), '204')
  context.expect('positive', 'the list after that', await names(), '')

  const mails = await context.mail.received(identity.email, (received) => received.length >= 2)
  const told = mails.map(({ text }) =>
    text.includes('“Probe”') ? 'made' : text.includes('“Phone”') ? 'removed' : 'something',
  )
  context.expect('positive', 'mails to its owner', told.join(', '), 'made, removed')
}

async function proveTime(context: ProbeContext): Promise<void> {
  const holder = await holderOf(context, context.identity('member'))
  const waiting = await answerSignIn(context, holder)
  const timely = await answerSignIn(context, holder)
  const made = await answerNew(context, holder.token, newAuthenticator())
  await context.clock.advance(seconds(290))
  context.expect('positive', 'an answer after 4 minutes 50', answerOf(await sendSignIn(context, timely)), '200')
  await context.clock.advance(seconds(11))
  context.expect('negative', 'an answer after 5 minutes', answerOf(await sendSignIn(context, waiting)), REFUSED)
  context.expect(
    'negative',
    'making one 5 minutes after proving who one is',
    answerOf(await sendNew(context, holder.token, made)),
    '403 step-up-required',
  )
  const fresh = await signInWith(context, holder)
  context.expect('positive', 'signing in anew', answerOf(fresh), '200')
  const token = fresh.setToken ?? ''
  context.expect(
    'negative',
    'making one then, with the challenge from before',
    answerOf(await sendNew(context, token, made)),
    REFUSED,
  )
  await context.clock.advance(minutes(6))
  const removed = await context.network.request({ method: 'DELETE', path: `/auth/passkeys/${holder.passkeyId}`, token })
  context.expect('negative', 'removing one 6 minutes after that', answerOf(removed), '403 step-up-required')
  context.expect('positive', 'it still signs in', answerOf(await signInWith(context, holder)), '200')
}
