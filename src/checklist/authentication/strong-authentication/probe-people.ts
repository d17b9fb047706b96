import { randomBytes, randomInt } from 'node:crypto'
import { Unproved } from '../../../kernel/claim.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'

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

export const signUp = (context: ProbeContext, applicant: Applicant): Promise<NetworkReply> =>
  context.network.request({ method: 'POST', path: '/auth/sign-up', body: applicant })

export const signIn = (
  context: ProbeContext,
  credentials: Pick<Applicant, 'email' | 'password'>,
): Promise<NetworkReply> => {
  const { email, password } = credentials
  return context.network.request({ method: 'POST', path: '/auth/sign-in', body: { email, password } })
}

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
