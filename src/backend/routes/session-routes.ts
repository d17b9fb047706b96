import { answer, type RouteDefinition } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import type { Accounts } from '../accounts.ts'
import { readCode } from '../second-factor.ts'
import { Code } from './factor-routes.ts'
import { Account, builtIn, done, Email, Password, PUBLIC, SIGNED_IN, Timestamp, Token, Uuid } from './route.ts'
import { SignInReply, signInReply } from './sign-in-reply.ts'

const closed = { additionalProperties: false } as const

/** Sign-in, sessions, tenants: the JSON form of what the pages do. */
export function sessionRoutes(accounts: Accounts): readonly RouteDefinition[] {
  return [
    builtIn({
      method: 'POST',
      path: '/auth/sign-in',
      access: PUBLIC,
      body: Type.Object({ email: Email, password: Password }, closed),
      response: { 200: SignInReply },
      examples: ({ caller }) => ({ body: { email: caller.email, password: caller.password } }),
      handler: async (context) => signInReply(await accounts.signIn(context.body, context)),
    }),
    builtIn({
      method: 'POST',
      path: '/auth/sign-out',
      access: SIGNED_IN,
      response: { 204: 'empty' },
      onlyRefusals: 'ends the session the matrix is using',
      handler: async (context) => answer(204, undefined, await accounts.signOut(context)),
    }),
    builtIn({
      method: 'POST',
      path: '/auth/step-up',
      access: SIGNED_IN,
      body: Type.Object({ password: Password, code: Type.Optional(Code) }, closed),
      response: { 204: 'empty' },
      examples: ({ caller }) => ({ body: { password: caller.password } }),
      onlyRefusals: 'replaces the session the matrix is using',
      handler: async (context) => {
        const { password, code } = context.body
        return answer(
          204,
          undefined,
          await accounts.stepUp(password, code === undefined ? undefined : readCode(code), context),
        )
      },
    }),
    builtIn({
      method: 'POST',
      path: '/auth/password',
      access: SIGNED_IN,
      body: Type.Object({ current: Password, password: Password }, closed),
      response: { 204: 'empty' },
      examples: ({ caller, unique }) => ({
        body: { current: caller.password, password: `lantern ${unique()} gravel` },
      }),
      onlyRefusals: 'changes the password the matrix signs in with',
      handler: async (context) => answer(204, undefined, await accounts.changePassword(context.body, context)),
    }),
    builtIn({
      method: 'GET',
      path: '/auth/session',
      access: SIGNED_IN,
      response: {
        200: Type.Object(
          {
            account: Account,
            emailVerified: Type.Boolean(),
            roles: Type.Array(Type.String({ maxLength: 60 }), { maxItems: 50 }),
            permissions: Type.Array(Type.String({ maxLength: 130 }), { maxItems: 1000 }),
            tenantId: Type.Union([Uuid, Type.Null()]),
            assurance: Type.Integer({ minimum: 1, maximum: 3 }),
            authenticatedAt: Timestamp,
            expiresAt: Timestamp,
          },
          closed,
        ),
      },
      examples: () => ({}),
      handler: (context) => accounts.describe(context.principal),
    }),
    builtIn({
      method: 'GET',
      path: '/auth/sessions',
      access: SIGNED_IN,
      response: {
        200: Type.Object(
          {
            sessions: Type.Array(
              Type.Object(
                {
                  id: Uuid,
                  device: Type.String({ maxLength: 200 }),
                  address: Type.String({ maxLength: 45 }),
                  createdAt: Timestamp,
                  usedAt: Timestamp,
                  current: Type.Boolean(),
                },
                closed,
              ),
              { maxItems: 1000 },
            ),
          },
          closed,
        ),
      },
      examples: () => ({}),
      handler: async (context) => ({
        sessions: (await accounts.sessions(context.principal)).map((session) => ({
          ...session,
          createdAt: new Date(session.createdAt).toISOString(),
          usedAt: new Date(session.usedAt).toISOString(),
        })),
      }),
    }),
    builtIn({
      method: 'DELETE',
      path: '/auth/sessions',
      access: SIGNED_IN,
      response: { 204: 'empty' },
      onlyRefusals: 'ends sessions the matrix is using',
      handler: (context) => done(accounts.endOtherSessions(context)),
    }),
    builtIn({
      method: 'DELETE',
      path: '/auth/sessions/:id',
      access: SIGNED_IN,
      params: Type.Object({ id: Uuid }, closed),
      response: { 204: 'empty' },
      examples: ({ seed }) => ({ params: { id: seed.session?.id ?? '' } }),
      handler: (context) => done(accounts.endSession(context.params.id, context)),
    }),
    builtIn({
      method: 'GET',
      path: '/auth/tenants',
      access: SIGNED_IN,
      response: {
        200: Type.Object(
          {
            tenants: Type.Array(
              Type.Object(
                { id: Uuid, name: Type.String({ maxLength: 100 }), manages: Type.Boolean(), current: Type.Boolean() },
                closed,
              ),
              { maxItems: 1000 },
            ),
          },
          closed,
        ),
      },
      examples: () => ({}),
      handler: async (context) => ({ tenants: await accounts.tenants.list(context.principal) }),
    }),
    builtIn({
      method: 'PUT',
      path: '/auth/tenant',
      access: SIGNED_IN,
      body: Type.Object({ tenantId: Uuid }, closed),
      response: { 204: 'empty' },
      onlyRefusals: 'replaces the session the matrix is using',
      examples: ({ caller }) => ({ body: { tenantId: caller.tenantId } }),
      handler: async (context) => answer(204, undefined, await accounts.tenants.enter(context.body.tenantId, context)),
    }),
    builtIn({
      method: 'GET',
      path: '/tenant/members',
      access: SIGNED_IN,
      response: {
        200: Type.Object(
          {
            members: Type.Array(
              Type.Object({ id: Uuid, name: Type.String({ maxLength: 100 }), manages: Type.Boolean() }, closed),
              {
                maxItems: 1000,
              },
            ),
          },
          closed,
        ),
      },
      examples: () => ({}),
      handler: async (context) => ({ members: await accounts.tenants.members(context.principal) }),
    }),
    builtIn({
      method: 'POST',
      path: '/tenant/invitations',
      access: SIGNED_IN,
      response: {
        201: Type.Object({ token: Token, path: Type.String({ maxLength: 100 }), expiresAt: Timestamp }, closed),
      },
      onlyRefusals: 'only for who manages the tenant, which is a property of the membership and not of a role',
      handler: async (context) => answer(201, await accounts.tenants.invite(context)),
    }),
    builtIn({
      method: 'POST',
      path: '/tenant/join',
      access: SIGNED_IN,
      body: Type.Object({ invitation: Token }, closed),
      response: { 204: 'empty' },
      onlyRefusals: 'works once, with an invitation somebody made',
      examples: () => ({ body: { invitation: 'A'.repeat(43) } }),
      handler: async (context) => answer(204, undefined, await accounts.tenants.join(context.body.invitation, context)),
    }),
  ]
}
