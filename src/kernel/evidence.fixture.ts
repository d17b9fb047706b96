import type { Evidence } from './claim.ts'
import type { ProbeContext } from './vantage.ts'

/** Takes down all that a claim records, in its order. */
export function keepEvidence(): Pick<ProbeContext, 'record' | 'expect'> & { readonly evidence: readonly Evidence[] } {
  const evidence: Evidence[] = []
  const record = (one: Evidence): void => void evidence.push(one)
  return {
    evidence,
    record,
    expect(side, tried, saw, expected) {
      record({ side, tried, saw: String(saw), expected: String(expected), ok: saw === expected })
      return saw === expected
    },
  }
}
