import type { PasskeyKind } from '../../checklist/authentication/strong-authentication/index.ts'
import { answer, type RouteDefinition } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import type { PasskeyKeeping } from '../passkey-keeping.ts'
import type { Passkeys } from '../passkeys.ts'
import {
  AssertionBody,
  AttestationBody,
  ConfirmationBody,
  CreationReply,
  PasskeyReply,
  passkeyReply,
  RequestReply,
} from './passkey-schemas.ts'
import { builtIn, done, Name, PUBLIC, RECENTLY, RECENTLY_WITH_TWO, SIGNED_IN, signedInWith, Uuid } from './route.ts'
import { SignInReply, signInReply } from './sign-in-reply.ts'

const closed = { additionalProperties: false } as const
/** Whoever changes how an account is signed in to has proved whose it is within this time. */
const RECENT = signedInWith(RECENTLY)
const WITH_TWO = signedInWith(RECENTLY_WITH_TWO)

/** Passkeys: signing in with one, confirming with one, keeping them in order. */
export function passkeyRoutes(passkeys: Passkeys, keeping: PasskeyKeeping): readonly RouteDefinition[] {
  return [...proofRoutes(passkeys), ...keepingRoutes(keeping)]
}

const proofRoutes = (passkeys: Passkeys): readonly RouteDefinition[] => [
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
    onlyRefusals: NO_EXAMPLE,
    examples: () => ({ body: NOBODYS_ANSWER }),
    handler: async (context) => signInReply(await passkeys.signIn(context.body, context)),
  }),
  builtIn({
    method: 'POST',
    path: '/auth/second-factor/passkey/options',
    access: PUBLIC,
    response: { 200: RequestReply },
    onlyRefusals: 'belongs to a sign-in that waits for its second step',
    examples: () => ({}),
    handler: (context) => passkeys.secondRequest(context),
  }),
  builtIn({
    method: 'POST',
    path: '/auth/second-factor/passkey',
    access: PUBLIC,
    body: AssertionBody,
    response: { 200: SignInReply },
    onlyRefusals: NO_EXAMPLE,
    examples: () => ({ body: NOBODYS_ANSWER }),
    handler: async (context) => signInReply(await passkeys.second(context.body, context)),
  }),
  builtIn({
    method: 'POST',
    path: '/auth/step-up/passkey/options',
    access: SIGNED_IN,
    response: { 200: RequestReply },
    examples: () => ({}),
    handler: (context) => passkeys.confirmRequest(context),
  }),
  builtIn({
    method: 'POST',
    path: '/auth/step-up/passkey',
    access: SIGNED_IN,
    body: ConfirmationBody,
    response: { 204: 'empty' },
    onlyRefusals: NO_EXAMPLE,
    examples: () => ({ body: NOBODYS_ANSWER }),
    handler: async (context) => {
      const { password, ...assertion } = context.body
      return answer(204, undefined, await passkeys.confirm(assertion, password, context))
    },
  }),
]

const keepingRoutes = (keeping: PasskeyKeeping): readonly RouteDefinition[] => [
  builtIn({
    method: 'GET',
    path: '/auth/passkeys',
    access: SIGNED_IN,
    response: { 200: Type.Object({ passkeys: Type.Array(PasskeyReply, { maxItems: 20 }) }, closed) },
    examples: () => ({}),
    handler: async (context) => ({ passkeys: (await keeping.list(context)).map(passkeyReply) }),
  }),
  ...making(keeping, '/auth/passkeys', 'passkey'),
  ...making(keeping, '/auth/security-keys', 'security-key'),
  builtIn({
    method: 'PATCH',
    path: '/auth/passkeys/:id',
    access: WITH_TWO,
    params: Type.Object({ id: Uuid }, closed),
    body: Type.Object({ name: Name }, closed),
    response: { 204: 'empty' },
    onlyRefusals: NO_PASSKEY,
    examples: () => ({ params: { id: NO_ID }, body: { name: 'Phone' } }),
    handler: (context) => done(keeping.rename(context.params.id, context.body.name, context)),
  }),
  builtIn({
    method: 'DELETE',
    path: '/auth/passkeys/:id',
    access: WITH_TWO,
    params: Type.Object({ id: Uuid }, closed),
    response: { 204: 'empty' },
    onlyRefusals: NO_PASSKEY,
    examples: () => ({ params: { id: NO_ID } }),
    handler: async (context) => {
      return answer(204, undefined, await keeping.remove(context.params.id, context))
    },
  }),
]

/** Making one of a kind. */
const making = (keeping: PasskeyKeeping, path: string, kind: PasskeyKind): readonly RouteDefinition[] => [
  builtIn({
    method: 'POST',
    path: `${path}/options`,
    access: RECENT,
    response: { 200: CreationReply },
    examples: () => ({}),
    handler: (context) => keeping.creation(context, kind),
  }),
  builtIn({
    method: 'POST',
    path: path,
    access: RECENT,
    body: AttestationBody,
    response: {
      201: Type.Object(
        {
          passkey: PasskeyReply,
          recoveryCodes: Type.Union([Type.Array(Type.String({ maxLength: 40 }), { maxItems: 10 }), Type.Null()]),
        },
        closed,
      ),
    },
    onlyRefusals: NO_EXAMPLE,
    examples: () => ({ body: { name: 'Nothing', credential: NOBODYS_KEY } }),
    handler: async (context) => {
      const { passkey, recoveryCodes, headers } = await keeping.add(context.body, kind, context)
      return answer(201, { passkey: passkeyReply(passkey), recoveryCodes }, headers)
    },
  }),
]

const NO_EXAMPLE = 'takes the signature of an authenticator, which no example can give'
/** Why the matrix has none: also for the pages. */
export const NO_PASSKEY = 'whoever has a passkey signs in with it, and the matrix signs in with passwords'
export const NO_ID = '01900000-0000-7000-8000-000000000000'

/** Has the form of an answer, and is none. */
const NOBODYS_ANSWER = {
  id: 'AAAA',
  response: { clientDataJSON: 'e30', authenticatorData: 'AAAA', signature: 'AAAA' },
} as const
const NOBODYS_KEY = { id: 'AAAA', response: { clientDataJSON: 'e30', attestationObject: 'AAAA' } } as const
