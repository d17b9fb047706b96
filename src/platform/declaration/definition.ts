import type { Kysely } from 'kysely'
import type { SecurityEvent } from '../../kernel/event.ts'
import type { Principal } from '../../kernel/principal.ts'
import type { Access, Examples, JsonSchema, ResponseContract, SurfaceTable } from '../../kernel/surface.ts'
import type { Moment } from '../../kernel/time.ts'
import type { Html } from '../html/html.ts'
import type { Enqueue, JobDefinition } from './jobs.ts'

/**
 * What `defineBackend` makes of a declaration: a value. `start` makes one server of it, `check` makes twins, tests make as
 * many as they like. Nothing in it runs until then.
 */
export interface BackendDefinition {
  /** Lower-case letters, digits and `-`: becomes the prefix of the database's role names. */
  readonly name: string
  /** For people: `Notes`. */
  readonly title: string
  /** In dependency order, share tables included. */
  readonly tables: readonly TableDefinition[]
  /** Permission → what it allows, in words; the built-in ones included. */
  readonly permissions: Readonly<Record<string, string>>
  /** Role → its grants, `thing:action` with optional `@tenant` or `@all`, and the roles it inherits from; built-in roles included. */
  readonly roles: Readonly<Record<string, RoleDefinition>>
  readonly routes: readonly RouteDefinition[]
  /** What is done in the background. */
  readonly jobs?: readonly JobDefinition[]
  /** Table → role → the columns it reads and writes. A table without an entry is open to whoever may call the route. */
  readonly fields?: FieldRules
  /** Where the application's own migrations lie (`0001_name.sql`, …), as a path. */
  readonly migrations: string
  /** Whether visitors may make accounts. Default `open`. */
  readonly signUp: 'open' | 'invitation'
  /** Pages of the application for the navigation of the built-in pages, where it has any. */
  readonly navigation: readonly { readonly href: string; readonly label: string }[]
}

export interface RoleDefinition {
  readonly grants: readonly string[]
  readonly inherits: readonly string[]
  /** Nothing it grants is of effect before a second factor is proved. Always so for owner, admin and auditor. */
  readonly secondFactor?: boolean
}

/**
 * A role that is not named under a table reads and writes nothing of it; a missing list means all columns. Roles add up,
 * inherited ones too.
 */
export type FieldRules = Readonly<
  Record<
    string,
    Readonly<Record<string, { readonly readable?: readonly string[]; readonly writable?: readonly string[] }>>
  >
>

/** A declared table: the surface's description and what the schema needs beyond it. */
export interface TableDefinition extends SurfaceTable {
  readonly definitions: readonly ColumnDefinition[]
  /** Extra statements the application adds to what is generated: full-text index, generated columns. */
  readonly indexes: readonly string[]
}

export interface ColumnDefinition {
  readonly name: string
  /** The SQL type with its bound: `varchar(200)`, `uuid`, `timestamptz`. */
  readonly sqlType: string
  /** Without it the column is NOT NULL and has no default. */
  readonly sqlDefault?: string
  /** Always computed from the row by this expression, and stored. */
  readonly sqlGenerated?: string
  /** CHECK expressions over the column. */
  readonly checks: readonly string[]
  readonly references?: { readonly table: string; readonly column: string; readonly onDelete: 'cascade' | 'restrict' }
  readonly unique: boolean
  readonly searchable: boolean
  /** JSON Schema of its value. */
  readonly schema: JsonSchema
}

/** A route as declared, checked, with its types erased: what the composition root registers. */
export interface RouteDefinition {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
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
  /** Largest body in bytes. Default 64 KiB. */
  readonly maxBody: number
  readonly builtIn: boolean
  /** The table its body and reply are about, where field rules are to apply. */
  readonly object?: string
  readonly examples?: Examples
  readonly onlyRefusals?: string
  readonly handler: (context: HandlerContext) => Promise<unknown> | unknown
}

/**
 * What a handler is given. It returns the body of a 200, `undefined` for 404, or an {@link Answer} for anything else.
 * `P`, `Q`, `B`, `H` are inferred from the route's schemas, `DB` from the tables.
 */
// biome-ignore lint/suspicious/noExplicitAny: the erased form; routes are written against the inferred one
export interface HandlerContext<DB = any, P = any, Q = any, B = any, H = any, Who = Principal | null> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly headers: H
  readonly principal: Who
  /** Statements run one by one, each in one round trip with the caller's identity set for row-level security. */
  readonly db: Kysely<DB>
  /** A real transaction with the caller's identity; rolled back when `work` throws. */
  transaction<T>(work: (tx: Kysely<DB>) => Promise<T>): Promise<T>
  /** Asks for a job; with `{ tx }` in that transaction. */
  readonly enqueue: Enqueue<DB>
  /** Who is in the caller's tenant, by name: to share with them. Empty without a tenant. */
  members(): Promise<readonly { readonly id: string; readonly name: string }[]>
  /** Reports a security event outside any transaction (for refusals). */
  report(event: SecurityEvent): void
  readonly now: Moment
  readonly requestId: string
  readonly address: string
  /** The value of `nonce` that this reply's Content-Security-Policy allows; pages put it on their script elements. */
  readonly nonce: string
  /** The user-agent field, cut to 200 characters, for the list of sessions. */
  readonly device: string
}

/** A reply other than a plain 200 with the handler's value. */
export class Answer<Status extends number = number, Body = unknown> {
  readonly status: Status
  readonly body: Body
  readonly headers: Readonly<Record<string, string | readonly string[]>>

  constructor(status: Status, body: Body, headers: Readonly<Record<string, string | readonly string[]>> = {}) {
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** `answer(201, row)`. The status must be among the route's declared responses. */
export function answer<const Status extends number>(status: Status): Answer<Status, undefined>
export function answer<const Status extends number, Body>(
  status: Status,
  body: Body,
  headers?: Readonly<Record<string, string | readonly string[]>>,
): Answer<Status, Body>
export function answer(
  status: number,
  body?: unknown,
  headers?: Readonly<Record<string, string | readonly string[]>>,
): Answer {
  return new Answer(status, body, headers)
}

/** 303 to a path of this origin; anything else throws, so that no input redirects elsewhere. */
export function redirect(
  path: string,
  headers?: Readonly<Record<string, string | readonly string[]>>,
): Answer<303, undefined> {
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(path) || path.includes('\\'))
    throw new TypeError('redirect takes a path of this origin')
  return new Answer(303, undefined, { ...headers, location: path })
}

export type { Html }
