import type { Kysely } from 'kysely'
import type { Identity } from '../../kernel/principal.ts'
import type { Secret } from '../../kernel/secret.ts'

/** How to reach a database as one role. */
export interface Connection {
  /** Host name, or a directory that holds PostgreSQL's Unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: Secret
  /** Absent on a Unix socket; with TCP the certificate is always verified, against `ca` or the system's roots. */
  readonly tls?: { readonly ca?: string; readonly servername?: string }
}

export interface DatabaseOptions {
  readonly connection: Connection
  /** Shown by PostgreSQL as application_name: `notes server`. */
  readonly application: string
  /** Connections that carry single statements, many in flight on each. Default 3. */
  readonly lanes?: number
  /** Connections for real transactions. Default 6. */
  readonly transactions?: number
  /** Statements waiting for a place, over all; beyond it: Refusal `overloaded`. Default 2,000. */
  readonly queue?: number
  /** Per statement, in milliseconds. Default 5,000. */
  readonly statementTimeout?: number
  /**
   * Until a connection must stand (default 5,000), and how long statements and transactions wait for one that is free (default as long as a
   * statement may take), in milliseconds: then people are told to come again. A twin on a busy machine waits longer, since it is to say what the
   * backend does and not how busy the machine is.
   */
  readonly connectTimeout?: number
}

export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

export interface StatementResult {
  readonly rows: readonly Record<string, unknown>[]
  /** Rows changed by INSERT, UPDATE, DELETE. */
  readonly changed: number
}

/** One role's way to the database. Every failure is a {@link Refusal}; its cause is the driver's error. */
export interface Database<DB> {
  /** Kysely for one identity: each statement is one implicit transaction with the identity set, in one round trip. */
  as(identity: Identity): Kysely<DB>
  /** BEGIN, identity, `work`, COMMIT on a connection of its own; ROLLBACK when `work` throws. */
  transaction<T>(identity: Identity, work: (tx: Kysely<DB>) => Promise<T>): Promise<T>
  /** Several statements in one implicit transaction and one round trip: all or nothing. */
  batch(identity: Identity, statements: readonly Statement[]): Promise<readonly StatementResult[]>
  /** Whether a statement gets through within `timeout` ms. */
  healthy(timeout?: number): Promise<boolean>
  /** Waits for what runs, then closes. */
  close(): Promise<void>
}

/** A LISTEN connection that comes back by itself. */
export interface Channel {
  /** Whether it is connected and listening at this moment. */
  readonly up: boolean
  /** Moments (ms) since when it has been up without a gap; `null` while it is down. */
  readonly upSince: number | null
  notify(payload: string): Promise<void>
  close(): Promise<void>
}
