import { Unproved } from '../../../kernel/claim.ts'
import type { NetworkReply, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import {
  type Answer,
  type Answering,
  type Authenticator,
  assertion,
  attestation,
  handleOf,
  newAuthenticator,
} from './probe-authenticator.ts'
import { answerOf, jsonOf, textAt } from './probe-people.ts'

/** Somebody with a passkey that was made through the routes, as a browser does, and a session. */
export interface Holder {
  readonly identity: TwinIdentity
  readonly authenticator: Authenticator
  /** As the list names it. */
  readonly passkeyId: string
  readonly token: string
}

/** What differs from what an honest authenticator says. */
export type Changes = Partial<Answering>

/** Asks for the options of signing in, and answers them. */
export async function answerSignIn(
  context: ProbeContext,
  { identity, authenticator }: Pick<Holder, 'identity' | 'authenticator'>,
  changes: Changes = {},
): Promise<Answer> {
  const asked = await options(context, '/auth/passkey/options')
  return assertion(authenticator, honest(context, asked, { userHandle: handleOf(identity.accountId), ...changes }))
}

export const sendSignIn = (context: ProbeContext, answer: Answer, node: 0 | 1 = 0): Promise<NetworkReply> =>
  context.network.request({ method: 'POST', path: '/auth/passkey/sign-in', body: answer, node })

/** Signs in from the question to the session. */
export const signInWith = async (
  context: ProbeContext,
  holder: Pick<Holder, 'identity' | 'authenticator'>,
  changes: Changes = {},
): Promise<NetworkReply> => sendSignIn(context, await answerSignIn(context, holder, changes))

/** Asks for the options of a new passkey, and answers them. */
export async function answerNew(
  context: ProbeContext,
  token: string,
  authenticator: Authenticator,
  changes: Changes = {},
): Promise<ReturnType<typeof attestation>> {
  const asked = await options(context, '/auth/passkeys/options', token)
  return attestation(authenticator, honest(context, asked, { type: 'webauthn.create', ...changes }))
}

export const sendNew = (
  context: ProbeContext,
  token: string,
  credential: ReturnType<typeof attestation>,
  name = 'Probe',
): Promise<NetworkReply> =>
  context.network.request({ method: 'POST', path: '/auth/passkeys', token, body: { name, credential } })

/** Makes a passkey for one of the twin's people. */
export async function holderOf(
  context: ProbeContext,
  identity: TwinIdentity,
  { authenticator = newAuthenticator(), counter = 0 }: { authenticator?: Authenticator; counter?: number } = {},
): Promise<Holder> {
  const token = await context.network.signIn(identity)
  const reply = await sendNew(context, token, await answerNew(context, token, authenticator, { counter }))
  const passkeyId = textAt(jsonOf(reply), 'passkey', 'id')
  if (reply.status !== 201 || passkeyId === '')
    throw new Unproved(`no passkey could be made for ${identity.name}: ${answerOf(reply)}`)
  return { identity, authenticator, passkeyId, token: reply.setToken || token }
}

/** Options as a browser gets them. @throws Unproved where there are none. */
export async function options(context: ProbeContext, path: string, token?: string): Promise<Asked> {
  const reply = await context.network.request({ method: 'POST', path, ...(token === undefined ? {} : { token }) })
  const asked = jsonOf(reply)
  const challenge = textAt(asked, 'challenge')
  if (reply.status !== 200 || challenge === '') throw new Unproved(`POST ${path} gave no options: ${answerOf(reply)}`)
  return { challenge, rpId: textAt(asked, 'rpId') || textAt(asked, 'rp', 'id'), text: reply.text() }
}

export interface Asked {
  readonly challenge: string
  readonly rpId: string
  /** The whole reply. */
  readonly text: string
}

/** What an authenticator says that has checked its owner, from a page of the twin. */
export const honest = (context: ProbeContext, { challenge, rpId }: Asked, changes: Changes = {}): Answering => ({
  challenge,
  rpId,
  origin: context.network.origin,
  counter: 0,
  present: true,
  verified: true,
  type: 'webauthn.get',
  crossOrigin: false,
  userHandle: undefined,
  forge: (signature) => signature,
  ...changes,
})

/** Who is signed in with a token, and how well: `assurance 2`. */
export async function sessionOf(context: ProbeContext, token: string | undefined, accountId: string): Promise<string> {
  if (!token) return 'no session'
  const reply = await context.network.request({ path: '/auth/session', token })
  const session = jsonOf(reply) as { readonly assurance?: number } | null
  return textAt(session, 'account', 'id') === accountId ? `assurance ${session?.assurance}` : answerOf(reply)
}

export const REFUSED = '401 passkey-refused'
