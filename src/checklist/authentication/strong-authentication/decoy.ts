import { randomBytes } from 'node:crypto'
import { Secret } from '../../../kernel/secret.ts'
import type { PasswordHash } from '../../../platform/hasher/index.ts'
import type { Parts } from './strong-authentication.ts'

/**
 * A hash of a password nobody knows, to compare with where there is no account: with the parameters and the pepper of real
 * ones, so that it costs the same. Made at once, not on first use, which would take twice as long and show.
 */
export function createDecoy({ hasher, parameters }: Pick<Parts, 'hasher' | 'parameters'>): () => Promise<PasswordHash> {
  const make = (): Promise<PasswordHash> => {
    const made = hasher.hash(new Secret(randomBytes(32).toString('base64')), parameters)
    made.catch(() => {
      // Too busy or lost: whoever needs it next tries again, and is told the reason.
      if (latest === made) latest = undefined
    })
    return made
  }
  let latest: Promise<PasswordHash> | undefined
  latest = make()
  return () => {
    latest ??= make()
    return latest
  }
}
