import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance } from 'fastify'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import { Secret } from '../../../kernel/secret.ts'
import type { Sessions } from './sessions.ts'

/** Mistakes with the token: how it is made, kept, read and replaced. */
export const tokenSabotages: readonly Sabotage<Sessions>[] = [
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
]
