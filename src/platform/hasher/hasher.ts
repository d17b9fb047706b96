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
 * `who` is who asks, any text: those who wait get their turns fairly, each asker one after the other, so that whoever asks for much
 * waits for it alone. All who have none count as one. It says where a request comes from, and nothing about whose password it is.
 *
 * Both throw {@link import('../../kernel/refusal.ts').Refusal} `overloaded` (with `Retry-After`) where the queue is full and no asker
 * has more in it, the wait too long or the hasher lost; `input-invalid` for text that is not well-formed or beyond 4 KiB; `unexpected` where
 * what is stored can't be used.
 */
export interface Hasher {
  hash(password: Secret, parameters?: HashParameters, who?: string): Promise<PasswordHash>
  /** `stale`: the hash is weaker than asked for, or its pepper is not the newest; `ok` says nothing about it. */
  verify(
    password: Secret,
    phc: string,
    pepperVersion: number,
    who?: string,
  ): Promise<{ readonly ok: boolean; readonly stale: null | 'parameters' | 'pepper' }>
  /**
   * Before work is done for a request that could not be hashed. That there is room now does not keep it.
   *
   * @throws Refusal `overloaded` where this asker's request would find no place in the queue, or the hasher is lost.
   */
  expectRoom(who?: string): void
  /** How many requests are worked on and how many wait, for metrics. */
  load(): { readonly running: number; readonly waiting: number }
  /** Closes the pipe; what waits is refused as `overloaded`. */
  close(): void
}
