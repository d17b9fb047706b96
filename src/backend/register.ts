import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { Refusal } from '../kernel/refusal.ts'
import type { RouteDefinition } from '../platform/declaration/definition.ts'
import { type ContextParts, OwnRequestContext, RequestContext } from './context.ts'
import type { Controls } from './controls.ts'

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
  for (const route of routes) {
    const options = validation.routeOptions(route)
    const authorize = access.authorize(route)
    const handle = access.withFields(route)
    const Context = route.builtIn ? OwnRequestContext : RequestContext
    const isPage = route.schema.response['200'] === 'html' && route.method === 'GET'
    const admit = options.onRequest
    server.route({
      ...options,
      method: route.method as HTTPMethods,
      onRequest: [
        (request, reply, done) => {
          try {
            authorize(request)
          } catch (error) {
            if (isPage && error instanceof Refusal && leadElsewhere(error, request, reply)) return
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

/** A person who opens a page is led to where they can become somebody who may see it. The page's handler has not run. */
function leadElsewhere(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): boolean {
  // Who has a second factor proves it; who has none makes one.
  const path =
    request.principal?.secondFactor === true ? (HAVING[refusal.code] ?? PLACES[refusal.code]) : PLACES[refusal.code]
  if (path === undefined) return false
  const next =
    request.url !== '/' && request.url.length <= MAX_RETURN_PATH ? `?next=${encodeURIComponent(request.url)}` : ''
  void reply.code(303).header('location', `${path}${next}`).header('cache-control', 'no-store').send()
  return true
}

const PLACES: Readonly<Record<string, string>> = {
  'authentication-required': '/sign-in',
  'step-up-required': '/confirm',
  'second-factor-required': '/account/factors',
}
const HAVING: Readonly<Record<string, string>> = { 'second-factor-required': '/confirm' }
const MAX_RETURN_PATH = 500
