import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { Secret } from '../../kernel/secret.ts'

/**
 * What PostgreSQL stores of a password: `create role r login password '<this>'`. The password itself never crosses
 * SQL, a log or `pg_stat_statements`.
 *
 * @param password - printable ASCII, so that no SASLprep is needed; {@link generatePassword} gives such.
 * @throws TypeError for anything else: another form than the client's would silently never match.
 * @see RFC 5802 section 3, RFC 7677
 */
export function scramVerifier(password: Secret, iterations = 15_000, salt: Buffer = randomBytes(16)): string {
  const text = password.release()
  if (!/^[\x20-\x7e]+$/.test(text)) throw new TypeError('a database password must be printable ASCII')
  const salted = pbkdf2Sync(text, salt, iterations, 32, 'sha256')
  const keyed = (label: string): Buffer => createHmac('sha256', salted).update(label).digest()
  const stored = createHash('sha256').update(keyed('Client Key')).digest()
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored.toString('base64')}:${keyed('Server Key').toString('base64')}`
}

/** A new password of 192 random bits, safe in an URL. A verifier allows guessing off line, so guessing must be hopeless. */
export const generatePassword = (): Secret => new Secret(randomBytes(24).toString('base64url'))
