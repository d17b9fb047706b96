import { readFileSync } from 'node:fs'
import type { Configuration } from '../checklist/server/secure-configuration/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import type { Secret } from '../kernel/secret.ts'
import type { Connection } from '../platform/database/database.ts'
import type { DatabasePlace } from './messages.ts'

/** Where a role connects to, by place and password. */
export const connectionAt = (place: DatabasePlace, user: string, password: Secret): Connection => ({
  host: place.host,
  port: place.port,
  database: place.database,
  user,
  password,
  ...(place.tls === null ? {} : { tls: place.tls }),
})

/**
 * Where the configured outside PostgreSQL is. Each process connects as its own role with the password of its keyring, so the
 * URL names no user.
 *
 * @throws StartRefusal for a URL with a user, and for a CA file that can't be read. Never quotes the URL.
 */
export function placeOf(setting: string, target: NonNullable<Configuration['database']>): DatabasePlace {
  if (target.user !== null && setting === 'DATABASE_URL') {
    throw new StartRefusal(
      setting,
      'names a user; leave it out: each process connects as its own role, made by holdfast migrate',
    )
  }
  const { host, port, database, tls } = target
  if (tls === null) return { host, port, database, tls: null }
  return { host, port, database, tls: tls.caFile === undefined ? {} : { ca: readCertificate(setting, tls.caFile) } }
}

function readCertificate(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new StartRefusal(setting, `names a CA file that can not be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
