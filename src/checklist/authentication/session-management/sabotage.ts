import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance } from 'fastify'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import { Secret } from '../../../kernel/secret.ts'
import { minutes } from '../../../kernel/time.ts'
import type { Sessions } from './sessions.ts'

/** Mistakes people ship with sessions. */
export const sabotages: readonly Sabotage<Sessions>[] = [
  {
    name: 'guessable-tokens',
    fault: 'Tokens are made from a counter behind a constant, with only a few random bytes.',
    leaves: 'present',
    caughtBy: ['entropy'],
    plant(plan) {
      let counter = 0
      plan.control((c) => ({
        ...c,
        newToken() {
          const bytes = Buffer.alloc(32, 'holdfast')
          Buffer.from(c.newToken().release(), 'base64url').copy(bytes, 24, 0, 4)
          bytes.writeUInt32BE(counter++, 28)
          return new Secret(bytes.toString('base64url'))
        },
      }))
    },
  },
  {
    name: 'cookie-attributes-missing',
    fault: 'The cookie is set without HttpOnly and Secure, so that scripts and plain HTTP see it.',
    leaves: 'present',
    caughtBy: ['cookie'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        setCookie: (token, maxAge) => c.setCookie(token, maxAge).replace('; HttpOnly', '').replace('; Secure', ''),
      }))
    },
  },
  {
    name: 'cookie-read-carelessly',
    fault: 'The first thing in the Cookie field that looks like the session is taken, though it stands there twice.',
    leaves: 'present',
    caughtBy: ['only-cookie'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        readCookie(field) {
          const token = /session="?([\w-]{43})/i.exec(field ?? '')?.[1]
          return token === undefined ? c.readCookie(field) : { kind: 'token', token }
        },
      }))
    },
  },
  {
    name: 'token-stored-in-clear',
    fault: 'The column that should hold the hash holds the token.',
    leaves: 'present',
    caughtBy: ['database-dump'],
    plant(plan) {
      plan.control((c) => ({ ...c, hashToken: (token) => token }))
    },
  },
  {
    name: 'sign-in-adopts-presented-token',
    fault: 'Signing in goes on with the token the browser brought along, instead of a new one.',
    leaves: 'present',
    caughtBy: ['fixation'],
    plant(plan) {
      const presented = new AsyncLocalStorage<string>()
      const issued = new Set<string>()
      plan.server((app) => {
        ;(app as FastifyInstance).addHook('onRequest', (request, _reply, done) => {
          const token = /__Host-session=([\w-]{43})/.exec(request.headers.cookie ?? '')?.[1]
          if (token === undefined || request.url !== '/auth/sign-in') done()
          else presented.run(token, done)
        })
      })
      plan.control((c) => ({
        ...c,
        newToken() {
          const planted = presented.getStore()
          const token = planted === undefined || issued.has(planted) ? c.newToken() : new Secret(planted)
          issued.add(token.release())
          return token
        },
      }))
    },
  },
  {
    name: 'old-token-lives-on',
    fault: 'A new token is handed out, and nobody takes the old one out of use.',
    leaves: 'present',
    caughtBy: ['step-up'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        async retire(tx, { sessionId }) {
          const row = await tx
            .selectFrom('holdfast.session')
            .select(['tenant_id', 'authenticated_at', 'expires_at', 'address', 'device'])
            .where('id', '=', sessionId)
            .executeTakeFirstOrThrow()
          return {
            tenantId: row.tenant_id,
            assurance: 1,
            authenticatedAt: row.authenticated_at.getTime(),
            expiresAt: row.expires_at.getTime(),
            address: row.address,
            device: row.device,
          }
        },
      }))
    },
  },
  {
    name: 'password-change-keeps-sessions',
    fault: 'Changing the password leaves the sessions that a thief may have.',
    leaves: 'present',
    caughtBy: ['password-change'],
    plant(plan) {
      plan.control((c) => ({ ...c, endOthers: async () => 0 }))
    },
  },
  {
    name: 'role-change-keeps-token',
    fault: 'A change of roles is not connected with the sessions of its account.',
    leaves: 'absent',
    caughtBy: ['privilege-change'],
    plant(plan) {
      plan.sql('drop trigger announce on holdfast.account_role')
    },
  },
  {
    name: 'sign-out-only-clears-cookie',
    fault: 'Signing out removes the cookie, and the session stays alive on the server.',
    leaves: 'present',
    caughtBy: ['sign-out'],
    plant(plan) {
      plan.control((c) => ({ ...c, signOut: async () => undefined }))
    },
  },
  {
    name: 'revocation-forgets-cache',
    fault: 'The row is marked as ended, and what is in memory goes on being believed.',
    leaves: 'present',
    caughtBy: ['sign-out', 'second-node'],
    plant(plan) {
      plan.control((c) => ({ ...c, forget: () => undefined, receive: () => undefined }))
    },
  },
  {
    name: 'announcements-unheard',
    fault: 'The node that ends a session knows it; the others listen to nothing.',
    leaves: 'present',
    caughtBy: ['second-node'],
    plant(plan) {
      plan.control((c) => ({ ...c, receive: () => undefined }))
    },
  },
  {
    name: 'cache-trusted-while-deaf',
    fault: 'When the announcement channel is down, what is in memory is believed all the same.',
    leaves: 'present',
    caughtBy: ['channel-down'],
    plant(plan) {
      plan.control((c) => ({ ...c, trustsCache: () => true }))
    },
  },
  {
    name: 'anybodys-session-ended-by-id',
    fault: 'A session is ended by its id, whoever asks.',
    leaves: 'present',
    caughtBy: ['own-sessions'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        async end(tx, principal, sessionId, from) {
          const row = await tx
            .selectFrom('holdfast.session')
            .select('account_id')
            .where('id', '=', sessionId)
            .executeTakeFirst()
          return row !== undefined && c.end(tx, { ...principal, accountId: row.account_id }, sessionId, from)
        },
      }))
    },
  },
  {
    name: 'administrator-ends-nothing',
    fault: "The administrator's button answers that it worked.",
    leaves: 'present',
    caughtBy: ['administrator'],
    plant(plan) {
      plan.control((c) => ({ ...c, endAll: async () => 0 }))
    },
  },
  {
    name: 'session-events-lost',
    fault: 'A trigger thins out the event table, and the events of sessions fall through.',
    leaves: 'present',
    caughtBy: ['events'],
    plant(plan) {
      plan.sql(`create function holdfast.thin_out() returns trigger language plpgsql as
        $$ begin if new.name like 'session_%' then return null; end if; return new; end $$`)
      plan.sql(`create trigger thin_out before insert on holdfast.event_staging
        for each row execute function holdfast.thin_out()`)
    },
  },
  {
    name: 'idle-limit-not-checked',
    fault: 'The limit without use is configured, and each request counts as use before it is looked at.',
    leaves: 'present',
    caughtBy: ['idle'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        judge: (times, privileged, now) => c.judge({ ...times, usedAt: now }, privileged, now),
      }))
    },
  },
  {
    name: 'age-limit-slides',
    fault: 'Each use moves the end of the session further away, so that one in use never ends.',
    leaves: 'present',
    caughtBy: ['age'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        judge: (times, privileged, now) =>
          c.judge({ ...times, authenticatedAt: now, expiresAt: now + minutes(60) * 1000 }, privileged, now),
      }))
    },
  },
  {
    name: 'assurance-for-ever',
    fault: 'Who once showed a second factor is held to have it until the session ends.',
    leaves: 'present',
    caughtBy: ['assurance-falls'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        judge(times, privileged, now) {
          const judgement = c.judge(times, privileged, now)
          return judgement.alive ? { ...judgement, assurance: times.assurance } : judgement
        },
      }))
    },
  },
  {
    name: 'origin-compared-by-prefix',
    fault: 'The origin is checked with startsWith, so that https://ours.evil.test passes.',
    leaves: 'present',
    caughtBy: ['cross-site'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        passesCrossSiteRule({ origin = '', ...facts }) {
          const beginnings = Array.from(origin, (_, at) => origin.slice(0, at + 1))
          return (
            c.passesCrossSiteRule({ ...facts, origin: origin === '' ? undefined : origin }) ||
            beginnings.some((beginning) => c.passesCrossSiteRule({ ...facts, origin: beginning }))
          )
        },
      }))
    },
  },
  {
    name: 'any-origin-may-read',
    fault: 'Whatever origin asks is echoed, with credentials, to make an error in a browser go away.',
    leaves: 'present',
    caughtBy: ['cross-origin-reading', 'configured-origin'],
    plant(plan) {
      plan.server((app) => {
        ;(app as FastifyInstance).addHook('onRequest', (request, reply, done) => {
          const { origin } = request.headers
          if (origin !== undefined) {
            reply.header('access-control-allow-origin', origin).header('access-control-allow-credentials', 'true')
          }
          done()
        })
      })
    },
  },
  {
    name: 'replies-kept-by-caches',
    fault: 'A hook that should speed up pages lets browsers keep what somebody signed in was shown.',
    leaves: 'present',
    caughtBy: ['no-store'],
    plant(plan) {
      plan.server((app) => {
        ;(app as FastifyInstance).addHook('onSend', (_request, reply, payload, done) => {
          reply.header('cache-control', 'private, max-age=300')
          done(null, payload)
        })
      })
    },
  },
]
