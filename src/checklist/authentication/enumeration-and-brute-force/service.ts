import { NOBODY } from '../../../kernel/principal.ts'
import type { Moment } from '../../../kernel/time.ts'
import { ALARM, KNOWS, LEVEL, RATIO, TALLY } from './attempt-queries.ts'
import { BUDGETS } from './budgets.ts'
import type { Parts } from './control.ts'
import { deviceHash, minuteKey, serviceKey } from './keys.ts'

/** What is counted over all: failures and successes of strangers, by the minute. */
export interface Service {
  /** Counts here; written by {@link Service.flush}, at the latest within half a second of the next try. */
  count(what: 'failure' | 'success'): void
  /** Writes what is counted and looks whether many accounts are being tried. Never two at a time. */
  flush(): Promise<void>
  /** How hard a proof of work is to be just now; 0 where none is asked for. */
  level(): Promise<number>
  /** Whether a token is that of a known device, of anybody. */
  knows(device: string | undefined): Promise<boolean>
}

/**
 * Stuffing (many accounts, few tries each) shows in no account's counter. It shows in the whole: failures over many
 * accounts, and few successes.
 */
export function createService({ accounts, sealer, clock, events }: Parts): Service {
  let failures = 0
  let successes = 0
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()
  let known = { level: 0, until: 0 }

  const write = async (): Promise<void> => {
    if (failures === 0 && successes === 0) return
    const [failed, succeeded] = [failures, successes]
    failures = 0
    successes = 0
    const now = clock.now()
    const [, seen] = await accounts
      .batch(NOBODY, [
        { sql: TALLY, parameters: [now, row('failures', now), failed, row('successes', now), succeeded] },
        { sql: RATIO, parameters: [now, window('failures', now), window('successes', now)] },
      ])
      .catch((error: unknown) => {
        failures += failed
        successes += succeeded
        throw error
      })
    const over = count(seen?.rows[0]?.failures)
    const right = count(seen?.rows[0]?.successes)
    const spread = count(seen?.rows[0]?.accounts)
    if (over < BUDGETS.stuffingFailures || spread < BUDGETS.stuffingAccounts || over < right * BUDGETS.stuffingRatio)
      return
    const [alarm] = await accounts.batch(NOBODY, [{ sql: ALARM, parameters: [now, serviceKey(sealer), over] }])
    if ((alarm?.rows.length ?? 0) > 0)
      events.report({ name: 'authn_stuffing_seen', result: 'failure', fields: { failures: over, accounts: spread } })
  }

  const row = (what: 'failures' | 'successes', at: Moment): Buffer => minuteKey(sealer, what, Math.floor(at / MINUTE))

  const window = (what: 'failures' | 'successes', now: Moment): readonly Buffer[] =>
    Array.from({ length: (BUDGETS.window * 1000) / MINUTE }, (_, back) => row(what, now - back * MINUTE))

  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    turn = turn.catch(() => undefined).then(write)
    return turn
  }

  return {
    count(what) {
      if (what === 'failure') failures += 1
      else successes += 1
      // What can't be written now is tried again with the next.
      timer ??= setTimeout(() => void flush().catch(() => undefined), WRITE_EVERY).unref()
    },
    flush,
    async level() {
      const now = clock.now()
      if (now >= known.until || known.until > now + LEVEL_FOR) {
        const [result] = await accounts.batch(NOBODY, [{ sql: LEVEL, parameters: [now, serviceKey(sealer)] }])
        const standing = count(result?.rows[0]?.failures ?? 0)
        // Twice the work for twice the failures.
        known = {
          level: standing === 0 ? 0 : 1 + Math.floor(Math.log2(Math.max(1, standing / BUDGETS.stuffingFailures))),
          until: now + LEVEL_FOR,
        }
      }
      return known.level
    },
    async knows(device) {
      const hash = deviceHash(device)
      if (hash === null) return false
      const [result] = await accounts.batch(NOBODY, [{ sql: KNOWS, parameters: [clock.now(), hash] }])
      return result?.rows.length === 1
    },
  }
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new TypeError('a tally lacks a number')
  return value
}

/** Milliseconds. */
const MINUTE = 60_000
const WRITE_EVERY = 500
const LEVEL_FOR = 1_000
