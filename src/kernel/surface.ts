import type { Assurance, Scope } from './principal.ts'
import type { Seconds } from './time.ts'

/** A JSON Schema, as the framework compiles it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * What a route may answer with: a JSON Schema, or one of the kinds that are no JSON. `redirect` leads to a path of this origin;
 * `redirect-out`, of built-in routes alone, to an OpenID provider that is configured.
 */
export type ResponseContract =
  | JsonSchema
  | 'html'
  | 'redirect'
  | 'redirect-out'
  | 'csv'
  | 'empty'
  | 'text'
  | 'document'
  | 'css'
  | 'script'

export type Access =
  | { readonly kind: 'public' }
  /** Signed in, no permission: one's own account and sessions. */
  | { readonly kind: 'signed-in'; readonly stepUp?: StepUp }
  | { readonly kind: 'permission'; readonly permission: string; readonly stepUp?: StepUp }

/** What a sensitive route asks for beyond the permission. */
export interface StepUp {
  /** How recent the last proof of who somebody is must be. */
  readonly within: Seconds
  /**
   * How well they must have proved it: 2 with a second factor, 3 with a passkey that stays on one device. Absent: with a second factor
   * where they have one, else with the password.
   */
  readonly assurance?: Exclude<Assurance, 1>
}

/** A route as the running server has it: taken from the router, not from a document. */
export interface SurfaceRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its parameters: `/notes/:id`. */
  readonly path: string
  readonly access: Access
  readonly schema: {
    readonly params?: JsonSchema
    readonly query?: JsonSchema
    readonly headers?: JsonSchema
    readonly body?: JsonSchema
    readonly response: Readonly<Record<string, ResponseContract>>
  }
  readonly accepts: 'json' | 'form' | 'nothing'
  /** Part of Holdfast rather than of the application. */
  readonly builtIn: boolean
  /** The table whose field rules are about its body and reply. */
  readonly object?: string
  readonly examples?: Examples
  /** Why the matrix can't call it to success (signs the caller out, ends the twin): then only refusals are tested. */
  readonly onlyRefusals?: string
}

export interface ExampleRequest {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  /** Header fields that the route reads. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface ExampleContext {
  /**
   * One existing row of each declared table and built-in object (`account`, `session`, `tenant`, `role`), belonging to whom the
   * example is asked for. Reading `seed.note` tells the matrix that the route is about that object.
   */
  readonly seed: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The caller. */
  readonly caller: {
    readonly accountId: string
    readonly tenantId: string
    readonly email: string
    readonly password: string
  }
  /** Somebody else of the same tenant. */
  readonly other: { readonly accountId: string; readonly email: string }
  /** A text that was not given before, to tell rows apart: letters and digits only. */
  unique(): string
}

export type Examples = (context: ExampleContext) => ExampleRequest

/** What runs: the routes of the running server, and the permissions, roles and tables of its definition. */
export interface Surface {
  readonly name: string
  readonly routes: readonly SurfaceRoute[]
  /** Role → effective permissions with scope as declared, inheritance resolved; not what the running control makes of them. */
  readonly roles: Readonly<Record<string, Readonly<Record<string, Scope>>>>
  /** Roles that are declared to require a second factor, inheritance resolved; owner, admin and auditor always do. Absent: none. */
  readonly secondFactor?: readonly string[]
  readonly permissions: readonly string[]
  readonly tables: readonly SurfaceTable[]
  /** Table → role → the columns it reads and writes as declared, inheritance resolved. Tables without rules are not there. */
  readonly fields?: Readonly<Record<string, Readonly<Record<string, SurfaceFields>>>>
}

export interface SurfaceFields {
  readonly readable: readonly string[]
  readonly writable: readonly string[]
}

export interface SurfaceTable {
  readonly name: string
  readonly schema: string
  readonly owner?: string
  readonly tenant?: string
  readonly sharedThrough?: string
  /** Table and column of the row it hangs on, whose visibility it shares. */
  readonly parent?: { readonly table: string; readonly column: string }
  readonly columns: readonly SurfaceColumn[]
}

export interface SurfaceColumn {
  readonly name: string
  readonly type: 'uuid' | 'text' | 'integer' | 'number' | 'boolean' | 'timestamp' | 'date'
  readonly classification: 'plain' | 'personal' | 'sensitive'
  readonly nullable: boolean
  readonly max?: number
  readonly primary: boolean
  /** Filled by the database or the framework when a row is made. */
  readonly generated: boolean
}
