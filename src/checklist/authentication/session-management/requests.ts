import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Moment } from '../../../kernel/time.ts'
import type { CacheEntry } from './cache.ts'
import { carryCookie } from './carry-cookie.ts'
import { clearCookie, cookieName } from './cookie.ts'
import { admit, answerPreflight, DeclaredRoutes } from './cors.ts'
import type { Finder, Found } from './finder.ts'
import { keptText } from './kept-text.ts'
import type { ResolvedOptions } from './options.ts'
import type { Sessions, SessionsOptions } from './sessions.ts'
import { MAX_DEVICE } from './store.ts'
import type { Uses } from './uses.ts'

/**
 * Adds what a request meets: cross-site rules, then the session. Callbacks and no promises where memory knows the session:
 * that is nearly every request.
 */
export function installOnRequests(
  server: FastifyInstance,
  options: SessionsOptions & ResolvedOptions,
  self: () => Sessions,
  parts: { readonly finder: Finder; readonly uses: Uses },
): void {
  const { clock, events, otherOrigins } = options
  const { finder, uses } = parts
  const removal = clearCookie(options.secure)
  const name = `${cookieName(options.secure)}=`
  const routes = new DeclaredRoutes()

  if (!server.hasRequestDecorator('principal')) server.decorateRequest('principal', null)
  server.addHook('onRoute', (route) => routes.add(route))

  const signIn = (request: FastifyRequest, reply: FastifyReply, entry: CacheEntry, now: Moment): void => {
    const { use } = entry
    entry.touched = true
    use.usedAt = now
    use.address = request.clientAddress
    use.device = keptText(request.raw.headers['user-agent'], MAX_DEVICE)
    uses.note(use, now)
    request.principal = entry.principal
    // What only this person may see must not be seen in a shared cache, or on the next person's screen [ASVS 14.3.2].
    reply.header('cache-control', 'no-store')
  }

  const accept = (request: FastifyRequest, reply: FastifyReply, found: Found): void => {
    if (found.kind === 'alive') {
      signIn(request, reply, found.entry, clock.now())
      if (found.setCookie !== undefined) carryCookie(reply.raw, found.setCookie, name)
      return
    }
    if (found.drop) carryCookie(reply.raw, removal, name)
    if (!found.usedAfterEnd || found.was === null) return
    events.report({
      name: 'session_use_after_end',
      result: 'failure',
      fields: {},
      accountId: found.was.accountId,
      sessionId: found.was.sessionId,
      address: request.clientAddress,
      requestId: request.id,
    })
  }

  server.addHook('onRequest', (request, reply, done) => {
    const { headers, method, url = '' } = request.raw
    const { origin } = headers
    const cookie = self().readCookie(headers.cookie)

    if (otherOrigins.size > 0) {
      reply.header('vary', 'Origin')
      if (origin !== undefined && otherOrigins.has(origin)) {
        admit(reply, origin)
        const wanted = headers['access-control-request-method']
        if (method === 'OPTIONS' && wanted !== undefined && answerPreflight(reply, routes, url, wanted)) return
      }
    }

    const carriesCookie = cookie.kind !== 'absent'
    const simple = simpleRequest(request)
    if (!carriesCookie && simple === null) return done()

    const secFetchSite = single(headers['sec-fetch-site'])
    const facts = { method: method ?? '', carriesCookie, simple, origin, secFetchSite }
    if (!self().passesCrossSiteRule(facts)) {
      events.report({
        name: 'session_cross_site',
        result: 'failure',
        fields: { origin: (origin ?? 'none').slice(0, 200) },
        address: request.clientAddress,
        requestId: request.id,
      })
      return done(new Refusal('cross-site'))
    }

    if (cookie.kind === 'absent') return done()

    if (cookie.kind === 'unusable') {
      carryCookie(reply.raw, removal, name)
      return done()
    }

    const key = self().hashToken(cookie.token)
    const now = clock.now()
    const entry = finder.recall(key, now)
    if (entry !== undefined) {
      signIn(request, reply, entry, now)
      return done()
    }
    finder.find(key).then(
      (found) => {
        accept(request, reply, found)
        done()
      },
      // Whether somebody is signed in is not known: refused, rather than served as nobody.
      (error: unknown) => done(error instanceof Error ? error : new Refusal('unexpected', undefined, { cause: error })),
    )
  })
}

/**
 * What anybody may send to a route of Holdfast's own from any page: what else would it be for than becoming somebody? JSON is not
 * among it, since a browser asks before it sends that.
 */
function simpleRequest({ routeOptions }: FastifyRequest): 'form' | 'nothing' | null {
  const declared = routeOptions.config?.declared
  if (declared?.builtIn !== true || declared.access.kind !== 'public') return null
  return declared.accepts === 'json' ? null : declared.accepts
}

const single = (field: string | readonly string[] | undefined): string | undefined =>
  typeof field === 'string' ? field : undefined
