import type { FastifyInstance } from 'fastify'
import type { Principal } from '../../kernel/principal.ts'
import type { RouteDefinition } from '../declaration/definition.ts'

/** A control that meets requests: installed by the composition root, once, in the order of `checklist/order.ts`. */
export interface HttpControl {
  /** Adds its hooks. Called before any route is registered. */
  install(server: FastifyInstance): void
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; `null` for nobody. Set by authentication/session-management. */
    principal: Principal | null
    /** The client's address: the socket's, or what a configured proxy tells. */
    clientAddress: string
    /** For the reply's Content-Security-Policy; empty on API routes. */
    nonce: string
  }
  interface FastifyContextConfig {
    /** The declaration this route was made from. Absent on Fastify's own 404. */
    declared?: RouteDefinition
  }
}
