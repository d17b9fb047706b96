import type { FastifyInstance, HTTPMethods } from 'fastify'
import { Refusal } from '../kernel/refusal.ts'
import type { RouteDefinition } from '../platform/declaration/definition.ts'
import { type ContextParts, OwnRequestContext, RequestContext } from './context.ts'
import type { Controls } from './controls.ts'
import { leadOnIn } from './lead-on.ts'

/**
 * Registers routes, built-in and declared alike. A request meets, in this order: permission and step-up (before its body
 * is read), body and schemas, the handler, the response contract.
 */
export function registerRoutes(
  server: FastifyInstance,
  routes: readonly RouteDefinition[],
  controls: Controls,
  parts: ContextParts,
): void {
  const access = controls['authentication/access-control']
  const validation = controls['data/validation-and-encoding']
  const leadOnOf = leadOnIn(routes)
  for (const route of routes) {
    const options = validation.routeOptions(route)
    const authorize = access.authorize(route)
    const handle = access.withFields(route)
    const Context = route.builtIn ? OwnRequestContext : RequestContext
    const leadOn = leadOnOf(route)
    const admit = options.onRequest
    server.route({
      ...options,
      method: route.method as HTTPMethods,
      onRequest: [
        (request, reply, done) => {
          try {
            authorize(request)
          } catch (error) {
            if (error instanceof Refusal && leadOn?.(error, request, reply) === true) return
            done(error as Error)
            return
          }
          done()
        },
        ...(admit === undefined ? [] : Array.isArray(admit) ? admit : [admit]),
      ],
      handler: (request, reply) => {
        const context = new Context(request, parts, access.identityFor(route, request.principal))
        const result = handle(context)
        if (result instanceof Promise) {
          return result.then((value) => {
            validation.send(request, reply, route, value)
            return reply
          })
        }
        validation.send(request, reply, route, result)
        return reply
      },
    })
  }
}
