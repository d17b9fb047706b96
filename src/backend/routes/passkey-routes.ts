import type { RouteDefinition } from '../../platform/declaration/definition.ts'
import type { Passkeys } from '../passkeys.ts'
import { AssertionBody, RequestReply } from './passkey-schemas.ts'
import { builtIn, PUBLIC } from './route.ts'
import { SignInReply, signInReply } from './sign-in-reply.ts'

/** Passkeys: signing in with one, confirming with one, keeping them in order. */
export function passkeyRoutes(passkeys: Passkeys): readonly RouteDefinition[] {
  return [
    builtIn({
      method: 'POST',
      path: '/auth/passkey/options',
      access: PUBLIC,
      response: { 200: RequestReply },
      examples: () => ({}),
      handler: (context) => passkeys.signInRequest(context),
    }),
    builtIn({
      method: 'POST',
      path: '/auth/passkey/sign-in',
      access: PUBLIC,
      body: AssertionBody,
      response: { 200: SignInReply },
      onlyRefusals: 'takes the signature of a passkey, which no example can give',
      examples: () => ({ body: NOBODYS_ANSWER }),
      handler: async (context) => signInReply(await passkeys.signIn(context.body, context)),
    }),
  ]
}

/** Has the form of an answer, and is none. */
const NOBODYS_ANSWER = {
  id: 'AAAA',
  response: { clientDataJSON: 'e30', authenticatorData: 'AAAA', signature: 'AAAA' },
} as const
