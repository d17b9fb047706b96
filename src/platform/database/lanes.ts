import type { ColumnTypes } from './column-types.ts'
import type { ConnectOptions } from './connect.ts'
import { DatabaseError, overloaded, unavailable } from './errors.ts'
import { KeptLane } from './kept-lane.ts'
import type { Lane } from './lane.ts'
import type { Unit } from './unit.ts'

export interface LanesOptions extends ConnectOptions {
  readonly types: ColumnTypes
  /** How many at most. The first is opened at once, the others when there is work for them. */
  readonly lanes: number
  /** Units that may wait for a place. */
  readonly queue: number
  /** Milliseconds that one may wait for a place. */
  readonly patience: number
}

/**
 * The lanes of one role. A unit goes where the fewest are in flight and nothing takes long; what finds no place waits in
 * a bounded queue for a bounded time. While no lane is up everything is refused at once.
 */
export class Lanes {
  readonly #options: LanesOptions
  readonly #kept: readonly KeptLane[]
  readonly #sweep: NodeJS.Timeout
  #queue: Waiting[] = []
  #cause: unknown = new DatabaseError({ code: '08003', message: 'not connected yet' })

  constructor(options: LanesOptions) {
    this.#options = options
    this.#kept = Array.from(
      { length: options.lanes },
      () =>
        new KeptLane({
          ...options,
          place: 'lane',
          onRoom: () => this.#advance(),
          onUp: () => this.#advance(),
          onDown: (cause) => this.#down(cause),
        }),
    )
    this.#sweep = setInterval(() => this.#refuseOld(), SWEEP_EVERY_MS)
    this.#sweep.unref()
  }

  get up(): boolean {
    return this.#kept.some(({ lane }) => lane !== null)
  }

  /** Why none is up. */
  get cause(): unknown {
    return this.#cause
  }

  get idle(): boolean {
    return this.#queue.length === 0 && this.#kept.every(({ lane }) => lane === null || lane.inFlight === 0)
  }

  /** @throws Refusal when the first connection can not be had. */
  async open(): Promise<void> {
    await this.#kept[0]?.start()
  }

  send(unit: Unit): void {
    const lane = this.#queue.length > 0 ? null : this.#pick()
    if (lane !== null) lane.send(unit)
    else this.#enqueue(unit)
  }

  /** Ends all connections; what is in flight is still answered when `now` is false. */
  async close(now: boolean): Promise<void> {
    clearInterval(this.#sweep)
    await Promise.all(
      this.#kept.map(async (kept) => {
        kept.stop()
        if (now) kept.lane?.destroy(this.#cause)
        await kept.lane?.close()
      }),
    )
  }

  /** The best lane with room, or `null`. */
  #pick(): Lane | null {
    let best: Lane | null = null
    let least = Number.POSITIVE_INFINITY
    for (const { lane } of this.#kept) {
      if (lane === null || lane.inFlight >= DEPTH) continue
      const cost = lane.inFlight === 0 ? 0 : lane.inFlight + (lane.stalled ? DEPTH : 0)
      if (cost < least) {
        best = lane
        least = cost
      }
    }
    if (least >= WORTH_ANOTHER) this.#openAnother()
    return best
  }

  #openAnother(): void {
    // A failure is told by onDown, and tried again.
    this.#kept
      .find(({ started }) => !started)
      ?.start()
      .catch(() => {})
  }

  #enqueue(unit: Unit): void {
    if (!this.up) unit.reject(unavailable(this.#cause))
    else if (this.#queue.length >= this.#options.queue) unit.reject(overloaded(undefined))
    else this.#queue.push({ unit, since: performance.now() })
  }

  #advance(): void {
    while (this.#queue.length > 0) {
      const lane = this.#pick()
      if (lane === null) return
      const first = this.#queue.shift()
      if (first !== undefined) lane.send(first.unit)
    }
  }

  #down(cause: unknown): void {
    this.#cause = cause
    if (this.up) return
    const waiting = this.#queue
    this.#queue = []
    for (const { unit } of waiting) unit.reject(unavailable(cause))
  }

  /** Nobody waits for ever for a place. */
  #refuseOld(): void {
    const latest = performance.now() - this.#options.patience
    const young = this.#queue.findIndex(({ since }) => since > latest)
    const old = this.#queue.splice(0, young === -1 ? this.#queue.length : young)
    for (const { unit } of old) unit.reject(overloaded(undefined))
  }
}

interface Waiting {
  readonly unit: Unit
  readonly since: number
}

/** In flight on one lane: enough to fill every write, few enough that not many stand behind a slow one. */
const DEPTH = 64
/** From so many in flight on the best lane on, one more is opened. */
const WORTH_ANOTHER = 8
const SWEEP_EVERY_MS = 250
