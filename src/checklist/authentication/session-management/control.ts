import type { FastifyInstance } from 'fastify'
import { NOBODY } from '../../../kernel/principal.ts'
import { after, minutes } from '../../../kernel/time.ts'
import { createChanges } from './changes.ts'
import { clearCookie, cookieName, readCookie, setCookie } from './cookie.ts'
import { passesCrossSiteRule } from './cross-site.ts'
import { createFinder } from './finder.ts'
import { keepHouse } from './housekeeping.ts'
import { judgeSession } from './lifetime.ts'
import { resolveOptions } from './options.ts'
import { installOnRequests } from './requests.ts'
import { PRIVILEGED_ROLES, type Sessions, type SessionsOptions } from './sessions.ts'
import { expireSessions, writeUses } from './store.ts'
import { hashToken, newToken } from './token.ts'
import { Uses } from './uses.ts'

/**
 * The sessions of one server.
 *
 * @throws {@link StartRefusal} for limits above the standard's, and for origins that are none.
 */
export function createSessions(given: SessionsOptions): Sessions {
  const options = resolveOptions(given)
  const { accounts, channel, clock, events, limits, secure } = options
  const name = cookieName(secure)
  const uses = new Uses()
  let current: Sessions
  let housed = false
  const self = (): Sessions => current
  const finder = createFinder(options, self)
  const isTrusted = (origin: string): boolean => options.isOwnOrigin(origin) || options.otherOrigins.has(origin)

  current = {
    install(this: Sessions, server: FastifyInstance) {
      current = this
      installOnRequests(server, options, self, { finder, uses })
      // One of several listeners is enough for that.
      if (!housed) keepHouse(server, self)
      housed = true
    },

    ...createChanges(options, self),

    async list(principal) {
      const now = clock.now()
      const rows = await accounts
        .as(NOBODY)
        .selectFrom('holdfast.session')
        .select(['id', 'device', 'address', 'assurance', 'created_at', 'authenticated_at', 'used_at', 'expires_at'])
        .where('account_id', '=', principal.accountId)
        .where('ended_at', 'is', null)
        .where('expires_at', '>', new Date(now))
        .orderBy('used_at', 'desc')
        .limit(options.perAccount)
        .execute()
      const idle = (options.isPrivileged(principal.roles) ? limits.privileged : limits.ordinary).idle
      return rows
        .map((row) => ({
          id: row.id,
          device: row.device,
          address: row.address,
          createdAt: new Date(row.created_at).getTime(),
          usedAt: row.id === principal.sessionId ? now : new Date(row.used_at).getTime(),
          current: row.id === principal.sessionId,
        }))
        .filter((session) => now < after(session.usedAt, idle))
        .sort((a, b) => b.usedAt - a.usedAt)
    },

    expiryOf(principal) {
      // A principal that did not come from here has no session whose end could be told: it is over.
      return finder.limitsOf(principal) ?? { expiresAt: clock.now(), idle: minutes(0) }
    },

    signOutHeaders: () => ({
      'set-cookie': clearCookie(secure),
      'clear-site-data': '"cache", "cookies", "storage"',
      'cache-control': 'no-store',
    }),

    receive(payload) {
      // Anything unexpected might have been about anybody.
      self().forget(UUID.test(payload) ? payload : undefined)
    },

    forget: (accountId) => finder.forget(accountId),

    async sweep() {
      const now = clock.now()
      const expired = await expireSessions(accounts, {
        now,
        ordinaryIdle: now - limits.ordinary.idle * 1000,
        privilegedIdle: now - limits.privileged.idle * 1000,
        privilegedRoles: PRIVILEGED_ROLES,
      })
      for (const session of expired) {
        events.report({
          name: 'session_expired',
          result: 'success',
          fields: { session: session.id, reason: session.reason },
          accountId: session.accountId,
          sessionId: session.id,
          tenantId: session.tenantId ?? undefined,
        })
      }
      return expired.length
    },

    flush: () => uses.flush((piece) => writeUses(accounts, piece)),

    readCookie: (field) => readCookie(field, name),
    setCookie: (token, maxAge) => setCookie(token, maxAge, secure),
    newToken: () => newToken(options.random),
    hashToken,
    passesCrossSiteRule: (facts) => passesCrossSiteRule(facts, isTrusted),
    trustsCache: (loadedWhile) => channel.up && loadedWhile !== null && channel.upSince === loadedWhile,
    judge: (times, privileged, now) => judgeSession(times, privileged, limits, now),
  }
  return current
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
