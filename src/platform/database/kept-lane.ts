import { type ConnectOptions, connect } from './connect.ts'
import { Lane, type LaneOptions } from './lane.ts'

export interface KeptLaneOptions extends ConnectOptions, Omit<LaneOptions, 'stream' | 'onEnd'> {
  readonly onUp?: (lane: Lane) => void
  /** After an end, and after each attempt that failed. */
  readonly onDown?: (cause: unknown) => void
}

/** One lane that comes back by itself: at once after an end, then after 50 ms, doubling up to 2 s. */
export class KeptLane {
  readonly #options: KeptLaneOptions
  #lane: Lane | null = null
  #started = false
  #stopped = false
  #wait = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: KeptLaneOptions) {
    this.#options = options
  }

  /** The living lane, or `null` while there is none. */
  get lane(): Lane | null {
    return this.#lane
  }

  get started(): boolean {
    return this.#started
  }

  /**
   * Connects; resolves when it is up.
   *
   * @throws Refusal when the first attempt fails; further ones follow in the background until {@link stop}.
   */
  async start(): Promise<void> {
    this.#started = true
    try {
      await this.#connect()
    } catch (error) {
      this.#again(error)
      throw error
    }
  }

  /** No further attempts. The lane itself is left to who asks, to be closed or destroyed. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #connect(): Promise<void> {
    const stream = await connect(this.#options)
    if (this.#stopped) {
      stream.destroy()
      return
    }
    let ended = false
    const lane = await Lane.start({
      ...this.#options,
      stream,
      onEnd: (cause) => {
        ended = true
        if (this.#lane === null) return
        this.#lane = null
        this.#again(cause)
      },
    })
    if (ended) return
    if (this.#stopped) return lane.destroy(undefined)
    this.#lane = lane
    this.#wait = 0
    this.#options.onUp?.(lane)
  }

  #again(cause: unknown): void {
    this.#options.onDown?.(cause)
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#connect().catch((error: unknown) => this.#again(error))
    }, this.#wait)
    this.#wait = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, this.#wait * 2))
  }
}

const SHORTEST_WAIT_MS = 50
const LONGEST_WAIT_MS = 2_000
