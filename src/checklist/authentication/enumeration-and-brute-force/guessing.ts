import type { ProofOfWork } from '../../../platform/challenge/index.ts'

/** The flows in which somebody could guess or ask who has an account. */
export type GuardedFlow = 'sign-in' | 'second-factor' | 'step-up' | 'sign-up' | 'reset' | 'sign-in-link'

/** One try, before anything about the account is looked up. */
export interface Attempt {
  readonly flow: GuardedFlow
  /**
   * What the visitor typed, the address normalised; in the flow `second-factor` the account's id. Only ever kept as a keyed
   * hash.
   */
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
  /** After so many failures nothing is right any more: the comparison is made all the same, and must fail. */
  readonly locked: boolean
  /** The device that was presented and is known for the account, as its hash in hex: a budget of its own. */
  readonly device: string | null
  /** How many failures there are with this one, where it is to be one. */
  readonly failures: number
}

/** Header fields of the reply. */
export type GuessingHeaders = Readonly<Record<string, string | readonly string[]>>

/**
 * Counts tries, slows them down and asks for work. Everything it answers depends on what was typed and from where, never
 * on whether there is such an account.
 */
export interface Guessing {
  /**
   * Reserves a try, in one round trip: it counts as failed until it is known to be none, so that side by side, on however
   * many nodes, no more than the budget pass.
   *
   * @throws Refusal `too-many-attempts` with `Retry-After`; `challenge-required`.
   */
  admit(attempt: Attempt): Promise<Admitted>
  /** It was wrong. @returns whether the account is locked by it: its owner should be told. */
  failed(admitted: Admitted): Promise<{ readonly lockedNow: boolean }>
  /** It came to no verdict, since something else went wrong: the try is given back. */
  released(admitted: Admitted): Promise<void>
  /** It was right. */
  succeeded(admitted: Admitted): Promise<void>
  /**
   * Somebody has signed in, in whichever way: their browser is known from now on. What it presents is kept only where it is this
   * account's own and of use; else it gets another token, so that nobody can be given one that somebody else knows.
   *
   * @param device - value of the cookie of known devices, where one came.
   * @returns the cookie.
   */
  remember(accountId: string, device: string | undefined): Promise<GuessingHeaders>
  /**
   * What is guessed at is another one now, or whose it is has shown who they are in a way that can't be guessed: what was counted
   * counts no more. Of a password the subject is what is typed at sign-in, of codes the account's id.
   */
  forget(what: 'password' | 'code', subject: string): Promise<void>
  /** The devices of an account are known no more. @param but - value of the cookie of one that stays known. */
  forgetDevices(accountId: string, but?: string): Promise<void>
  /**
   * A fresh proof-of-work challenge, as hard as the moment asks for; and whether it has to be solved just now.
   *
   * @param device - value of the cookie of known devices, where one came: from one of them nobody is asked. Default none.
   */
  challenge(device?: string): Promise<{ readonly asked: boolean; readonly challenge: ProofOfWork }>
  /** Removes what no longer counts. @returns how many rows. */
  sweep(): Promise<number>
  /** Writes what is counted over all and not yet written. */
  flush(): Promise<void>
}
