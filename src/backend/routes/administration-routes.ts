import type { RouteDefinition } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import type { Administration } from '../administration.ts'
import type { PasswordResets } from '../password-resets.ts'
import { builtIn, done, Grant, permitted, RECENTLY_WITH_TWO, RoleName, Timestamp, Uuid } from './route.ts'

const closed = { additionalProperties: false } as const

/** People, their roles and sessions: for administrators. */
export function administrationRoutes(
  administration: Administration,
  resets: PasswordResets,
): readonly RouteDefinition[] {
  return [
    builtIn({
      method: 'GET',
      path: '/admin/users',
      access: permitted('user:read'),
      query: Type.Object(
        {
          after: Type.Optional(Uuid),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
        },
        closed,
      ),
      response: {
        200: Type.Object(
          {
            users: Type.Array(
              Type.Object(
                {
                  id: Uuid,
                  email: Type.String({ maxLength: 254 }),
                  name: Type.String({ maxLength: 100 }),
                  roles: Type.Array(Type.String({ maxLength: 60 }), { maxItems: 50 }),
                  disabled: Type.Boolean(),
                  createdAt: Timestamp,
                },
                closed,
              ),
              { maxItems: 200 },
            ),
          },
          closed,
        ),
      },
      examples: () => ({ query: { limit: '5' } }),
      handler: async (context) => ({ users: await administration.users(context.query) }),
    }),
    builtIn({
      method: 'PUT',
      path: '/admin/users/:id/disabled',
      access: permitted('user:manage', RECENTLY_WITH_TWO),
      params: Type.Object({ id: Uuid }, closed),
      body: Type.Object({ disabled: Type.Boolean() }, closed),
      response: { 204: 'empty' },
      examples: ({ seed }) => ({ params: { id: seed.account?.id ?? '' }, body: { disabled: false } }),
      handler: (context) => done(administration.setDisabled(context.params.id, context.body.disabled, context)),
    }),
    builtIn({
      method: 'POST',
      path: '/admin/users/:id/password-reset',
      access: permitted('user:manage', RECENTLY_WITH_TWO),
      params: Type.Object({ id: Uuid }, closed),
      response: { 204: 'empty' },
      examples: ({ seed }) => ({ params: { id: seed.account?.id ?? '' } }),
      handler: (context) => done(resets.askFor(context.params.id, context)),
    }),
    builtIn({
      method: 'DELETE',
      path: '/admin/users/:id/sessions',
      access: permitted('session:manage', RECENTLY_WITH_TWO),
      params: Type.Object({ id: Uuid }, closed),
      response: { 204: 'empty' },
      onlyRefusals: 'ends sessions the matrix is using',
      examples: ({ seed }) => ({ params: { id: seed.account?.id ?? '' } }),
      handler: (context) => done(administration.endSessions(context.params.id, context)),
    }),
    builtIn({
      method: 'PUT',
      path: '/admin/users/:id/roles/:role',
      access: permitted('role:manage', RECENTLY_WITH_TWO),
      params: Type.Object({ id: Uuid, role: RoleName }, closed),
      response: { 204: 'empty' },
      onlyRefusals: 'changes what the identities of the matrix may do',
      examples: ({ seed }) => ({ params: { id: seed.account?.id ?? '', role: 'member' } }),
      handler: (context) => done(administration.grantRole(context.params.id, context.params.role, context)),
    }),
    builtIn({
      method: 'DELETE',
      path: '/admin/users/:id/roles/:role',
      access: permitted('role:manage', RECENTLY_WITH_TWO),
      params: Type.Object({ id: Uuid, role: RoleName }, closed),
      response: { 204: 'empty' },
      onlyRefusals: 'changes what the identities of the matrix may do',
      examples: ({ seed }) => ({ params: { id: seed.account?.id ?? '', role: 'member' } }),
      handler: (context) => done(administration.revokeRole(context.params.id, context.params.role, context)),
    }),
    builtIn({
      method: 'GET',
      path: '/admin/roles',
      access: permitted('role:read'),
      response: {
        200: Type.Object(
          {
            roles: Type.Array(
              Type.Object(
                {
                  name: RoleName,
                  origin: Type.String({ maxLength: 10 }),
                  grants: Type.Array(Type.String({ maxLength: 130 }), { maxItems: 1000 }),
                  inherits: Type.Array(Type.String({ maxLength: 60 }), { maxItems: 50 }),
                  permissions: Type.Array(Type.String({ maxLength: 130 }), { maxItems: 1000 }),
                  secondFactor: Type.Boolean(),
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
      handler: async () => ({ roles: await administration.roles() }),
    }),
    builtIn({
      method: 'GET',
      path: '/admin/permissions',
      access: permitted('role:read'),
      response: {
        200: Type.Object(
          {
            permissions: Type.Array(
              Type.Object(
                {
                  name: Type.String({ maxLength: 130 }),
                  allows: Type.String({ maxLength: 1000 }),
                  held: Type.Union([Type.Literal('own'), Type.Literal('tenant'), Type.Literal('all'), Type.Null()]),
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
      handler: ({ principal }) => ({ permissions: administration.permissions(principal) }),
    }),
    builtIn({
      method: 'PUT',
      path: '/admin/roles/:role',
      access: permitted('role:manage', RECENTLY_WITH_TWO),
      params: Type.Object({ role: RoleName }, closed),
      body: Type.Object(
        { grants: Type.Array(Grant, { maxItems: 500 }), inherits: Type.Array(RoleName, { maxItems: 50 }) },
        closed,
      ),
      response: { 204: 'empty' },
      examples: ({ unique }) => ({
        params: { role: `role-${unique().toLowerCase()}`.slice(0, 60) },
        body: { grants: ['user:read'], inherits: [] },
      }),
      handler: (context) => done(administration.defineRole({ name: context.params.role, ...context.body }, context)),
    }),
    builtIn({
      method: 'DELETE',
      path: '/admin/roles/:role',
      access: permitted('role:manage', RECENTLY_WITH_TWO),
      params: Type.Object({ role: RoleName }, closed),
      response: { 204: 'empty' },
      examples: ({ seed }) => ({ params: { role: seed.role?.name ?? '' } }),
      handler: (context) => done(administration.removeRole(context.params.role, context)),
    }),
  ]
}
