import type { FastifyInstance } from 'fastify'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import { minutes } from '../../../kernel/time.ts'
import type { Sessions } from './sessions.ts'

/** Mistakes with time, and with other sites. */
export const limitSabotages: readonly Sabotage<Sessions>[] = [
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
    name: 'buttons-not-bound',
    fault:
      'Only requests with fields count as forms: the button of a mailed link can be pressed by any site, for a visitor.',
    leaves: 'present',
    caughtBy: ['cross-site'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        passesCrossSiteRule: (facts) =>
          c.passesCrossSiteRule({ ...facts, simple: facts.simple === 'nothing' ? null : facts.simple }),
      }))
    },
  },
  {
    name: 'any-origin-may-read',
    fault: 'Whatever origin asks is echoed, with credentials, to make an error in a browser go away.',
    leaves: 'present',
    alsoBreaks: ['server/secure-configuration'],
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
    name: 'configured-origins-not-read',
    fault: 'Origins are configured, and the list that is compared with was never filled.',
    leaves: 'present',
    caughtBy: ['configured-origin'],
    plant(plan) {
      plan.server((app) => {
        ;(app as FastifyInstance).addHook('onRequest', (request, _reply, done) => {
          // As a server without the list sees it: one stranger like any other.
          if (request.headers.origin === 'https://pages.holdfast.test')
            request.headers.origin = 'https://elsewhere.test'
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
        ;(app as FastifyInstance).addHook('onRequest', (_request, reply, done) => {
          const writeHead = reply.raw.writeHead.bind(reply.raw) as (
            status: number,
            headers: unknown,
          ) => typeof reply.raw
          reply.raw.writeHead = ((status: number, headers: unknown) =>
            writeHead(status, kept(headers))) as typeof reply.raw.writeHead
          done()
        })
      })
    },
  },
  {
    name: 'refusals-kept-by-caches',
    fault: 'What comes out well is marked as not to be kept; errors and redirects go another way, and are not.',
    leaves: 'present',
    // Refusals say that they are not to be kept, which is claimed there too.
    alsoBreaks: ['data/validation-and-encoding'],
    caughtBy: ['no-store'],
    plant(plan) {
      plan.server((app) => {
        ;(app as FastifyInstance).addHook('onRequest', (_request, reply, done) => {
          const writeHead = reply.raw.writeHead.bind(reply.raw) as (
            status: number,
            headers: unknown,
          ) => typeof reply.raw
          reply.raw.writeHead = ((status: number, headers: unknown) =>
            writeHead(status, status < 300 ? headers : kept(headers))) as typeof reply.raw.writeHead
          done()
        })
      })
    },
  },
]

/** Header fields, as a flat list or an object, that let a browser keep the reply. */
function kept(headers: unknown): unknown {
  if (!Array.isArray(headers)) return { ...(headers as object), 'cache-control': 'private, max-age=300' }
  return headers.map((field: unknown, at) => (headers[at - 1] === 'cache-control' ? 'private, max-age=300' : field))
}
