import type { Principal } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Moment, Seconds } from '../../../kernel/time.ts'
import { Briefly, type CacheEntry, SessionCache } from './cache.ts'
import { Lookups } from './lookups.ts'
import type { ResolvedOptions } from './options.ts'
import type { Sessions, SessionsOptions } from './sessions.ts'
import { expireSession, loadSessions, type SessionRecord } from './store.ts'

/** What a token leads to. */
export type Found =
  | {
      readonly kind: 'alive'
      readonly entry: CacheEntry
      /** The token was replaced: this field hands out the new one. */
      readonly setCookie?: string
    }
  | {
      readonly kind: 'dead'
      /** The session it once had. */
      readonly was: { readonly accountId: string; readonly sessionId: string } | null
      /** Whether the browser should drop it. Not after a rotation: the reply may overtake the one with the new token. */
      readonly drop: boolean
      /** When it ended before this request, rather than by it. */
      readonly usedAfterEnd: boolean
    }

export interface Finder {
  /** At once, where memory knows. `key` is the token's hash. */
  recall(key: string, now: Moment): CacheEntry | undefined
  /** From the database. Throws what the database throws. */
  find(key: string): Promise<Found>
  forget(accountId?: string): void
  /** What is known of the session of a principal that came from here. */
  limitsOf(principal: Principal): { readonly expiresAt: Moment; readonly idle: Seconds } | undefined
}

/** Finds the session of a token, in memory or in the database. */
export function createFinder(options: SessionsOptions & ResolvedOptions, self: () => Sessions): Finder {
  const { accounts, channel, clock, events } = options
  const cache = new SessionCache(options.cacheSize)
  const dead = new Briefly<Found>(NEGATIVES, NEGATIVE_MILLISECONDS)
  const limits = new WeakMap<Principal, { readonly expiresAt: Moment; readonly idle: Seconds }>()
  /** Counts what was forgotten: an answer from before may be out of date and is not kept. */
  let generation = 0

  const lookups = new Lookups<Found | Failed>(async (keys) => {
    // Both are read before the query: what is announced while it runs counts as after it.
    const loadedWhile = channel.upSince
    const asked = generation
    const records = await loadSessions(accounts, keys)
    const found = new Map<string, Found | Failed>()
    await Promise.all(
      [...records].map(async ([key, record]) => {
        found.set(
          key,
          await settle(key, record, loadedWhile).catch((error: unknown) => ({ kind: 'failed', error }) as const),
        )
      }),
    )
    for (const key of keys) {
      const one = found.get(key) ?? UNKNOWN
      if (one.kind === 'dead')
        dead.put(key, one.usedAfterEnd || one.was === null ? one : { ...one, usedAfterEnd: true }, clock.now())
      if (one.kind === 'alive') {
        if (asked === generation) cache.put(one.entry)
        else cache.noteUse(one.entry.use)
      }
      found.set(key, one)
    }
    return found
  })

  const settle = async (key: string, record: SessionRecord, loadedWhile: number | null): Promise<Found> => {
    const was = { accountId: record.accountId, sessionId: record.id }
    if (record.endedBy !== null) return { kind: 'dead', was, drop: record.endedBy !== 'rotation', usedAfterEnd: true }
    if (record.disabled) return { kind: 'dead', was, drop: true, usedAfterEnd: true }
    const now = clock.now()
    // This node may know of a use, and of a fall of the assurance, that is not written yet.
    const known = cache.useOf(record.id)
    const times = {
      assurance: known !== undefined && known.assurance < record.assurance ? known.assurance : record.assurance,
      authenticatedAt: record.authenticatedAt,
      usedAt: Math.max(record.usedAt, known?.usedAt ?? 0),
      expiresAt: record.expiresAt,
    }
    const judgement = self().judge(times, options.isPrivileged(record.roles), now)
    if (!judgement.alive) {
      expire(record, judgement.reason)
      return { kind: 'dead', was, drop: true, usedAfterEnd: false }
    }
    const effective = options.effectiveRoles(record.roles, judgement.assurance)
    const [permissions, held] = await Promise.all([
      options.permissionsOf(effective),
      options.permissionsOf(record.roles),
    ])
    const principal: Principal = Object.freeze({
      accountId: record.accountId,
      sessionId: record.id,
      tenantId: record.tenantId,
      roles: Object.freeze([...record.roles]),
      effectiveRoles: Object.freeze([...effective]),
      permissions,
      withheld: new Set([...held.keys()].filter((permission) => !permissions.has(permission))),
      secondFactor: record.secondFactor,
      assurance: judgement.assurance,
      authenticatedAt: record.authenticatedAt,
    })
    if (record.renewalDue) return renew(principal)
    limits.set(principal, { expiresAt: judgement.expiresAt, idle: judgement.idle })
    return {
      kind: 'alive',
      entry: {
        key,
        principal,
        loadedWhile,
        until: Math.min(judgement.standsUntil, now + KEEP_MILLISECONDS),
        use: {
          sessionId: record.id,
          assurance: judgement.assurance,
          usedAt: times.usedAt,
          address: '',
          device: '',
          writtenAt: Math.max(record.usedAt, known?.writtenAt ?? 0),
          queued: false,
        },
        touched: false,
      },
    }
  }

  /** The account's roles changed since the token was handed out [ASVS 7.2.4]: it gets another, on this reply. */
  const renew = async (principal: Principal): Promise<Found> => {
    const made = await self()
      .change((tx) => self().rotate(tx, principal, { reason: 'roles' }, null))
      .catch((error: unknown) => {
        // Another request of the same browser was first, on another node: this one came too late.
        if (error instanceof Refusal && error.code === 'authentication-required') return null
        throw error
      })
    if (made === null) {
      const was = { accountId: principal.accountId, sessionId: principal.sessionId }
      return { kind: 'dead', was, drop: false, usedAfterEnd: true }
    }
    const key = self().hashToken(made.token.release())
    const record = (await loadSessions(accounts, [key])).get(key)
    if (record === undefined) return UNKNOWN
    // Were the roles changed once more meanwhile, the next use renews again.
    const found = await settle(key, { ...record, renewalDue: false }, null)
    return found.kind === 'alive' ? { ...found, setCookie: made.headers['set-cookie'] ?? '' } : found
  }

  /** Off the request's path: the refusal does not wait for it, and does not depend on it. */
  const expire = (record: SessionRecord, reason: 'idle' | 'age'): void => {
    expireSession(accounts, record.id, clock.now()).then(
      (first) => {
        if (!first) return
        events.report({
          name: 'session_expired',
          result: 'success',
          fields: { session: record.id, reason },
          accountId: record.accountId,
          sessionId: record.id,
          tenantId: record.tenantId ?? undefined,
        })
      },
      // The sweep marks it later; until then each use is judged again.
      () => undefined,
    )
  }

  return {
    recall(key, now) {
      const entry = cache.get(key)
      return entry !== undefined && now < entry.until && self().trustsCache(entry.loadedWhile) ? entry : undefined
    },

    async find(key) {
      const known = dead.get(key, clock.now())
      if (known !== undefined) return known
      const found = await lookups.find(key)
      if (found === undefined) return UNKNOWN
      if (found.kind === 'failed') throw found.error
      return found
    },

    forget(accountId) {
      generation++
      lookups.restart()
      if (accountId === undefined) cache.clear()
      else cache.removeAccount(accountId)
    },

    limitsOf: (principal) => limits.get(principal),
  }
}

interface Failed {
  readonly kind: 'failed'
  readonly error: unknown
}

const UNKNOWN: Found = Object.freeze({ kind: 'dead', was: null, drop: true, usedAfterEnd: false })
/** How long an entry is believed without asking again, whatever is announced: a second wall. */
const KEEP_MILLISECONDS = 60_000
/** Dead tokens remembered for {@link NEGATIVE_MILLISECONDS}. */
const NEGATIVES = 10_000
const NEGATIVE_MILLISECONDS = 1_000
