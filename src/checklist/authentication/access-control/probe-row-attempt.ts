import type { Scope } from '../../../kernel/principal.ts'
import type { SurfaceTable } from '../../../kernel/surface.ts'
import type { DatabaseConnection, TwinIdentity } from '../../../kernel/vantage.ts'
import type { OwnedRow } from './probe-rows.ts'

/** What the attempts on one table are made with. */
export interface Bench {
  readonly connection: DatabaseConnection
  readonly table: SurfaceTable
  /** The table itself, or the one it hangs on at the end: it says whose the rows are. */
  readonly root: SurfaceTable
  /** Three people whose rows no other claim takes away: the matrix calls as the first of each role in tenant A. */
  readonly cast: { readonly me: TwinIdentity; readonly colleague: TwinIdentity; readonly foreigner: TwinIdentity }
  readonly mine: OwnedRow
  readonly colleagues: OwnedRow | undefined
  readonly foreign: OwnedRow | undefined
  /** Takes down what was seen. */
  say(side: 'positive' | 'negative', what: string, saw: string, expected: string): boolean
}

export type Question = readonly [sql: string, values?: readonly unknown[]]

/**
 * Runs a statement in a transaction with an identity, and then perhaps others with other identities; tells of the last one, and takes
 * everything back.
 *
 * @param identity - `account|tenant|scope`; `null` sets none.
 * @returns `rows`, `no rows`, or `refused` with the SQLSTATE.
 */
export async function attempt(
  connection: DatabaseConnection,
  identity: string | null,
  question: Question,
  ...then: readonly { readonly as: string; readonly ask: Question }[]
): Promise<string> {
  await connection.query('begin')
  try {
    const become = (who: string) => connection.query("select set_config('holdfast.identity', $1, true)", [who])
    if (identity !== null) await become(identity)
    let { rowCount } = await connection.query(...question)
    for (const { as, ask } of then) {
      await become(as)
      rowCount = (await connection.query(...ask)).rowCount
    }
    return rowCount > 0 ? 'rows' : 'no rows'
  } catch (error) {
    return `refused ${error instanceof Error && 'code' in error ? error.code : 'for an unknown reason'}`
  } finally {
    await connection.query('rollback')
  }
}

export const identityOf = (who: TwinIdentity, scope: Scope): string => `${who.accountId}|${who.tenantId}|${scope}`

/**
 * Refused for lack of right, an identity that can't be read (22P02), and no row at all come to the same. Any other error
 * would hide what it is.
 */
export const nothing = (saw: string): string =>
  ['no rows', 'refused 42501', 'refused 22P02'].includes(saw) ? 'nothing' : saw

/** Where a column says who or which tenant, it must say so; where none does, it can't speak against it. */
export const belongsTo = (row: OwnedRow, who: TwinIdentity): boolean =>
  (row.owner === null || row.owner === who.accountId) && (row.tenant === null || row.tenant === who.tenantId)
