/** Choices that follow from a seed alone. */
export interface Choices {
  /** From 0 to below `limit`. */
  below(limit: number): number
  /** @throws RangeError for an empty list. */
  of<T>(list: readonly T[]): T
  /** True once in so many times. */
  onceIn(times: number): boolean
}

/**
 * The choices of one case. Each case has its own, so that it can be repeated without those before it.
 *
 * @see M. E. O'Neill's hash-prospected mixer `lowbias32` for the seed, and Marsaglia's xorshift128 for what follows
 */
export function choicesOf(seed: number, index: number): Choices {
  let [a, b, c, d] = [mixed(seed), mixed(index + 0x9e37_79b9), mixed(seed ^ mixed(index)), 0x6d2b_79f5]
  const next = (): number => {
    const t = a ^ (a << 11)
    ;[a, b, c] = [b, c, d]
    d = (d ^ (d >>> 19) ^ t ^ (t >>> 8)) >>> 0
    return d
  }
  for (let i = 0; i < 8; i++) next()
  const below = (limit: number): number => next() % limit
  return {
    below,
    of: (list) => {
      if (list.length === 0) throw new RangeError('there is nothing to choose from')
      return list[below(list.length)] as (typeof list)[number]
    },
    onceIn: (times) => below(times) === 0,
  }
}

function mixed(value: number): number {
  let x = value >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb_352d)
  x = Math.imul(x ^ (x >>> 15), 0x846c_a68b)
  return (x ^ (x >>> 16)) >>> 0
}
