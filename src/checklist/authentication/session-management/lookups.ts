import { Refusal } from '../../../kernel/refusal.ts'

/**
 * Brings lookups together: what is asked for while a query runs goes with the next one, and who asks for the same key waits
 * for the same answer. However many unknown tokens arrive, the database sees {@link RUNNING} queries at a time.
 *
 * @param load - answers for many keys; a key that is missing in its answer leads nowhere.
 */
export class Lookups<T> {
  readonly #load: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>
  /** Keys that wait, and those being asked for by a query that began after the last {@link Lookups.restart}. */
  #waiting = new Map<string, PromiseWithResolvers<T | undefined>>()
  #joinable = new Map<string, Promise<T | undefined>>()
  #running = 0

  constructor(load: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>) {
    this.#load = load
  }

  /** @throws {@link Refusal} `overloaded` when too many wait, or what `load` threw. */
  find(key: string): Promise<T | undefined> {
    const same = this.#joinable.get(key)
    if (same !== undefined) return same
    if (this.#waiting.size >= MAX_WAITING)
      return Promise.reject(new Refusal('overloaded', undefined, { retryAfterSeconds: 1 }))
    const answer = Promise.withResolvers<T | undefined>()
    this.#waiting.set(key, answer)
    this.#joinable.set(key, answer.promise)
    this.#next()
    return answer.promise
  }

  /**
   * What was asked before this moment may be out of date: nobody joins it any more. Who already waits is answered by a query
   * that may have begun earlier, which is right for a request that did.
   */
  restart(): void {
    this.#joinable = new Map([...this.#waiting].map(([key, answer]) => [key, answer.promise]))
  }

  #next(): void {
    if (this.#running >= RUNNING || this.#waiting.size === 0) return
    const batch = new Map([...this.#waiting].slice(0, BATCH))
    for (const key of batch.keys()) this.#waiting.delete(key)
    this.#running++
    this.#load([...batch.keys()])
      .then(
        (found) => {
          for (const [key, answer] of batch) answer.resolve(found.get(key))
        },
        (error: unknown) => {
          for (const answer of batch.values()) answer.reject(error)
        },
      )
      .finally(() => {
        for (const [key, answer] of batch) {
          if (this.#joinable.get(key) === answer.promise) this.#joinable.delete(key)
        }
        this.#running--
        this.#next()
      })
  }
}

/** Queries at a time. */
const RUNNING = 2
/** Keys in one query. */
const BATCH = 200
/** Keys that may wait; more is a flood, and is told so. */
const MAX_WAITING = 2_000
