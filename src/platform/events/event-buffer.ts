import type { Moment } from '../../kernel/time.ts'
import type { StagedRow } from './staged-row.ts'

/**
 * Events on their way to the database, bounded. Refusals fold: the first of identical ones goes at once, those that follow
 * within a second become one row that counts them. When it is full, events fold by name alone: their details are lost, their
 * number is not.
 */
export class EventBuffer {
  readonly #limit: number
  readonly #onCoarse: () => void
  /** To be written, oldest first. */
  readonly #rows: StagedRow[] = []
  /** Refusals of the last second, oldest first. */
  readonly #windows = new Map<string, Window>()
  /** By name and result; at most as many as there are names. */
  readonly #coarse = new Map<string, StagedRow>()

  /**
   * @param limit - rows and windows together.
   * @param onCoarse - told for each event whose details are given up.
   */
  constructor(limit: number, onCoarse: () => void) {
    this.#limit = limit
    this.#onCoarse = onCoarse
  }

  /** Rows that can be written now. */
  get ready(): number {
    return this.#rows.length
  }

  /** Whether something waits for its second to end, or for room. */
  get waiting(): boolean {
    return this.#windows.size > 0 || this.#coarse.size > 0
  }

  add(row: StagedRow, now: Moment): void {
    const key = row.result === 'failure' ? keyOf(row) : null
    const open = key === null ? undefined : this.#windows.get(key)
    if (open !== undefined && now < open.until && now >= open.until - WINDOW_MS) {
      if (open.repeats === null) open.repeats = row
      else open.repeats.count++
    } else if (this.#rows.length + this.#windows.size >= this.#limit) {
      this.#foldByName(row)
    } else {
      if (open?.repeats) this.#rows.push(open.repeats)
      this.#rows.push(row)
      if (key !== null) {
        this.#windows.delete(key)
        this.#windows.set(key, { until: now + WINDOW_MS, repeats: null })
      }
    }
  }

  /** Makes rows of what has waited long enough; with `all`, of everything. */
  settle(now: Moment, all = false): void {
    for (const [key, { until, repeats }] of this.#windows) {
      if (!all && now < until && now >= until - WINDOW_MS) break
      this.#windows.delete(key)
      if (repeats !== null) this.#rows.push(repeats)
    }
    if (this.#coarse.size > 0 && (all || this.#rows.length < this.#limit / 2)) {
      this.#rows.push(...this.#coarse.values())
      this.#coarse.clear()
    }
  }

  /** The oldest rows. They stay until {@link written}. */
  peek(count: number): readonly StagedRow[] {
    return this.#rows.slice(0, count)
  }

  written(count: number): void {
    this.#rows.splice(0, count)
  }

  /** How many events it holds, counts included. */
  get events(): number {
    let events = 0
    for (const { count } of this.#rows) events += count
    for (const { repeats } of this.#windows.values()) events += repeats?.count ?? 0
    for (const { count } of this.#coarse.values()) events += count
    return events
  }

  #foldByName(row: StagedRow): void {
    this.#onCoarse()
    const key = `${row.name} ${row.result}`
    const folded = this.#coarse.get(key)
    if (folded !== undefined) folded.count++
    else {
      this.#coarse.set(key, {
        ...row,
        account_id: null,
        session_id: null,
        tenant_id: null,
        object: null,
        address: null,
        request_id: null,
        fields: { folded: 'by name' },
      })
    }
  }
}

interface Window {
  readonly until: Moment
  /** Counts all that came after the first. */
  repeats: StagedRow | null
}

const keyOf = ({ name, account_id, address, object, fields }: StagedRow): string =>
  JSON.stringify([name, account_id, address, object, fields])

const WINDOW_MS = 1_000
