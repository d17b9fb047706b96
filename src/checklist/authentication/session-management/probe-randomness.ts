/** One property of a set of tokens that random ones have. */
export interface Finding {
  readonly tried: string
  readonly saw: string
  readonly expected: string
  readonly ok: boolean
}

/**
 * Looks at tokens as a guesser would. Bounds are six standard deviations wide, so that random tokens fail less than once
 * in a million runs; a counter, a clock, a weak generator or a short token is far outside.
 */
export function judgeTokens(tokens: readonly string[]): readonly Finding[] {
  const bytes = tokens.map((token) => Buffer.from(token, HEX.test(token) ? 'hex' : 'base64url'))
  const shortest = Math.min(...tokens.map(capacity))
  const bits = Math.min(...bytes.map((one) => one.length)) * 8
  const deviation = Math.sqrt(bits) / 2
  const columns = columnCounts(bytes, bits)
  const lean = Math.max(...columns.map((ones) => Math.abs(ones - tokens.length / 2)))
  const widest = 6 * (Math.sqrt(tokens.length) / 2)
  const ones = columns.reduce((sum, count) => sum + count, 0)
  const expectedOnes = (bits * tokens.length) / 2
  const onesBound = 6 * (Math.sqrt(bits * tokens.length) / 2)
  const closest = closestPair(bytes, bits)
  const nearest = Math.floor(bits / 2 - 7 * deviation)
  return [
    {
      tried: 'bits that the shortest token can carry',
      saw: `${shortest}`,
      expected: 'at least 128',
      ok: shortest >= 128,
    },
    {
      tried: `tokens that occur twice among ${tokens.length}`,
      saw: `${tokens.length - new Set(tokens).size}`,
      expected: '0',
      ok: new Set(tokens).size === tokens.length,
    },
    {
      tried: 'the longest beginning that two tokens share',
      saw: `${sharedPrefix(tokens)} characters`,
      expected: 'at most 6: what 256 random tokens may share',
      ok: sharedPrefix(tokens) <= 6,
    },
    {
      tried: 'how far the most leaning bit is from half',
      saw: lean.toFixed(0),
      expected: `at most ${widest.toFixed(0)} of ${tokens.length}`,
      ok: lean <= widest,
    },
    {
      tried: 'ones among all bits',
      saw: `${ones}`,
      expected: `${expectedOnes} ± ${onesBound.toFixed(0)}`,
      ok: Math.abs(ones - expectedOnes) <= onesBound,
    },
    {
      tried: 'bits in which the two most alike tokens differ',
      saw: `${closest}`,
      expected: `at least ${nearest} of ${bits}`,
      ok: closest >= nearest,
    },
  ]
}

/** Bits a token can carry at most, by its alphabet. */
function capacity(token: string): number {
  const perCharacter = /^\d+$/.test(token) ? Math.log2(10) : HEX.test(token) ? 4 : 6
  return Math.floor(token.length * perCharacter)
}

function columnCounts(bytes: readonly Buffer[], bits: number): readonly number[] {
  const counts = new Array<number>(bits).fill(0)
  for (const one of bytes) {
    for (let bit = 0; bit < bits; bit++) {
      if (((one[bit >> 3] ?? 0) >> (bit & 7)) & 1) counts[bit] = (counts[bit] ?? 0) + 1
    }
  }
  return counts
}

function closestPair(bytes: readonly Buffer[], bits: number): number {
  let closest = bits
  for (const [at, one] of bytes.entries()) {
    for (const other of bytes.slice(at + 1)) {
      let differing = 0
      for (let index = 0; index < bits >> 3; index++)
        differing += BITS_SET[(one[index] ?? 0) ^ (other[index] ?? 0)] ?? 0
      closest = Math.min(closest, differing)
    }
  }
  return closest
}

/** Neighbours in sorted order share the longest beginnings. */
function sharedPrefix(tokens: readonly string[]): number {
  const sorted = [...tokens].sort()
  let longest = 0
  for (const [at, token] of sorted.entries()) {
    const next = sorted[at + 1] ?? ''
    let length = 0
    while (length < token.length && token[length] === next[length]) length++
    longest = Math.max(longest, length)
  }
  return longest
}

const HEX = /^[0-9a-f]+$/i
const BITS_SET: readonly number[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(2).replaceAll('0', '').length,
)
