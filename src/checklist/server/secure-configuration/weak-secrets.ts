/** Judges secrets that people may have made up. Says what is wrong, never what it saw. */

/** Why a password for the database is weak; null when nothing shows. */
export function weakPassword(password: string, ...names: readonly (string | null)[]): string | null {
  const plain = password.toLowerCase()
  if (COMMON.has(plain)) return 'is a default or common password'
  if (names.some((name) => name !== null && name.length > 0 && plain === name.toLowerCase())) return 'repeats a name'
  if (password.length < 12) return 'has fewer than 12 characters'
  if (new Set(password).size < 8) return 'has fewer than 8 different characters'
  if ([...COMMON].some((word) => word.length >= 6 && plain.includes(word) && plain.length < word.length + 8)) {
    return 'is little more than a common password'
  }
  return null
}

/** Why the bytes of a key are weak; null when nothing shows. */
export function weakKey(key: Buffer): string | null {
  if (key.length < 32) return 'has fewer than 32 bytes'
  // Of 32 random bytes about 30 differ; 16 or fewer happens once in 10^15.
  if (new Set(key).size <= 16) return 'has too few different bytes to be random'
  // All printable by chance: once in 10^13.
  if (key.every((byte) => byte >= 9 && byte <= 126)) return 'is text that somebody wrote'
  const steps = new Set(key.subarray(1).map((byte, index) => (byte - (key[index] ?? 0)) & 0xff))
  if (steps.size <= 2) return 'counts up or down'
  return null
}

/** Names that are administrators wherever PostgreSQL runs. */
export const ADMINISTRATORS: ReadonlySet<string> = new Set([
  'postgres',
  'dba',
  'root',
  'admin',
  'administrator',
  'superuser',
  'sa',
  'rdsadmin',
  'rds_superuser',
  'azure_pg_admin',
  'cloudsqladmin',
])

/** What installations ship with, and what people type when they are asked. */
export const COMMON: ReadonlySet<string> = new Set([
  ...['postgres', 'postgresql', 'password', 'passwort', 'password1', 'password123', 'passw0rd', 'p@ssw0rd', 'pass'],
  ...['admin', 'administrator', 'admin123', 'root', 'toor', 'sa', 'dba', 'test', 'test123', 'guest', 'user', 'demo'],
  ...[
    'secret',
    'changeme',
    'change-me',
    'change_me',
    'changeit',
    'default',
    'example',
    'letmein',
    'welcome',
    'welcome1',
  ],
  ...['qwerty', 'qwerty123', 'abc123', 'iloveyou', 'monkey', 'dragon', 'master', 'hunter2', 'docker', 'holdfast'],
  ...['123', '1234', '12345', '123456', '1234567', '12345678', '123456789', '1234567890', '111111', '000000'],
  ...['supersecret', 'mysecretpassword', 'yourpassword', 'your-password', 'dev', 'development', 'local', 'none', ''],
])
