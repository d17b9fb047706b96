import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { SecurityEvent } from '../../../kernel/event.ts'
import { type ProblemCode, Refusal } from '../../../kernel/refusal.ts'
import type { Html } from '../../../platform/html/html.ts'
import { createNonce } from '../../../platform/http/nonce.ts'
import { PROBLEM_TYPE, type Problem, plainProblem, problemBody, problemOf } from '../../../platform/http/problem.ts'
import {
  apiHeaders,
  asObject,
  pageHeaders,
  type SecurityHeaderOptions,
} from '../../../platform/http/security-headers.ts'
import type { RefusedRequest } from '../../../platform/http/server.ts'
import { type PreparedHead, prepareHead, writeReply } from '../../../platform/http/write-reply.ts'
import type { Log, LogFields } from '../../../platform/log/log.ts'
import { createMethodTable } from './allowed-methods.ts'
import { isUnrecoverable } from './crash-policy.ts'
import { fieldsOf, type Incident, lineOf, logIncident, reportIncident } from './incident.ts'
import { findLeak, type Leak, WATCHED } from './leak-watch.ts'
import { refusalOf } from './refusal-of.ts'

export interface ErrorHandlingOptions extends SecurityHeaderOptions {
  readonly log: Log
  /** Takes security events; must not throw. */
  readonly report: (event: SecurityEvent) => void
  /**
   * A problem as a page, for browsers; its scripts and styles must get by with `nonce`. `signedIn` is for what stands around
   * it. Absent: JSON for all.
   */
  readonly renderPage?: (problem: Problem, nonce: string, signedIn: boolean) => Html
  /** Called when the process can no longer be trusted: stop taking requests, finish what runs, exit. */
  readonly onUnrecoverable: (error: unknown) => void
}

/**
 * Errors tell nothing. The composition root calls `install` (before all routes) and gives `refused` to
 * `createHttpServer`; the others are the policies they follow, called through the object, so that each can be replaced.
 */
export interface ErrorHandling {
  install(server: FastifyInstance): void
  /** Told of what was refused before any route. */
  refused(request: RefusedRequest): void

  /** What the sender may know of an error. */
  refusalOf(error: unknown): Refusal
  /** The problem of a refusal, under the request's id. */
  problemOf(refusal: Refusal, id: string): Problem
  /** Whether a text that no handler composed by contract tells of the inside. */
  findLeak(text: string): Leak | null
  /** What is written of an incident. */
  lineOf(incident: Incident): LogFields
  /** Writes it, the cause under the problem's id. */
  log(incident: Incident): void
  /** Reports what matters to security. */
  report(incident: Incident): void
}

export function createErrorHandling(options: ErrorHandlingOptions): ErrorHandling {
  const heads = new Map<number, PreparedHead>()
  const table = createMethodTable()

  /** The problem's reply: as a page for browsers, else as JSON. */
  const write = (
    problem: Problem,
    request: FastifyRequest,
    reply: FastifyReply,
    headers: Record<string, string>,
  ): void => {
    const { renderPage } = options
    if (renderPage !== undefined && wantsPage(request)) {
      const nonce = request.nonce || createNonce()
      const page = prepareHead(problem.status, pageHeaders(options, nonce), 'text/html; charset=utf-8')
      // Before the sessions were asked, and without them, nobody is signed in.
      const signedIn = (request.principal ?? null) !== null
      writeReply(reply, problem.status, page, renderPage(problem, nonce, signedIn).toString(), headers)
      return
    }
    let head = heads.get(problem.status)
    if (head === undefined) {
      head = prepareHead(problem.status, apiHeaders(options), PROBLEM_TYPE)
      heads.set(problem.status, head)
    }
    writeReply(reply, problem.status, head, problemBody(problem), headers)
  }

  return {
    install(server) {
      const answer = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
        const refusal = this.refusalOf(error)
        const told = this.problemOf(refusal, request.id)
        const leak = this.findLeak(`${told.detail}\n${told.fields === undefined ? '' : JSON.stringify(told.fields)}`)
        const problem = leak === null ? told : plainProblem('unexpected', request.id)
        const incident: Incident = {
          problem,
          leak,
          cause: refusal.cause ?? (leak === null ? undefined : refusal),
          ...fieldsOf(request),
        }
        this.log(incident)
        this.report(incident)
        // Fastify sets it on every body that could not be parsed, though the body has been read to its end.
        if (reply.hasHeader('connection')) reply.removeHeader('connection')
        if (reply.raw.headersSent)
          reply.raw.destroy() // half a reply is no reply
        else write(problem, request, reply, leak === null ? headersOf(refusal) : {})
        if (isUnrecoverable(refusal.cause)) options.onUnrecoverable(refusal.cause)
      }

      server.addHook('onRoute', ({ method, url }) => {
        for (const one of typeof method === 'string' ? [method] : method) table.add(one, url)
      })
      server.setErrorHandler((error, request, reply) => answer(error, request, reply))
      server.setNotFoundHandler((request, reply) => {
        const allow = table.allowed(request.url.split('?', 1)[0] ?? '')
        const refusal =
          allow.length === 0
            ? new Refusal('not-found')
            : new Refusal('method-not-allowed', undefined, { headers: { allow: allow.join(', ') } })
        answer(refusal, request, reply)
      })
      // Only what goes past the response contract comes this way: replies of plugins, and server errors with a body.
      server.addHook('onSend', (request, reply, payload, done) => {
        const leak = typeof payload === 'string' || Buffer.isBuffer(payload) ? this.findLeak(textOf(payload)) : null
        if (leak === null) return done(null, payload)
        const problem = plainProblem('unexpected', request.id)
        const incident: Incident = { problem, leak, cause: undefined, ...fieldsOf(request) }
        this.log(incident)
        this.report(incident)
        for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
        reply.code(problem.status).headers(PLAIN).type(PROBLEM_TYPE)
        done(null, problemBody(problem))
      })
      const PLAIN = asObject(apiHeaders(options))
    },

    refused({ code, requestId, address, cause }) {
      const problem = plainProblem(code, requestId)
      const incident: Incident = {
        problem,
        leak: null,
        cause: undefined,
        address,
        ...(cause === undefined ? {} : { parser: cause }),
      }
      this.log(incident)
      this.report(incident)
    },

    refusalOf,
    problemOf,
    findLeak,
    lineOf,
    log(incident) {
      logIncident(options.log, incident, this.lineOf(incident))
    },
    report: (incident) => reportIncident(options.report, incident),
  }
}

function headersOf({ code, options }: Refusal): Record<string, string> {
  const headers: Record<string, string> = { ...options.headers }
  if (options.retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.ceil(options.retryAfterSeconds))
  else if (BACK_SOON.has(code)) headers['retry-after'] = '5' // seconds
  // RFC 9110, 11.6.1: a 401 names a scheme. Ours is the session cookie, which browsers don't prompt for.
  if (UNAUTHENTICATED.has(code)) headers['www-authenticate'] = 'HoldfastSession'
  return headers
}

const BACK_SOON: ReadonlySet<ProblemCode> = new Set(['overloaded', 'database-unavailable', 'shutting-down'])
const UNAUTHENTICATED: ReadonlySet<ProblemCode> = new Set(['authentication-required', 'credentials-wrong'])

/** Browsers say `text/html`; on a route of pages, whoever does not ask for JSON gets a page as well. */
function wantsPage(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? ''
  if (accept.includes('text/html')) return true
  const { declared } = request.routeOptions.config
  return declared !== undefined && !accept.includes('json') && Object.values(declared.schema.response).includes('html')
}

const textOf = (payload: string | Buffer): string =>
  typeof payload === 'string' ? payload : payload.toString('latin1', 0, WATCHED)
