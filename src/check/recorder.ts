import type { Evidence } from '../kernel/claim.ts'
import type { ProbeContext } from '../kernel/vantage.ts'

/** Takes down what a claim tries. Counts everything, keeps a bounded part of it. */
export interface Recorder extends Pick<ProbeContext, 'record' | 'expect'> {
  readonly counts: EvidenceCounts
  /** At most {@link KEPT} of the failed and of each side, failed ones first. */
  evidence(): readonly Evidence[]
  /** What is recorded from now on is dropped. */
  close(): void
  readonly closed: boolean
}

export interface EvidenceCounts {
  readonly positive: number
  readonly negative: number
  /** Of both sides, those that were not as expected. */
  readonly failed: number
}

export function openRecorder(): Recorder {
  const counts = { positive: 0, negative: 0, failed: 0 }
  const kept = { failed: [] as Evidence[], positive: [] as Evidence[], negative: [] as Evidence[] }
  let closed = false

  const record = (evidence: Evidence): void => {
    if (closed) return
    counts[evidence.side]++
    if (!evidence.ok) counts.failed++
    const list = evidence.ok ? kept[evidence.side] : kept.failed
    if (list.length >= KEPT) return
    const { side, ok } = evidence
    list.push({
      side,
      ok,
      tried: oneLine(evidence.tried),
      saw: oneLine(evidence.saw),
      expected: oneLine(evidence.expected),
    })
  }

  return {
    counts,
    record,
    expect(side, tried, saw, expected) {
      const ok = saw === expected
      record({ side, tried, saw: String(saw), expected: String(expected), ok })
      return ok
    },
    evidence: () => [...kept.failed, ...kept.positive, ...kept.negative],
    close: () => {
      closed = true
    },
    get closed() {
      return closed
    },
  }
}

/** One line of at most {@link LONGEST} characters, with control characters made visible, since replies may hold anything. */
export function oneLine(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text
  return cut
    .toWellFormed()
    .replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** Pieces of evidence of a claim that are kept per kind: a matrix records thousands, a reader reads a few. */
const KEPT = 50
const LONGEST = 400
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g
