import type { Secret } from '../../kernel/secret.ts'

/** What one hash costs. Parallelism is always 1. */
export interface HashParameters {
  /** Memory in KiB. */
  readonly memoryKiB: number
  /** Passes over that memory. */
  readonly passes: number
}

/** The floor of OWASP's Password Storage Cheat Sheet for argon2id: 19 MiB, two passes. */
export const DEFAULT_PARAMETERS: HashParameters = Object.freeze({ memoryKiB: 19_456, passes: 2 })

/** A hash as it is stored. */
export interface PasswordHash {
  /** `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>` over the peppered password. */
  readonly phc: string
  /** Which pepper key went into it. */
  readonly pepperVersion: number
}

/**
 * Hashes and verifies passwords. Passwords are normalised (NFC) first.
 *
 * Both throw {@link import('../../kernel/refusal.ts').Refusal} `overloaded` (with `Retry-After`) where the queue is full, the
 * wait too long or the hasher lost; `input-invalid` for text that is not well-formed or beyond 4 KiB; `unexpected` where
 * what is stored can't be used.
 */
export interface Hasher {
  hash(password: Secret, parameters?: HashParameters): Promise<PasswordHash>
  /** `stale`: the hash is weaker than asked for, or its pepper is not the newest; `ok` says nothing about it. */
  verify(
    password: Secret,
    phc: string,
    pepperVersion: number,
  ): Promise<{ readonly ok: boolean; readonly stale: null | 'parameters' | 'pepper' }>
  /**
   * Before work is done for a request that could not be hashed. That there is room now does not keep it.
   *
   * @throws Refusal `overloaded` where the queue is full or the hasher lost.
   */
  expectRoom(): void
  /** How many requests are worked on and how many wait, for metrics. */
  load(): { readonly running: number; readonly waiting: number }
  /** Closes the pipe; what waits is refused as `overloaded`. */
  close(): void
}
