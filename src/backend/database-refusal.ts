import { Refusal, StartRefusal } from '../kernel/refusal.ts'
import type { DatabasePlace } from './messages.ts'

/**
 * Says in one line why a database can't be had, where that is what went wrong; anything else is returned as it is.
 *
 * @param setting - what names the database: `DATABASE_URL`.
 */
export function databaseRefusal(error: unknown, setting: string, place: DatabasePlace): unknown {
  if (!(error instanceof Refusal) || error.code !== 'database-unavailable') return error
  const cause = error.options.cause
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'unknown'
  return new StartRefusal(setting, explain(code, place), { cause: error })
}

function explain(code: string, { host, port, database }: DatabasePlace): string {
  const where = host.startsWith('/') ? host : `${host}:${port}`
  if (code === '3D000') return `there is no database ${database} at ${where}; run holdfast migrate`
  // PostgreSQL says the same of a role that is not there and of a wrong password.
  if (code.startsWith('28')) {
    return `PostgreSQL at ${where} lets the roles of this backend not in (${code}); run holdfast migrate with this state directory`
  }
  return `PostgreSQL can not be reached at ${where} (${code})`
}
