import type { Assurance } from '../../../kernel/principal.ts'
import type { Moment } from '../../../kernel/time.ts'

/** The last use of one session on this node, shared with its cache entry and changed in place at each request. */
export interface Use {
  readonly sessionId: string
  /** What is left of the assurance; written with the use, so that a fall stays. */
  readonly assurance: Assurance
  usedAt: Moment
  address: string
  device: string
  /** What the database has as last use. */
  writtenAt: Moment
  queued: boolean
}

/**
 * Collects uses for the database: each session at most once a minute, all in one statement, off the request's path. What a
 * crash loses is at most that minute, which can only end a session earlier.
 */
export class Uses {
  #queue = new Map<string, Use>()

  note(use: Use, now: Moment): void {
    if (use.queued || now - use.writtenAt < WRITE_EVERY || this.#queue.size >= CAPACITY) return
    use.queued = true
    // A session that was looked up anew meanwhile has a younger use, which takes the place of the older.
    this.#queue.set(use.sessionId, use)
  }

  /**
   * Hands what waits to `write`, in pieces. What can't be written is dropped: the next use of each session queues it again.
   */
  async flush(write: (uses: readonly Use[]) => Promise<void>): Promise<void> {
    const waiting = [...this.#queue.values()]
    this.#queue = new Map()
    for (const use of waiting) use.queued = false
    for (let from = 0; from < waiting.length; from += PIECE) {
      const piece = waiting.slice(from, from + PIECE)
      const upTo = piece.map((use) => use.usedAt)
      await write(piece)
      for (const [at, use] of piece.entries()) use.writtenAt = Math.max(use.writtenAt, upTo[at] ?? 0)
    }
  }
}

/** Milliseconds. */
const WRITE_EVERY = 60_000
/** Uses that may wait; far above what a tick of one second brings in. */
const CAPACITY = 50_000
/** Rows in one statement. */
const PIECE = 500
