import type { Principal } from '../../../kernel/principal.ts'
import type { Moment } from '../../../kernel/time.ts'
import type { Use } from './uses.ts'

/** A session as it was found in the database, ready to be used again without asking. */
export interface CacheEntry {
  /** Hash of its token. */
  readonly key: string
  readonly principal: Principal
  /** {@link Channel.upSince} when its row was asked for; `null`: the channel was down. */
  readonly loadedWhile: number | null
  /** From this moment on it must be asked for again. */
  readonly until: Moment
  readonly use: Use
  /** Set at each hit, cleared when eviction passes it by. */
  touched: boolean
}

/**
 * Sessions by the hash of their token, bounded. When full, the oldest that was not used since eviction last came by goes
 * (second chance): a hit costs one lookup and no reordering.
 */
export class SessionCache {
  readonly #capacity: number
  readonly #entries = new Map<string, CacheEntry>()
  readonly #byAccount = new Map<string, Set<CacheEntry>>()
  /** By session; kept when entries are forgotten, so that what is looked up anew is not taken for unused. */
  readonly #uses = new Map<string, Use>()

  /** @param capacity - most entries at a time, above 0. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): CacheEntry | undefined {
    return this.#entries.get(key)
  }

  /** The last use of a session on this node that is known, written back or not. */
  useOf(sessionId: string): Use | undefined {
    return this.#uses.get(sessionId)
  }

  put(entry: CacheEntry): void {
    this.noteUse(entry.use)
    this.remove(entry.key)
    while (this.#entries.size >= this.#capacity) this.#evictOne()
    this.#entries.set(entry.key, entry)
    const account = entry.principal.accountId
    const siblings = this.#byAccount.get(account)
    if (siblings === undefined) this.#byAccount.set(account, new Set([entry]))
    else siblings.add(entry)
  }

  /** Keeps the use of a session that was found and is not kept itself. */
  noteUse(use: Use): void {
    this.#uses.delete(use.sessionId)
    if (this.#uses.size >= this.#capacity) {
      for (const oldest of this.#uses.keys()) {
        this.#uses.delete(oldest)
        break
      }
    }
    this.#uses.set(use.sessionId, use)
  }

  remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    const siblings = this.#byAccount.get(entry.principal.accountId)
    siblings?.delete(entry)
    if (siblings?.size === 0) this.#byAccount.delete(entry.principal.accountId)
  }

  removeAccount(accountId: string): void {
    for (const entry of this.#byAccount.get(accountId) ?? []) this.#entries.delete(entry.key)
    this.#byAccount.delete(accountId)
  }

  clear(): void {
    this.#entries.clear()
    this.#byAccount.clear()
  }

  #evictOne(): void {
    // Each pass clears a mark or removes an entry, so this ends after at most one round.
    for (const [key, entry] of this.#entries) {
      if (!entry.touched) {
        this.remove(key)
        return
      }
      entry.touched = false
      this.#entries.delete(key)
      this.#entries.set(key, entry)
    }
  }
}

/** Keys that lead nowhere, for a moment: repeats of a dead token don't reach the database. Bounded, oldest out first. */
export class Briefly<T> {
  readonly #capacity: number
  readonly #milliseconds: number
  readonly #entries = new Map<string, { readonly value: T; readonly until: Moment }>()

  constructor(capacity: number, milliseconds: number) {
    this.#capacity = capacity
    this.#milliseconds = milliseconds
  }

  get(key: string, now: Moment): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    // A clock that was set back must not keep it longer.
    if (now < entry.until && now >= entry.until - this.#milliseconds) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  put(key: string, value: T, now: Moment): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#capacity) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest)
        break
      }
    }
    this.#entries.set(key, { value, until: now + this.#milliseconds })
  }
}
