import type { Clock, Moment } from '../../kernel/time.ts'

export interface ScheduleOptions {
  readonly clock: Clock
  /** The first moment after `from` at which it is due. */
  readonly next: (from: Moment) => Moment
  /** Told each moment it was due, in order; a failure is tried again at the next. Several workers may tell the same one. */
  readonly due: (moment: Moment) => Promise<void>
  readonly onError: (cause: unknown) => void
}

/** Calls `due` as time passes. What was due while nobody ran is not made up for. */
export function keepSchedule({ clock, next, due, onError }: ScheduleOptions): { stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let at = next(clock.now())
  const wait = (): void => {
    // In pieces, since a timer knows no leap of the clock, and none longer than 24 days.
    timer = setTimeout(tick, Math.min(Math.max(at - clock.now(), 0), LONGEST_WAIT_MS))
    timer.unref()
  }
  const tick = (): void => {
    const now = clock.now()
    if (now >= at) {
      const moment = at
      at = next(now)
      due(moment).catch(onError)
    }
    wait()
  }
  wait()
  return { stop: () => clearTimeout(timer) }
}

const LONGEST_WAIT_MS = 30_000
