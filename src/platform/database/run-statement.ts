import { CompiledQuery, type Kysely } from 'kysely'
import type { Statement, StatementResult } from './database.ts'

/** Runs a statement written by hand where a Kysely is at hand: in the caller's transaction, as the caller. */
// biome-ignore lint/suspicious/noExplicitAny: plain SQL, whatever tables the Kysely is typed for
export async function runStatement(db: Kysely<any>, { sql, parameters }: Statement): Promise<StatementResult> {
  const { rows, numAffectedRows } = await db.executeQuery<Record<string, unknown>>(
    CompiledQuery.raw(sql, [...parameters]),
  )
  return { rows, changed: Number(numAffectedRows ?? 0n) }
}
