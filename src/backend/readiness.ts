import type { BackendParts } from './parts.ts'

/**
 * Whether the backend can do its work: both ways to the database answer. Asked once a second at most, however many ask,
 * so that health checks are no load.
 */
export function readiness({
  runtime,
  accounts,
  clock,
}: Pick<BackendParts, 'runtime' | 'accounts' | 'clock'>): () => Promise<boolean> {
  let asked = Number.NEGATIVE_INFINITY
  let answer: Promise<boolean> = Promise.resolve(false)
  return () => {
    const now = clock.now()
    if (Math.abs(now - asked) >= KEEPS_MS) {
      asked = now
      answer = Promise.all([runtime.healthy(TIMEOUT_MS), accounts.healthy(TIMEOUT_MS)]).then((all) =>
        all.every(Boolean),
      )
    }
    return answer
  }
}

const KEEPS_MS = 1000
const TIMEOUT_MS = 1000
