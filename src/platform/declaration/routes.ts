import type { Static, TSchema } from 'typebox'
import type { Principal } from '../../kernel/principal.ts'
import { StartRefusal } from '../../kernel/refusal.ts'
import type { Examples, JsonSchema, ResponseContract, StepUp } from '../../kernel/surface.ts'
import type { Seconds } from '../../kernel/time.ts'
import type { Csv } from '../html/csv.ts'
import type { Html } from '../html/html.ts'
import type { Answer, HandlerContext, RouteDefinition } from './definition.ts'
import { describeRoute, type Untyped } from './describe-route.ts'

/** What `routes(app)` is given: a list that grows. `DB` and `Permission` are inferred by `defineBackend`. */
export interface App<DB, Permission extends string> {
  get: AddRoute<DB, Permission>
  post: AddRoute<DB, Permission>
  put: AddRoute<DB, Permission>
  patch: AddRoute<DB, Permission>
  delete: AddRoute<DB, Permission>
}

type AddRoute<DB, Permission extends string> = <
  const Responses extends Readonly<Record<number, TSchema | Kind>>,
  Params extends TSchema = never,
  Query extends TSchema = never,
  Body extends TSchema = never,
  Headers extends TSchema = never,
  const Public extends true | undefined = undefined,
>(
  path: string,
  options: RouteOptions<DB, Permission, Responses, Params, Query, Body, Headers, Public>,
) => void

export type RouteOptions<
  DB,
  Permission extends string,
  Responses extends Readonly<Record<number, TSchema | Kind>>,
  Params extends TSchema,
  Query extends TSchema,
  Body extends TSchema,
  Headers extends TSchema,
  Public extends true | undefined,
> = AccessOptions<Permission> & {
  /** Anybody may call it, without signing in. */
  readonly public?: Public
  readonly schema: {
    readonly params?: Params
    readonly query?: Query
    /** The header fields the handler reads, in lower case. */
    readonly headers?: Headers
    readonly body?: Body
    /** By status: a schema, or the kind of a reply that is no JSON. */
    readonly response: Responses
  }
  /** Form of the body. Default `json` where there is a body. */
  readonly accepts?: 'json' | 'form'
  /** Largest body in bytes. Default 64 KiB. */
  readonly maxBody?: number
  /** The table its body and reply are about, where field rules are to apply. */
  readonly object?: string
  /** A request that succeeds, so that the matrix can call it. Reading `seed.note` says that the route is about that note. */
  readonly examples?: Examples
  /** Why the matrix can't call it to success: then only refusals are tested. */
  readonly onlyRefusals?: string
  readonly handler: (
    context: HandlerContext<
      DB,
      Given<Params>,
      Given<Query>,
      Given<Body>,
      Given<Headers>,
      Public extends true ? Principal | null : Principal
    >,
  ) => Result<Responses> | Promise<Result<Responses>>
}

/** Exactly one of the three. */
type AccessOptions<Permission extends string> =
  | {
      /** Who holds it may call this. */
      readonly permission: Permission
      /** How recent the last proof of who somebody is must be, and how good: `minutes(5)`, `{ within: minutes(5), assurance: 2 }`. */
      readonly stepUp?: Seconds | StepUp
      readonly signedIn?: undefined
      readonly public?: undefined
    }
  | {
      /** Everybody who is signed in: for what is one's own account. */
      readonly signedIn: true
      readonly stepUp?: Seconds | StepUp
      readonly permission?: undefined
      readonly public?: undefined
    }
  | {
      readonly public: true
      readonly permission?: undefined
      readonly signedIn?: undefined
      readonly stepUp?: undefined
    }

/** A reply that is no JSON. */
export type Kind = Exclude<ResponseContract, JsonSchema | 'redirect-out'>

/** `undefined` where there is no schema: nothing was checked, so there is nothing to read. */
type Given<Schema extends TSchema> = [Schema] extends [never] ? undefined : Static<Schema>

/** `undefined` is 404; a bare value is the body of the 200; anything else an {@link Answer} with a declared status. */
export type Result<Responses> =
  | undefined
  | (Responses extends { readonly 200: infer Contract } ? Contents<Contract> : never)
  | { [Status in keyof Responses & number]: Answer<Status, Contents<Responses[Status]>> }[keyof Responses & number]

type Contents<Contract> = Contract extends 'html'
  ? Html
  : Contract extends 'text' | 'document' | 'css' | 'script'
    ? string
    : Contract extends 'csv'
      ? Csv
      : Contract extends 'redirect' | 'empty'
        ? undefined
        : Contract extends TSchema
          ? Static<Contract>
          : never

/**
 * Runs `routes` and checks what it declares.
 *
 * @throws StartRefusal `GET /notes: …`, for what is missing, contradicts itself or has no bound.
 */
export function collectRoutes<DB, Permission extends string>(
  routes: (app: App<DB, Permission>) => void,
  options: { readonly permissions: readonly string[]; readonly builtIn: boolean; readonly tables: readonly string[] },
): readonly RouteDefinition[] {
  const collected: RouteDefinition[] = []
  const adder =
    (method: RouteDefinition['method']): AddRoute<DB, Permission> =>
    (path, given) => {
      // The types are for whoever writes a route; here it is judged anew, since JavaScript can call this as well.
      collected.push(describeRoute(method, path, given as unknown as Untyped, options))
    }
  routes({ get: adder('GET'), post: adder('POST'), put: adder('PUT'), patch: adder('PATCH'), delete: adder('DELETE') })
  refuseDuplicates(collected)
  return collected
}

/** @throws StartRefusal where two routes answer the same requests. Parameter names make no difference. */
export function refuseDuplicates(routes: readonly RouteDefinition[]): void {
  const seen = new Set<string>()
  for (const { method, path } of routes) {
    const shape = `${method} ${path.replaceAll(/:[^/]+/g, ':')}`
    if (seen.has(shape)) throw new StartRefusal(`${method} ${path}`, 'is declared twice')
    seen.add(shape)
  }
}
