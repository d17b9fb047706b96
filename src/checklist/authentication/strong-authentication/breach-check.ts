import { after, type Moment, minutes } from '../../../kernel/time.ts'
import { keyOf } from './filter-key.ts'
import type { PasswordProblem } from './rules.ts'
import type { Parts } from './strong-authentication.ts'

/** A hash in two: what an outside service is told, and what is compared here. */
export interface ToldHash {
  readonly told: string
  readonly kept: string
}

/** Of 40 digits five are told: each such range is of thousands of known passwords and of uncountably many others. */
export const toldOf = (hash: string): ToldHash => ({ told: hash.slice(0, 5), kept: hash.slice(5) })

/**
 * Asks the breach service, where there is one. The filter has decided before; the service can only add a refusal, and its silence
 * none: that is an event, once a minute at most.
 */
export function createBreachCheck({
  breaches,
  toldOf,
  events,
  clock,
}: Pick<Parts, 'breaches' | 'toldOf' | 'events' | 'clock'>): (password: string) => Promise<PasswordProblem | null> {
  let saidAt: Moment | undefined
  return async (password) => {
    if (breaches === undefined) return null
    const { told, kept } = toldOf(keyOf(password).toString('hex').toUpperCase())
    try {
      const lines = await breaches.range(told)
      const found = lines.find((line) => line.slice(0, kept.length + 1).toUpperCase() === `${kept}:`)
      return Number(found?.slice(kept.length + 1) ?? 0) > 0 ? BREACHED : null
    } catch {
      const now = clock.now()
      if (saidAt === undefined || now >= after(saidAt, PAUSE)) {
        saidAt = now
        events.report({ name: 'sys_error', result: 'failure', fields: { problem: 'breach-service-unavailable' } })
      }
      return null
    }
  }
}

const BREACHED: PasswordProblem = {
  code: 'breached',
  message: 'This is known from a breach of another service; choose something else',
}
const PAUSE = minutes(1)
