import { Refusal, StartRefusal } from '../kernel/refusal.ts'
import { DatabaseError } from '../platform/database/errors.ts'
import type { DatabasePlace } from './messages.ts'

/** What names the database: the embedded one has no setting, and the administrator's is for `migrate` alone. */
export type DatabaseSetting = 'DATABASE_URL' | 'HOLDFAST_ADMIN_DATABASE_URL' | 'database'

/** Says in one line why a database can't be had or prepared, where that is what went wrong; anything else is returned as it is. */
export function databaseRefusal(error: unknown, setting: DatabaseSetting, place: DatabasePlace): unknown {
  const where = place.host.startsWith('/') ? place.host : `${place.host}:${place.port}`
  if (error instanceof DatabaseError && error.code === NOT_ALLOWED && setting === 'HOLDFAST_ADMIN_DATABASE_URL') {
    // Its words name what is missing, and nothing that is secret.
    return new StartRefusal(
      setting,
      `this administrator may not do what is needed at ${where} (${error.message}); right would be a superuser, or from PostgreSQL 16 on a role with CREATEROLE, CREATEDB and REPLICATION`,
      { cause: error },
    )
  }
  if (!(error instanceof Refusal) || error.code !== 'database-unavailable') return error
  const { cause } = error.options
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'unknown'
  return new StartRefusal(setting, explain({ code, cause, setting, where, database: place.database }), { cause: error })
}

function explain(failure: {
  readonly code: string
  readonly cause: unknown
  readonly setting: DatabaseSetting
  readonly where: string
  readonly database: string
}): string {
  const { code, cause, setting, where, database } = failure
  if (code === '3D000') {
    return setting === 'HOLDFAST_ADMIN_DATABASE_URL'
      ? `there is no database postgres at ${where}, from which ${database} could be made; make one of them`
      : `there is no database ${database} at ${where}; run holdfast migrate`
  }
  // PostgreSQL says the same of a role that is not there and of a wrong password.
  if (code.startsWith('28')) {
    return setting === 'HOLDFAST_ADMIN_DATABASE_URL'
      ? `PostgreSQL at ${where} refuses the sign-in (${code}); check the user and password named there, and that its pg_hba.conf lets the roles of the backend in too`
      : `PostgreSQL at ${where} does not let the roles of this backend in (${code}); run holdfast migrate with this state directory`
  }
  if (CERTIFICATE.test(code)) {
    return `the certificate of PostgreSQL at ${where} does not verify (${code}); name its authority as ?sslrootcert=FILE, and the host as the certificate does`
  }
  // Ours, where there is no code of the system or the server: the words are pg's and say what the connection lacks.
  const why = code === '08001' && cause instanceof Error ? cause.message.replace(/\.$/, '') : code
  const advice = NO_TLS.test(why)
    ? '; by TCP there is always TLS: switch it on there, or name its Unix socket as ?host=/run/postgresql (development runs a database of its own without DATABASE_URL)'
    : ''
  return `PostgreSQL can not be reached at ${where} (${why})${advice}`
}

/** What `pg` says where the server answers the request for TLS with no. */
const NO_TLS = /does not support SSL/
/** insufficient_privilege */
const NOT_ALLOWED = '42501'
/** Codes of OpenSSL and of Node's own check of the name. */
const CERTIFICATE = /CERT|SIGNATURE|ISSUER/
