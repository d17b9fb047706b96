import { Refusal } from '../../kernel/refusal.ts'
import { type Clock, systemClock } from '../../kernel/time.ts'
import { ColumnTypes } from './column-types.ts'
import type { Channel, Connection } from './database.ts'
import { DatabaseError, toRefusal, unavailable } from './errors.ts'
import { KeptLane } from './kept-lane.ts'
import type { Lane } from './lane.ts'

export interface ChannelOptions {
  readonly connection: Connection
  /** Lower-case letters, digits and `_`. */
  readonly channel: string
  /** Shown by PostgreSQL as application_name. Default `holdfast channel`. */
  readonly application?: string
  /** How often a sign of life is asked for, in milliseconds; a link that gave none by the next time is dead. Default 200. */
  readonly beatMs?: number
  /** What `upSince` is told in. Default the system's. */
  readonly clock?: Clock
  /** One notification, also our own. Called in order. */
  readonly onPayload: (payload: string) => void
  /** It listens. */
  readonly onUp?: () => void
  /** It does not: once for each time it was lost, and once when the first attempt fails. */
  readonly onDown?: (cause: unknown) => void
  /** It is back after a loss, before {@link onUp}: notifications may have passed unheard, so what relies on them is stale. */
  readonly onGap?: () => void
}

/**
 * Listens on a connection of its own, which comes back by itself. A dead link is noticed within 600 ms: every 200 ms the
 * server is asked for a sign of life, and given 350 ms to answer.
 */
export function openChannel(options: ChannelOptions): Channel {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(options.channel)) throw new TypeError('channel: a lower-case name')
  return new ListeningChannel(options)
}

class ListeningChannel implements Channel {
  readonly #options: ChannelOptions
  readonly #kept: KeptLane
  readonly #heart: NodeJS.Timeout
  #upSince: number | null = null
  /** `new`: neither was told yet. */
  #told: 'new' | 'up' | 'down' = 'new'
  #wasUp = false
  /** When the sign of life was asked for that has not come yet. */
  #asked: number | null = null

  constructor(options: ChannelOptions) {
    this.#options = options
    this.#kept = new KeptLane({
      connection: options.connection,
      application: options.application ?? 'holdfast channel',
      statementTimeout: STATEMENT_TIMEOUT_MS,
      types: new ColumnTypes(),
      place: 'channel',
      onNotification: (channel, payload) => {
        if (channel === options.channel) options.onPayload(payload)
      },
      onUp: (lane) => this.#listen(lane),
      onDown: (cause) => this.#down(cause),
    })
    this.#heart = setInterval(() => this.#beat(), options.beatMs ?? BEAT_MS)
    // A failure is told by onDown, and tried again.
    this.#kept.start().catch(() => {})
  }

  get up(): boolean {
    return this.#upSince !== null
  }

  get upSince(): number | null {
    return this.#upSince
  }

  async notify(payload: string): Promise<void> {
    if (Buffer.byteLength(payload) > LARGEST_PAYLOAD_BYTES)
      throw new Refusal('unexpected', undefined, { cause: TOO_LARGE })
    const { lane } = this.#kept
    if (lane === null) throw unavailable(undefined)
    try {
      await lane.run([], '', [{ sql: NOTIFY, values: [this.#options.channel, payload] }])
    } catch (error) {
      throw toRefusal(error)
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#heart)
    this.#upSince = null
    this.#told = 'down'
    this.#kept.stop()
    await this.#kept.lane?.close()
  }

  #listen(lane: Lane): void {
    this.#asked = null
    lane.run([], '', [{ sql: `listen "${this.#options.channel}"`, values: [] }]).then(
      () => {
        if (lane.ended || this.#kept.lane !== lane) return
        this.#upSince = (this.#options.clock ?? systemClock).now()
        if (this.#wasUp) this.#options.onGap?.()
        this.#wasUp = true
        this.#told = 'up'
        this.#options.onUp?.()
      },
      (error: unknown) => lane.destroy(error),
    )
  }

  #down(cause: unknown): void {
    this.#upSince = null
    if (this.#told === 'down') return
    this.#told = 'down'
    this.#options.onDown?.(cause)
  }

  #beat(): void {
    const { lane } = this.#kept
    if (lane === null) return
    const asked = this.#asked
    if (asked === null) {
      const now = performance.now()
      this.#asked = now
      const heard = (): void => {
        if (this.#asked === now) this.#asked = null
      }
      lane.run([], '', [{ sql: 'select 1', values: [] }]).then(heard, heard)
    } else if (performance.now() - asked > ANSWER_MS) {
      // When it was us who did not run, the answer lies in the socket and is read before this comes.
      setImmediate(() => {
        if (this.#asked === asked && this.#kept.lane === lane) lane.destroy(SILENT)
      })
    }
  }
}

const BEAT_MS = 200
const ANSWER_MS = 350
const STATEMENT_TIMEOUT_MS = 2_000
/** PostgreSQL's limit is 7,999. */
const LARGEST_PAYLOAD_BYTES = 7_900
const NOTIFY = 'select pg_catalog.pg_notify($1, $2)'
const TOO_LARGE = new RangeError(`a payload is at most ${LARGEST_PAYLOAD_BYTES} bytes`)
const SILENT = new DatabaseError({ code: '08006', message: 'no sign of life within 350 ms' })
