import type { Kysely } from 'kysely'
import type { SecurityEvent } from '../../kernel/event.ts'

/** Writes security events. Chain and shipping come behind the staging table; see monitoring/centralized-logging. */
export interface Events {
  /** Writes in the caller's transaction: the event stands if and only if the change it tells of does. */
  // biome-ignore lint/suspicious/noExplicitAny: the staging table is written by plain SQL, whatever tables the transaction is typed for
  stage(tx: Kysely<any>, event: SecurityEvent): Promise<void>
  /**
   * Writes on the events' own connection, in batches off the request's path. Identical refusals within a second fold
   * into one counted row. Bounded: when the buffer is full the fold gets coarser (by name only), nothing is lost uncounted.
   * Never throws.
   */
  report(event: SecurityEvent): void
  /** Resolves when all reported events are in the database, or rejects when they can't be. */
  flush(): Promise<void>
  close(): Promise<void>
}
