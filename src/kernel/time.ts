declare const unit: unique symbol

/** A length of time in seconds; a bare number, or milliseconds, does not fit. */
export type Seconds = number & { readonly [unit]: 'seconds' }

/** A moment: milliseconds since 1970-01-01T00:00:00Z. */
export type Moment = number

/** Where every part of Holdfast reads the time, so that expiry is tested without waiting. */
export interface Clock {
  /** Now, in milliseconds since 1970. */
  now(): Moment
}

export const systemClock: Clock = { now: () => Date.now() }

export const seconds = (count: number): Seconds => count as Seconds
export const minutes = (count: number): Seconds => (count * 60) as Seconds
export const hours = (count: number): Seconds => (count * 3600) as Seconds
export const days = (count: number): Seconds => (count * 86_400) as Seconds

/** The moment `length` after `from`. */
export const after = (from: Moment, length: Seconds): Moment => from + length * 1000
