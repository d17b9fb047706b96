import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Unproved } from '../../../kernel/claim.ts'
import type { NetworkReply, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'

/** Somebody with an account of their own, so that what a claim does to their sessions disturbs nobody else. */
export interface Person {
  readonly email: string
  readonly password: string
  readonly accountId: string
  /** The session that signing up gave. */
  readonly token: string
}

/** Signs somebody new up. */
export async function newPerson(context: ProbeContext): Promise<Person> {
  const unique = randomBytes(8).toString('hex')
  const email = `session-${unique}@example.test`
  const password = `gravel lantern ${unique}`
  const asked = await askToSignUp(context, email)
  const mails = await context.mail.received(email)
  const token = /\/sign-up\/([\w-]{43})/.exec(mails.at(-1)?.text ?? '')?.[1]
  if (token === undefined) throw new Unproved(`no link to sign up was mailed: asking answered ${asked.status}`)
  const reply = await context.network.request({
    method: 'POST',
    path: '/auth/sign-up/complete',
    body: { token, name: 'Session Probe', password },
  })
  const { account } = object(jsonOf(reply))
  const { id } = object(account)
  if (reply.status !== 201 || !reply.setToken || typeof id !== 'string') {
    throw new Unproved(`nobody could be signed up: ${reply.status}`)
  }
  return { email, password, accountId: id, token: reply.setToken }
}

async function askToSignUp(context: ProbeContext, email: string): Promise<NetworkReply> {
  const request = { method: 'POST', path: '/auth/sign-up', body: { email } } as const
  const reply = await context.network.request(request)
  // Other claims ask for mails too, and one client gets only so many.
  const from = `127.${randomInt(1, 255)}.${randomInt(255)}.${randomInt(1, 255)}`
  return reply.status === 429 ? context.network.request({ ...request, from }) : reply
}

/** One more session of a person. */
export const signIn = (context: ProbeContext, person: Pick<TwinIdentity, 'email' | 'password'>): Promise<string> =>
  signInReply(context, person).then((reply) => {
    if (reply.status !== 200 || !reply.setToken) throw new Unproved(`signing in answered ${reply.status}`)
    return reply.setToken
  })

/** Signs in by hand, with further header fields. */
export const signInReply = (
  context: ProbeContext,
  person: Pick<TwinIdentity, 'email' | 'password'>,
  headers: Readonly<Record<string, string>> = {},
): Promise<NetworkReply> =>
  context.network.request({
    method: 'POST',
    path: '/auth/sign-in',
    headers,
    body: { email: person.email, password: person.password },
  })

/** What a token is good for: the status of `GET /auth/session` and the account it answers with. */
export async function tryToken(
  context: ProbeContext,
  token: string,
  node: 0 | 1 = 0,
): Promise<{
  readonly status: number
  readonly accountId: string | undefined
  readonly session: Record<string, unknown>
  readonly reply: NetworkReply
}> {
  const reply = await context.network.request({ path: '/auth/session', token, node })
  const session = object(jsonOf(reply))
  const { id } = object(session.account)
  return { status: reply.status, accountId: typeof id === 'string' ? id : undefined, session, reply }
}

/** Uses a token until it is refused, for the second that a revocation may take. */
export async function refusal(context: ProbeContext, token: string, node: 0 | 1): Promise<string> {
  const until = performance.now() + 1_000
  do {
    if ((await tryToken(context, token, node)).status === UNAUTHENTICATED) return 'within a second'
    await sleep(20)
  } while (performance.now() < until)
  return 'not within a second'
}

/** Sends an unsafe request with a token, as a page of the node's own origin does. */
export const send = (
  context: ProbeContext,
  token: string,
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  node: 0 | 1 = 0,
): Promise<NetworkReply> =>
  context.network.request({ method, path, token, node, ...(body === undefined ? {} : { body }) })

export interface ListedByServer {
  readonly id: string
  readonly device: string
  readonly address: string
  readonly createdAt: string
  readonly usedAt: string
  readonly current: boolean
}

/** The list of sessions as the server gives it. */
export async function listSessions(
  context: ProbeContext,
  token: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly ListedByServer[]> {
  const reply = await context.network.request({ path: '/auth/sessions', token, headers })
  const { sessions } = object(jsonOf(reply))
  if (!Array.isArray(sessions)) throw new Unproved(`the list of sessions answered ${reply.status}`)
  return sessions as ListedByServer[]
}

/** The value a reply sets for the session, or an {@link Unproved} that says what was asked. */
export function tokenOf(reply: NetworkReply, what: string): string {
  if (!reply.setToken) throw new Unproved(`${what} answered ${reply.status} and set no session`)
  return reply.setToken
}

/** The body as JSON, `undefined` where it is none. */
export function jsonOf(reply: NetworkReply): unknown {
  try {
    return reply.json()
  } catch {
    return undefined
  }
}

/** The problem's code, or an empty text. */
export const codeOf = (reply: NetworkReply): string => {
  const { code } = object(jsonOf(reply))
  return typeof code === 'string' ? code : ''
}

export const object = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** The status of a refusal for want of a session. */
export const UNAUTHENTICATED = 401
