import type { DatabaseConnection } from '../../kernel/vantage.ts'
import { connectClient } from './connect.ts'
import type { Connection } from './database.ts'
import { DatabaseError } from './errors.ts'

/** One plain connection, for migrations, administration and probes. No request ever comes near it. */
export interface Session extends DatabaseConnection {
  /** Runs a text of several statements, without parameters, in one implicit transaction. */
  script(sql: string): Promise<void>
  close(): Promise<void>
}

export interface SessionOptions {
  readonly connection: Connection
  readonly application: string
  /** Per statement, in milliseconds. Default a minute. */
  readonly statementTimeout?: number
  /** Until the connection must stand, in milliseconds. Default 5,000. */
  readonly connectTimeout?: number
  /** By the replication protocol: statements are its commands. Default false. */
  readonly replication?: boolean
}

/**
 * Connects once; does not come back when the connection is lost. Errors of statements are {@link DatabaseError}s, so that
 * SQLSTATE can be asked for.
 *
 * @throws Refusal `database-unavailable` when the connection can not be had.
 */
export async function openSession({
  connection,
  application,
  statementTimeout = 60_000,
  connectTimeout,
  replication,
}: SessionOptions): Promise<Session> {
  const client = await connectClient({ connection, application, statementTimeout, connectTimeout, replication })
  let turn: Promise<unknown> = Promise.resolve()
  /** One after the other: a plain connection has one statement at a time. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }
  return {
    async query(text, values = []) {
      const result = await inTurn(() => client.query(text, [...values])).catch(clean)
      // Several statements in one text have several results.
      const results = [result].flat()
      return { rows: results.flatMap(({ rows }) => rows), rowCount: results.at(-1)?.rowCount ?? 0 }
    },
    async script(sql) {
      await inTurn(() => client.query(sql)).catch(clean)
    },
    close: () => client.end(),
  }
}

/** Without the values that a message of the server may hold. */
function clean(
  error: Error & { code?: string; schema?: string; table?: string; column?: string; constraint?: string },
): never {
  const { code = '08006', message, schema, table, column, constraint } = error
  throw new DatabaseError({ code, message, schema, table, column, constraint })
}
