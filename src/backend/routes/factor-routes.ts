import { answer, type RouteDefinition } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import type { FactorResets } from '../factor-resets.ts'
import type { SecondFactor } from '../second-factor.ts'
import {
  builtIn,
  done,
  PUBLIC,
  permitted,
  RECENTLY,
  RECENTLY_WITH_TWO,
  SIGNED_IN,
  signedInWith,
  Timestamp,
  Uuid,
} from './route.ts'
import { SignInReply, signInReply } from './sign-in-reply.ts'

const closed = { additionalProperties: false } as const

/** Anything that may be meant as a code: what it really is, the comparison says. */
export const Code = Type.String({ minLength: 1, maxLength: 64 })
const RecoveryCodes = Type.Array(Type.String({ maxLength: 40 }), { maxItems: 10 })

/** Second factors: the second step, and keeping them in order. */
export function factorRoutes(factors: SecondFactor, resets: FactorResets): readonly RouteDefinition[] {
  return [
    builtIn({
      method: 'POST',
      path: '/auth/second-factor',
      access: PUBLIC,
      body: Type.Object(
        { method: Type.Union([Type.Literal('totp'), Type.Literal('recovery-code')]), code: Code },
        closed,
      ),
      response: { 200: SignInReply },
      onlyRefusals: 'belongs to a sign-in that waits for its second step',
      examples: () => ({ body: { method: 'totp', code: '123456' } }),
      handler: async (context) => signInReply(await factors.second(context.body, context)),
    }),
    builtIn({
      method: 'GET',
      path: '/auth/factors',
      access: SIGNED_IN,
      response: {
        200: Type.Object(
          {
            totp: Type.Boolean(),
            passkeys: Type.Integer({ minimum: 0, maximum: 1000 }),
            recoveryCodes: Type.Integer({ minimum: 0, maximum: 10 }),
            required: Type.Boolean(),
            reset: Type.Union([Type.Object({ effectiveAt: Timestamp }, closed), Type.Null()]),
          },
          closed,
        ),
      },
      examples: () => ({}),
      handler: (context) => factors.state(context.principal),
    }),
    builtIn({
      method: 'POST',
      path: '/auth/factors/totp',
      access: signedInWith(RECENTLY),
      response: {
        200: Type.Object({ secret: Type.String({ maxLength: 64 }), uri: Type.String({ maxLength: 1000 }) }, closed),
      },
      examples: () => ({}),
      handler: (context) => factors.enrolTotp(context),
    }),
    builtIn({
      method: 'POST',
      path: '/auth/factors/totp/confirm',
      access: signedInWith(RECENTLY),
      body: Type.Object({ code: Code }, closed),
      response: { 200: Type.Object({ recoveryCodes: Type.Union([RecoveryCodes, Type.Null()]) }, closed) },
      onlyRefusals: 'takes a code of an app, which no example can give',
      examples: () => ({ body: { code: '123456' } }),
      handler: async (context) => {
        const { recoveryCodes, headers } = await factors.confirmTotp(context.body.code, context)
        return answer(200, { recoveryCodes }, headers)
      },
    }),
    builtIn({
      method: 'DELETE',
      path: '/auth/factors/totp',
      access: signedInWith(RECENTLY_WITH_TWO),
      response: { 204: 'empty' },
      onlyRefusals: 'is for who has an app',
      handler: async (context) => answer(204, undefined, await factors.removeTotp(context)),
    }),
    builtIn({
      method: 'POST',
      path: '/auth/factors/recovery-codes',
      access: signedInWith(RECENTLY_WITH_TWO),
      response: { 200: Type.Object({ recoveryCodes: RecoveryCodes }, closed) },
      onlyRefusals: 'is for who has a second factor',
      handler: async (context) => ({ recoveryCodes: await factors.renewRecoveryCodes(context) }),
    }),
    builtIn({
      method: 'DELETE',
      path: '/auth/factors/reset',
      access: SIGNED_IN,
      response: { 204: 'empty' },
      onlyRefusals: 'there is one only where an administrator started it',
      handler: (context) => done(resets.cancelOwn(context)),
    }),
    builtIn({
      method: 'POST',
      path: '/admin/users/:id/factor-reset',
      access: permitted('user:manage', RECENTLY_WITH_TWO),
      params: Type.Object({ id: Uuid }, closed),
      response: { 202: Type.Object({ effectiveAt: Timestamp }, closed) },
      onlyRefusals:
        'is for accounts with a second factor, which signing in with a password alone then no longer reaches',
      examples: ({ seed }) => ({ params: { id: seed.account?.id ?? '' } }),
      handler: async (context) => answer(202, await resets.start(context.params.id, context)),
    }),
    builtIn({
      method: 'DELETE',
      path: '/admin/users/:id/factor-reset',
      access: permitted('user:manage', RECENTLY_WITH_TWO),
      params: Type.Object({ id: Uuid }, closed),
      response: { 204: 'empty' },
      onlyRefusals: 'there is one only where an administrator started it',
      examples: ({ seed }) => ({ params: { id: seed.account?.id ?? '' } }),
      handler: (context) => done(resets.cancel(context.params.id, context)),
    }),
  ]
}
