import { randomBytes, randomInt } from 'node:crypto'
import { Unproved } from '../../../kernel/claim.ts'
import type { NetworkReply, ProbeContext, ReceivedMail } from '../../../kernel/vantage.ts'

export interface Applicant {
  readonly email: string
  readonly name: string
  readonly password: string
}

/** Somebody who has an account, with the session that signing up gave. */
export interface Person extends Applicant {
  readonly accountId: string
  readonly token: string
}

/** An address nobody has. */
export const newEmail = (): string => `probe-${randomBytes(8).toString('hex')}@probe.example`

/** A password of so many characters that nothing can be said against: random letters with a space now and then. */
export function goodPassword(length = 20): string {
  const letters = 'bcdfgkmnprtvwxzaeiou'
  return Array.from({ length }, (_, index) =>
    index % 7 === 6 && index < length - 1 ? ' ' : letters[randomInt(letters.length)],
  ).join('')
}

/** Asks for a mail with a link, as anybody may for any address. */
export async function askForMail(context: ProbeContext, path: string, email: string): Promise<NetworkReply> {
  const request = { method: 'POST', path, body: { email } } as const
  const reply = await context.network.request(request)
  // Other claims ask for mails too, and one client gets only so many.
  return reply.status === 429 ? context.network.request({ ...request, from: elsewhere() }) : reply
}

/** The token of the latest link to a path (`/sign-up/`) that was sent to an address, `''` where none comes. */
export async function mailedToken(context: ProbeContext, email: string, path: string, than?: string): Promise<string> {
  const latest = (mails: readonly ReceivedMail[]): string =>
    mails
      .map(({ text }) => text.split(path)[1]?.slice(0, TOKEN_LENGTH) ?? '')
      .findLast((token) => /^[\w-]{43}$/.test(token)) ?? ''
  const fresh = (mails: readonly ReceivedMail[]): boolean => ![undefined, '', than].includes(latest(mails))
  const token = latest(await context.mail.received(email, fresh))
  return token === than ? '' : token
}

/** The link with which somebody chooses name and password. @throws Unproved where none comes. */
export async function signUpToken(context: ProbeContext, email: string): Promise<string> {
  const asked = await askForMail(context, '/auth/sign-up', email)
  const token = await mailedToken(context, email, '/sign-up/')
  if (token === '') throw new Unproved(`no link to sign up was mailed: asking answered ${answerOf(asked)}`)
  return token
}

export const completeSignUp = (
  context: ProbeContext,
  body: { readonly token: string; readonly name: string; readonly password: string },
): Promise<NetworkReply> => context.network.request({ method: 'POST', path: '/auth/sign-up/complete', body })

/** From the address to the password. */
export const signUp = async (context: ProbeContext, { email, name, password }: Applicant): Promise<NetworkReply> =>
  completeSignUp(context, { token: await signUpToken(context, email), name, password })

/**
 * @param cookie - what the browser sends along.
 * @param from - the client's address.
 */
export const signIn = (
  context: ProbeContext,
  { email, password }: Pick<Applicant, 'email' | 'password'>,
  cookie?: string,
  from?: string,
): Promise<NetworkReply> =>
  context.network.request({
    method: 'POST',
    path: '/auth/sign-in',
    body: { email, password },
    ...(cookie === undefined ? {} : { headers: { cookie } }),
    ...(from === undefined ? {} : { from }),
  })

export const changePassword = (
  context: ProbeContext,
  token: string,
  body: { readonly current: string; readonly password: string },
): Promise<NetworkReply> => context.network.request({ method: 'POST', path: '/auth/password', token, body })

/** Signs somebody up, since most claims need an account of their own. */
export async function newPerson(context: ProbeContext, wanted: Partial<Applicant> = {}): Promise<Person> {
  const applicant = { email: newEmail(), name: 'Probe', password: goodPassword(), ...wanted }
  const reply = await signUp(context, applicant)
  const accountId = textAt(jsonOf(reply), 'account', 'id')
  if (reply.status !== 201 || accountId === '' || !reply.setToken)
    throw new Unproved(`nobody could be signed up: ${answerOf(reply)}`)
  return { ...applicant, accountId, token: reply.setToken }
}

/** `422 password-refused`, or the status alone where the reply is no problem. */
export function answerOf(reply: NetworkReply): string {
  const code = textAt(jsonOf(reply), 'code')
  return code === '' ? String(reply.status) : `${reply.status} ${code}`
}

export function jsonOf(reply: NetworkReply): unknown {
  try {
    return reply.json()
  } catch {
    return null
  }
}

/** The text at a path of properties, `''` where there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = path.reduce<unknown>(
    (at, name) =>
      typeof at === 'object' && at !== null && name in at ? (at as Record<string, unknown>)[name] : undefined,
    value,
  )
  return typeof found === 'string' ? found : ''
}

/** A client address of this machine that is not the usual one. */
export const elsewhere = (): string => `127.${randomInt(1, 255)}.${randomInt(255)}.${randomInt(1, 255)}`

/** Characters of a link's token: 256 bits as base64url. */
const TOKEN_LENGTH = 43
