import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { SecurityEvent } from '../kernel/event.ts'
import type { Identity, Principal } from '../kernel/principal.ts'
import type { Clock, Moment } from '../kernel/time.ts'
import type { Database } from '../platform/database/database.ts'
import type { HandlerContext } from '../platform/declaration/definition.ts'
import type { ApplicationJobs } from '../platform/jobs/index.ts'
import type { BuiltInContext, OwnCookie } from './routes/route.ts'

/** What every request's context is made from: one per server. */
export interface ContextParts {
  // biome-ignore lint/suspicious/noExplicitAny: the application's tables are known to its handlers, not here
  readonly runtime: Database<any>
  readonly clock: Clock
  readonly report: (event: SecurityEvent) => void
  readonly jobs: Pick<ApplicationJobs, 'enqueue'>
  readonly members: (principal: Principal) => Promise<readonly { readonly id: string; readonly name: string }[]>
}

/**
 * What a handler sees of its request. Everything is read when asked for, so that a handler pays for what it uses:
 * `db` is made at the first statement, the nonce exists on pages only.
 */
export class RequestContext implements HandlerContext {
  readonly #request: FastifyRequest
  readonly #parts: ContextParts
  readonly #identity: Identity
  // biome-ignore lint/suspicious/noExplicitAny: see ContextParts
  #db: Kysely<any> | undefined

  constructor(request: FastifyRequest, parts: ContextParts, identity: Identity) {
    this.#request = request
    this.#parts = parts
    this.#identity = identity
  }

  get params(): unknown {
    return this.#request.params
  }

  get query(): unknown {
    return this.#request.query
  }

  get body(): unknown {
    return this.#request.body
  }

  get headers(): unknown {
    return this.#request.headers
  }

  get principal(): Principal | null {
    return this.#request.principal
  }

  // biome-ignore lint/suspicious/noExplicitAny: see ContextParts
  get db(): Kysely<any> {
    this.#db ??= this.#parts.runtime.as(this.#identity)
    return this.#db
  }

  // Functions are given by getters, bound: handlers take them out of the context, `({ transaction }) => …`.
  get transaction(): HandlerContext['transaction'] {
    return (work) => this.#parts.runtime.transaction(this.#identity, work)
  }

  get enqueue(): HandlerContext['enqueue'] {
    return (kind, payload, options) => this.#parts.jobs.enqueue(this.db, this.#identity, kind, payload, options)
  }

  get members(): HandlerContext['members'] {
    const principal = this.#request.principal
    return () => (principal === null ? Promise.resolve([]) : this.#parts.members(principal))
  }

  get report(): HandlerContext['report'] {
    const { principal, clientAddress, id } = this.#request
    return (event: SecurityEvent) =>
      this.#parts.report({
        accountId: principal?.accountId,
        sessionId: principal?.sessionId,
        tenantId: principal?.tenantId ?? undefined,
        address: clientAddress,
        requestId: id,
        ...event,
      })
  }

  get now(): Moment {
    return this.#parts.clock.now()
  }

  get requestId(): string {
    return this.#request.id
  }

  get address(): string {
    return this.#request.clientAddress
  }

  get nonce(): string {
    return this.#request.nonce
  }

  get device(): string {
    return (this.#request.headers['user-agent'] ?? '').slice(0, MAX_DEVICE_LENGTH)
  }
}

/** The same for Holdfast's own routes, which have cookies beside the session's. */
export class OwnRequestContext extends RequestContext implements BuiltInContext {
  readonly #cookies: string | undefined

  constructor(request: FastifyRequest, parts: ContextParts, identity: Identity) {
    super(request, parts, identity)
    this.#cookies = request.raw.headers.cookie
  }

  cookie(name: OwnCookie): string | undefined {
    const values = (this.#cookies ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${name}=`))
      .map((pair) => pair.slice(name.length + 1))
    // Several of one name: somebody has put one there that is not ours to choose between.
    return values.length === 1 ? values[0] : undefined
  }
}

/** The column `holdfast.session.device` holds as much. */
const MAX_DEVICE_LENGTH = 200
