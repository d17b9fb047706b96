import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import {
  accountOf,
  begin,
  comeBack,
  hasProviders,
  newcomer,
  outcomeOf,
  REFUSED,
  SIGNED_IN,
  signInAs,
  visit,
  type Wish,
} from './probe-openid-browser.ts'
import { openIdLinkingClaim } from './probe-openid-linking.ts'
import { newEmail } from './probe-people.ts'

const base = {
  level: 'where-present',
  effect: 'writes',
  keeps: days(30),
  needs: ['network'],
  present: hasProviders,
} as const

/** Signing in with an outside provider, tried with a double of one that says what it is asked to say. */
export const openIdClaims: readonly Claim[] = [
  {
    ...base,
    id: 'openid-sign-in',
    says: 'Signing in with an outside provider goes by code, with state, nonce and PKCE made anew each time, and leads the same person to the same account.',
    byHand: 'curl -ki ORIGIN/auth/openid/PROVIDER/start, twice, and compare the addresses',
    prove: proveSignIn,
  },
  {
    ...base,
    id: 'openid-token',
    says: 'An ID token that was made for another sign-in, service or time, or that is not signed by the provider’s key pair, signs nobody in.',
    byHand: 'npm run check -- --item authentication/strong-authentication --verbose',
    prove: proveToken,
  },
  {
    ...base,
    id: 'openid-browser',
    says: 'A provider’s answer counts once, in the browser that began, and from the provider that it went to.',
    byHand: 'open the address at which you came back from the provider once more, and in another browser',
    prove: proveBrowser,
  },
  openIdLinkingClaim(base),
]

async function proveSignIn(context: ProbeContext): Promise<void> {
  const [one, other] = [await begin(context), await begin(context)]
  for (const name of ['state', 'nonce', 'code_challenge']) {
    const [left, right] = [one, other].map(({ location }) => location.searchParams.get(name) ?? '')
    const saw = left === right ? 'the same' : (left?.length ?? 0) >= 43 ? 'different' : 'short'
    context.expect('negative', `${name} of two sign-ins`, saw, 'different')
  }
  const { searchParams } = one.location
  context.expect('positive', 'it asks for', searchParams.get('response_type') ?? '', 'code')
  context.expect('positive', 'PKCE goes by', searchParams.get('code_challenge_method') ?? '', 'S256')
  const attributes = ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/'].filter(
    (wanted) => !one.setCookie.includes(`; ${wanted}`),
  )
  context.expect('negative', 'what its cookie lacks', attributes.join(', ') || 'nothing', 'nothing')
  const open = Buffer.from(one.cookie, 'base64url').includes(searchParams.get('state') ?? '')
  context.expect(
    'negative',
    'what its cookie says of the sign-in to who reads it',
    open ? 'its state' : 'nothing',
    'nothing',
  )

  const claims = newcomer()
  const first = await signInAs(context, { claims })
  const again = await signInAs(context, { claims: { ...claims, email: newEmail() } })
  context.expect('positive', 'somebody new, with a verified address', outcomeOf(first), SIGNED_IN)
  const [before, after] = [await accountOf(context, first), await accountOf(context, again)]
  const same = before === '' ? 'none' : before === after ? 'the same account' : 'another account'
  context.expect('positive', 'the same person again, whose address there has changed', same, 'the same account')
  const stranger = await signInAs(context, { claims: { ...newcomer(), email: claims.email } })
  context.expect('negative', 'somebody else there, with the address of the first', outcomeOf(stranger), REFUSED)
}

async function proveToken(context: ProbeContext): Promise<void> {
  const honest = { claims: newcomer() }
  context.expect('positive', 'an honest token', outcomeOf(await signInAs(context, honest)), SIGNED_IN)
  const now = Math.floor(context.clock.now() / 1000)
  const another = await begin(context)
  const nonce = another.location.searchParams.get('nonce')
  for (const [what, wish] of [
    ['the nonce of another sign-in', { nonce }],
    ['no nonce', { nonce: null }],
    ['another audience', { aud: 'somebody-else' }],
    ['two audiences, authorised for the other', { aud: ['twin', 'somebody-else'], azp: 'somebody-else' }],
    ['no audience', { aud: null }],
    ['another issuer', { iss: 'https://somebody-else.example' }],
    ['an expiry that has passed', { exp: now - 60, iat: now - 360 }],
    ['no expiry', { exp: null }],
    ['a time of issue to come', { iat: now + 3600, exp: now + 7200 }],
    ['a time of issue long ago', { iat: now - 3600 }],
    ['nobody it speaks of', { sub: null }],
    ['the hash of another access token', { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ] as const)
    await expectRefused(context, `a token with ${what}`, { claims: { ...honest.claims, ...wish } })
  for (const [what, signed] of [
    ['no signature', 'none'],
    ['a signature by its public key as a secret', 'HS256'],
    ['a signature by another key', 'stranger'],
  ] as const)
    await expectRefused(context, `a token with ${what}`, { ...honest, signed })
}

async function expectRefused(context: ProbeContext, tried: string, wish: Wish): Promise<void> {
  context.expect('negative', tried, outcomeOf(await signInAs(context, wish)), REFUSED)
}

async function proveBrowser(context: ProbeContext): Promise<void> {
  const wish: Wish = { claims: newcomer(), again: true }
  const mine = await begin(context)
  const came = await visit(mine, wish)
  const theirs = await begin(context)
  const altered = `${mine.cookie.slice(0, -4)}${mine.cookie.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`
  for (const [what, url, cookie] of [
    ['in a browser that began nothing', came, undefined],
    ['in a browser that began another sign-in', came, theirs.cookie],
    ['with its cookie altered', came, altered],
  ] as const) {
    const reply = await comeBack(context, url, cookie === undefined ? {} : { cookie })
    context.expect('negative', `the answer ${what}`, outcomeOf(reply), REFUSED)
  }
  const right = await comeBack(context, came, mine)
  context.expect('positive', 'the answer in the browser that began', outcomeOf(right), SIGNED_IN)
  for (const node of [0, 1] as const) {
    const reply = await comeBack(context, came, { cookie: mine.cookie, node })
    context.expect('negative', `the same answer again, at node ${node}`, outcomeOf(reply), REFUSED)
  }
  const other = await begin(context)
  const answer = await visit(other, wish)
  answer.searchParams.set('iss', 'https://somebody-else.example')
  const mixed = await comeBack(context, answer, other)
  context.expect('negative', 'an answer that says it is another provider’s', outcomeOf(mixed), REFUSED)
}
