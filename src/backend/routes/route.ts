import type { Principal } from '../../kernel/principal.ts'
import type { Access, Examples, JsonSchema, ResponseContract, StepUp } from '../../kernel/surface.ts'
import { minutes } from '../../kernel/time.ts'
import {
  type Answer,
  answer,
  type HandlerContext,
  type RouteDefinition,
} from '../../platform/declaration/definition.ts'
import { type Static, type TSchema, Type } from '../../platform/declaration/index.ts'
import { MAX_NAME_SENT, NAME_PATTERN } from '../../platform/declaration/names.ts'

/** What handlers of built-in routes are given beyond those of the application. */
export interface BuiltInContext<P = unknown, Q = unknown, B = unknown, Who = Principal | null>
  // biome-ignore lint/suspicious/noExplicitAny: built-in handlers use the accounts role, never `db`
  extends HandlerContext<any, P, Q, B, unknown, Who> {
  /** The value of one of Holdfast's own cookies; never that of the session. */
  cookie(name: OwnCookie): string | undefined
}

/** Cookies beside the session's. */
export type OwnCookie = (typeof OWN_COOKIES)[number]
/** The half-finished sign-in, the device that signed in before, a solved proof of work, a sign-in at another provider under way. */
export const OWN_COOKIES = ['__Host-pending', '__Host-device', '__Host-challenge', '__Host-openid'] as const

/** Who comes to a route: on a public one perhaps nobody. */
export type Who<A extends Access> = A extends { readonly kind: 'public' } ? Principal | null : Principal

/** A built-in route with the types of its schemas. */
export interface BuiltIn<P extends TSchema, Q extends TSchema, B extends TSchema, A extends Access> {
  readonly method: RouteDefinition['method']
  readonly path: string
  readonly access: A
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly response: Readonly<Record<number, TSchema | Exclude<ResponseContract, JsonSchema>>>
  readonly accepts?: 'json' | 'form'
  readonly examples?: Examples
  readonly onlyRefusals?: string
  readonly handler: (context: BuiltInContext<Static<P>, Static<Q>, Static<B>, Who<A>>) => Promise<unknown> | unknown
}

/** What is done of which there is nothing to tell. */
export const done = async (work: Promise<void>): Promise<Answer> => {
  await work
  return answer(204)
}

/** Takes the types off, so that built-in and declared routes are registered alike. */
export function builtIn<
  P extends TSchema = TSchema,
  Q extends TSchema = TSchema,
  B extends TSchema = TSchema,
  const A extends Access = Access,
>(route: BuiltIn<P, Q, B, A>): RouteDefinition {
  const response: Record<string, ResponseContract> = {}
  for (const [status, contract] of Object.entries(route.response)) {
    response[status] = contract as ResponseContract
  }
  return {
    method: route.method,
    path: route.path,
    access: route.access,
    schema: {
      ...(route.params === undefined ? {} : { params: route.params as JsonSchema }),
      ...(route.query === undefined ? {} : { query: route.query as JsonSchema }),
      ...(route.body === undefined ? {} : { body: route.body as JsonSchema }),
      response,
    },
    accepts: route.body === undefined ? 'nothing' : (route.accepts ?? 'json'),
    maxBody: 16_384,
    builtIn: true,
    ...(route.examples === undefined ? {} : { examples: route.examples }),
    ...(route.onlyRefusals === undefined ? {} : { onlyRefusals: route.onlyRefusals }),
    handler: route.handler as unknown as RouteDefinition['handler'],
  }
}

export const PUBLIC = { kind: 'public' } as const
export const SIGNED_IN = { kind: 'signed-in' } as const
export const signedInWith = (stepUp: StepUp) => ({ kind: 'signed-in', stepUp }) as const
export const permitted = (permission: string, stepUp?: StepUp) =>
  stepUp === undefined
    ? ({ kind: 'permission', permission } as const)
    : ({ kind: 'permission', permission, stepUp } as const)

/** Whoever changes how an account is signed in to has proved whose it is within this time, as well as they can. */
export const RECENTLY: StepUp = { within: minutes(5) }
/** Whoever changes what others may do, or takes a factor away, has proved two factors within this time. */
export const RECENTLY_WITH_TWO: StepUp = { within: minutes(5), assurance: 2 }

export const Uuid = Type.String({ format: 'uuid' })
export const Timestamp = Type.String({ format: 'date-time' })
export const Email = Type.String({ format: 'email', minLength: 3, maxLength: 254 })
/** Counted once more when it is put together: see `readName`. */
export const Name = Type.String({ minLength: 1, maxLength: MAX_NAME_SENT, pattern: NAME_PATTERN })
/** Longer than any accepted password, so that "too long" is said with its reason. */
export const Password = Type.String({ minLength: 1, maxLength: 1024 })
export const Token = Type.String({ minLength: 43, maxLength: 43, pattern: '^[A-Za-z0-9_-]{43}$' })
export const RoleName = Type.String({ minLength: 1, maxLength: 60, pattern: '^[a-z][a-z0-9-]{0,59}$' })
export const Grant = Type.String({
  minLength: 3,
  maxLength: 130,
  pattern: '^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*(@(tenant|all))?$',
})
export const Account = Type.Object(
  { id: Uuid, email: Type.String({ maxLength: 254 }), name: Type.String({ maxLength: 100 }) },
  { additionalProperties: false },
)
