import { Refusal } from '../../kernel/refusal.ts'
import type { RouteDefinition } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { builtIn, PUBLIC } from './route.ts'

const Status = Type.Object({ status: Type.Literal('ok') }, { additionalProperties: false })

/** For load balancers: `live` says that the process answers, `ready` that it can do its work. Neither says more. */
export function healthRoutes(ready: () => Promise<boolean>): readonly RouteDefinition[] {
  return [
    builtIn({
      method: 'GET',
      path: '/health/live',
      access: PUBLIC,
      response: { 200: Status },
      examples: () => ({}),
      handler: () => ({ status: 'ok' }),
    }),
    builtIn({
      method: 'GET',
      path: '/health/ready',
      access: PUBLIC,
      response: { 200: Status },
      examples: () => ({}),
      handler: async () => {
        if (await ready()) return { status: 'ok' }
        throw new Refusal('database-unavailable', undefined, { retryAfterSeconds: 2 })
      },
    }),
  ]
}
