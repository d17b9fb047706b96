import { setTimeout as sleep } from 'node:timers/promises'
import type { SecurityEvent } from '../../kernel/event.ts'
import { uuidv7 } from '../../kernel/id.ts'
import { NOBODY } from '../../kernel/principal.ts'
import { Refusal } from '../../kernel/refusal.ts'
import type { Clock } from '../../kernel/time.ts'
import type { Database, Statement } from '../database/database.ts'
import { runStatement } from '../database/run-statement.ts'
import { EventBuffer } from './event-buffer.ts'
import type { Events } from './events.ts'
import { type StagedRow, stagedRow } from './staged-row.ts'

export interface EventsOptions {
  /** A way of its own to the database, as a role that may insert into `holdfast.event_staging`. Closed by who opened it. */
  // biome-ignore lint/suspicious/noExplicitAny: the staging table is written by plain SQL
  readonly database: Database<any>
  readonly clock: Clock
  /** For the events' ids: `crypto.randomBytes`. */
  readonly random: (bytes: number) => Uint8Array
  /** Told when something was given up, at most once a batch for each reason. */
  readonly onLoss: (loss: EventLoss) => void
  /** Rows kept while the database is away. Default 10,000. */
  readonly limit?: number
}

export interface EventLoss {
  /** `details`: folded by name, still counted. `refused`: the database does not take them. `closed`: not written in time at the end. */
  readonly reason: 'details' | 'refused' | 'closed'
  readonly events: number
}

/** Writes security events to the staging table: see {@link Events}. */
export function createEvents(options: EventsOptions): Events {
  return new StagingEvents(options)
}

class StagingEvents implements Events {
  readonly #options: EventsOptions
  readonly #buffer: EventBuffer
  readonly #lost = new Map<EventLoss['reason'], number>()
  #timer: NodeJS.Timeout | undefined
  #writing = false
  #wait = 0
  #closed = false
  #tail: Promise<unknown> = Promise.resolve()

  constructor(options: EventsOptions) {
    this.#options = options
    this.#buffer = new EventBuffer(options.limit ?? 10_000, () => this.#lose('details', 1))
  }

  async stage(tx: Parameters<Events['stage']>[0], event: SecurityEvent): Promise<void> {
    await runStatement(tx, insertion([this.#row(event)]))
  }

  report(event: SecurityEvent): void {
    if (this.#closed) {
      this.#lose('closed', 1)
      return
    }
    this.#buffer.add(this.#row(event), this.#options.clock.now())
    if (this.#buffer.ready >= FULL_BATCH && this.#wait === 0) this.#schedule(0)
    else this.#schedule(BATCH_EVERY_MS)
  }

  async flush(): Promise<void> {
    await this.#inTurn(async () => {
      this.#buffer.settle(this.#options.clock.now(), true)
      await this.#writeAll()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    const latest = performance.now() + CLOSE_WITHIN_MS
    for (;;) {
      try {
        await this.flush()
        return
      } catch {
        if (performance.now() > latest) break
        await sleep(100)
      }
    }
    this.#lose('closed', this.#buffer.events)
  }

  #row(event: SecurityEvent): StagedRow {
    const now = this.#options.clock.now()
    return stagedRow(event, uuidv7(now, this.#options.random), now)
  }

  /** One timer at a time; a nearer one replaces it only when the batch is full. */
  #schedule(delay: number): void {
    if (this.#writing || this.#closed) return
    if (this.#timer !== undefined) {
      if (delay > 0) return
      clearTimeout(this.#timer)
    }
    this.#timer = setTimeout(() => this.#tick(), Math.max(delay, this.#wait))
  }

  #tick(): void {
    this.#timer = undefined
    this.#writing = true
    this.#inTurn(async () => {
      this.#buffer.settle(this.#options.clock.now())
      await this.#writeAll()
    })
      .then(
        () => {
          this.#wait = 0
        },
        () => {
          this.#wait = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, this.#wait * 2))
        },
      )
      .finally(() => {
        this.#writing = false
        if (this.#buffer.ready > 0) this.#schedule(BATCH_EVERY_MS)
        else if (this.#buffer.waiting) this.#schedule(SETTLE_EVERY_MS)
      })
  }

  /** Never two writers at a time, so that the rows' order holds. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#tail.then(work).finally(() => this.#tellLosses())
    this.#tail = turn.catch(() => {})
    return turn
  }

  async #writeAll(): Promise<void> {
    while (this.#buffer.ready > 0) {
      const batch = this.#buffer.peek(LARGEST_BATCH)
      await this.#write(batch)
      this.#buffer.written(batch.length)
    }
  }

  /** @throws Refusal when it should be tried again. Rows that can never be written are counted and left. */
  async #write(batch: readonly StagedRow[]): Promise<void> {
    try {
      await this.#options.database.batch(NOBODY, [insertion(batch)])
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'input-invalid')) throw error
      const [row] = batch
      if (batch.length === 1 && row !== undefined) {
        this.#lose('refused', row.count)
        return
      }
      // One of them does not fit: the others must not suffer for it. What was written already is passed over by its id.
      const half = Math.ceil(batch.length / 2)
      await this.#write(batch.slice(0, half))
      await this.#write(batch.slice(half))
    }
  }

  #lose(reason: EventLoss['reason'], events: number): void {
    this.#lost.set(reason, (this.#lost.get(reason) ?? 0) + events)
    if (this.#closed) this.#tellLosses()
  }

  #tellLosses(): void {
    for (const [reason, events] of this.#lost) this.#options.onLoss({ reason, events })
    this.#lost.clear()
  }
}

/** `on conflict` without a target: a batch that was written although its answer was lost is passed over when it is tried again. */
const insertion = (rows: readonly StagedRow[]): Statement => ({ sql: INSERT, parameters: [JSON.stringify(rows)] })

const INSERT = `insert into holdfast.event_staging
  (id, at, name, result, account_id, session_id, tenant_id, object, address, request_id, fields, count)
select id, at, name, result, account_id, session_id, tenant_id, object, address, request_id, fields, count
from jsonb_to_recordset($1::jsonb) as event (
  id uuid, at timestamptz, name text, result text, account_id uuid, session_id uuid, tenant_id uuid,
  object text, address text, request_id text, fields jsonb, count integer)
on conflict do nothing`

const BATCH_EVERY_MS = 20
const FULL_BATCH = 100
const LARGEST_BATCH = 500
const SETTLE_EVERY_MS = 250
const SHORTEST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2_000
const CLOSE_WITHIN_MS = 5_000
