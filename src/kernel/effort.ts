/**
 * How often things are tried of which more tries show more, by name: in `check`, which is run many times a day, and in `torture`,
 * which may take hours.
 */
export const COUNTS = {
  /** Rounds of twenty interleaved tries of each kind, whose times are compared: 200 and 5,000 of each. */
  'timed-rounds': { check: 10, torture: 250 },
  /** Requests with generated input. */
  'fuzzed-requests': { check: 600, torture: 200_000 },
} as const satisfies Readonly<Record<string, { readonly check: number; readonly torture: number }>>

export type CountName = keyof typeof COUNTS

/** How hard a claim is to try. */
export interface Effort {
  /** How often, at least 1. */
  times(name: CountName): number
  /** 32 bits from which generated input follows: the same seed gives the same input. */
  readonly seed: number
  /** True once time is up: what goes on as long as it may ends with what it has. */
  readonly over: () => boolean
}

/** As much as `check` tries. */
export const checkEffort = (seed: number): Effort => ({
  times: (name) => COUNTS[name].check,
  seed,
  over: () => false,
})

/**
 * As much as `torture` tries.
 *
 * @param scale - of the long counts; 1 is all of them.
 * @param over - whether time is up.
 */
export const tortureEffort = (seed: number, scale: number, over: () => boolean): Effort => ({
  times: (name) => Math.max(1, Math.round(COUNTS[name].torture * scale)),
  seed,
  over,
})
