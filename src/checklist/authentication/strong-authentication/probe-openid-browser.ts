import { randomBytes } from 'node:crypto'
import { Unproved } from '../../../kernel/claim.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import { answerOf, newEmail } from './probe-people.ts'

/** A sign-in at the provider that has begun, as the browser that began it knows it. */
export interface Begun {
  readonly provider: string
  /** Where it is sent. */
  readonly location: URL
  /** The value of the cookie it is to come back with. */
  readonly cookie: string
  readonly setCookie: string
}

/** What the twin's double of a provider is asked to say: see `backend/twin/openid-double.ts`. */
export interface Wish {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly signed?: 'none' | 'HS256' | 'stranger'
  readonly again?: boolean
}

/** For claims that count only where there are providers. */
export async function hasProviders({ surface }: ProbeContext): Promise<true | string> {
  return (
    surface.routes.some(({ path }) => path === '/auth/openid/:provider/start') || 'no OpenID provider is configured'
  )
}

/** Follows the button of the sign-in page. @param path - another way to begin; then with the session `token`. */
export async function begin(
  context: ProbeContext,
  { path, token, node = 0 }: { readonly path?: string; readonly token?: string; readonly node?: 0 | 1 } = {},
): Promise<Begun> {
  const page = await context.network.request({ path: '/sign-in', node })
  const button = /\/auth\/openid\/([a-z0-9-]+)\/start/.exec(page.text())
  const [start = '', provider = ''] = button ?? []
  if (provider === '') throw new Unproved('the sign-in page shows no way to a provider')
  const reply = await context.network.request({
    path: path ?? start,
    node,
    ...(token === undefined ? {} : { token }),
  })
  const setCookie = openIdCookieOf(reply)
  const { location = '' } = reply.headers
  if (reply.status !== 303 || !URL.canParse(location))
    throw new Unproved(`the browser was not sent to the provider: ${answerOf(reply)}`)
  const url = new URL(location)
  if (url.hostname !== '127.0.0.1') throw new Unproved('the provider is not the double of a twin')
  return { provider, location: url, setCookie, cookie: /=([^;]*)/.exec(setCookie)?.[1] ?? '' }
}

/** Goes to the double, which sends the browser back. @returns the address at which it comes back. */
export async function visit({ location }: Pick<Begun, 'location'>, wish: Wish): Promise<URL> {
  const there = new URL(location)
  there.searchParams.set('wish', JSON.stringify(wish))
  const reply = await fetch(there, { redirect: 'manual', signal: AbortSignal.timeout(5_000) })
  await reply.arrayBuffer()
  const back = reply.headers.get('location')
  if (back === null) throw new Unproved(`the double answered ${reply.status}`)
  return new URL(back)
}

/** Comes back from the provider. */
export function comeBack(
  context: ProbeContext,
  came: URL,
  { cookie, token, node = 0 }: { readonly cookie?: string; readonly token?: string; readonly node?: 0 | 1 },
): Promise<NetworkReply> {
  const cookies = [
    ...(cookie === undefined ? [] : [`__Host-openid=${cookie}`]),
    ...(token === undefined ? [] : [`__Host-session=${token}`]),
  ]
  return context.network.request({
    path: `${came.pathname}${came.search}`,
    node,
    headers: { accept: 'application/json', ...(cookies.length === 0 ? {} : { cookie: cookies.join('; ') }) },
  })
}

/** From the button back to us. */
export async function signInAs(context: ProbeContext, wish: Wish): Promise<NetworkReply> {
  const begun = await begin(context)
  return comeBack(context, await visit(begun, wish), begun)
}

/** The answer with what it gave: `303 with a session`, `401 openid-refused`. */
export const outcomeOf = (reply: NetworkReply): string =>
  `${answerOf(reply)}${reply.setToken ? ' with a session' : ''}${/__Host-pending=[^;]/.test(reply.headers['set-cookie'] ?? '') ? ' with a second step to come' : ''}`

/** Whose session a reply gave, `''` where it gave none. */
export async function accountOf(context: ProbeContext, { setToken }: Pick<NetworkReply, 'setToken'>): Promise<string> {
  if (!setToken) return ''
  const reply = await context.network.request({ path: '/auth/session', token: setToken })
  const { account } = reply.json() as { readonly account?: { readonly id?: unknown } }
  return typeof account?.id === 'string' ? account.id : ''
}

/** Somebody at the provider, whom nobody here knows. */
export const newcomer = (): { readonly sub: string; readonly email: string; readonly email_verified: true } => ({
  sub: `probe-${randomBytes(8).toString('hex')}`,
  email: newEmail(),
  email_verified: true,
})

const openIdCookieOf = ({ headers }: NetworkReply): string =>
  (headers['set-cookie'] ?? '').split('\n').find((cookie) => cookie.startsWith('__Host-openid=')) ?? ''

export const REFUSED = '401 openid-refused'
export const SIGNED_IN = '303 with a session'
