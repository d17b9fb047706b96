import type { Moment } from '../../../kernel/time.ts'

/** The flows in which somebody could guess or ask who has an account. */
export type GuardedFlow = 'sign-in' | 'second-factor' | 'step-up' | 'sign-up' | 'reset' | 'sign-in-link'

/** One try, before anything about the account is looked up. */
export interface Attempt {
  readonly flow: GuardedFlow
  /** What the visitor typed (the address, normalised) or the account's id where it is known; only ever kept as a keyed hash. */
  readonly subject: string
  /** Client address, as configured proxies and the socket tell it. */
  readonly address: string
  /** Value of the cookie of known devices, where one came. */
  readonly device: string | undefined
  /** A solved proof of work, where one came. */
  readonly challenge: string | undefined
  readonly requestId: string
}

/** A try that was let through. */
export interface Admitted {
  readonly attempt: Attempt
  /** The account signs in with its password no more until it is reset: the comparison is made all the same, and must fail. */
  readonly passwordLocked: boolean
  /** Presented a device that is known for the account. */
  readonly knownDevice: boolean
}

/**
 * Counts tries, slows them down and asks for work. Everything it answers depends on what was typed and from where, never
 * on whether there is such an account.
 */
export interface Guessing {
  /** @throws Refusal `too-many-attempts` with `Retry-After`, `challenge-required`. Reserves the try: side by side, no more than the budget pass. */
  admit(attempt: Attempt): Promise<Admitted>
  failed(admitted: Admitted): Promise<void>
  /** @returns header fields of the reply: the cookie of the known device. */
  succeeded(admitted: Admitted, accountId: string): Promise<Readonly<Record<string, string | readonly string[]>>>
  /** A password was reset by who receives mail at the address, or changed by who knew it: it counts from nothing again. */
  forget(subject: string): Promise<void>
  /** A fresh proof-of-work challenge, and until when it is good. */
  challenge(): { readonly challenge: unknown; readonly expiresAt: Moment }
  /** Removes what no longer counts. */
  sweep(): Promise<number>
}
