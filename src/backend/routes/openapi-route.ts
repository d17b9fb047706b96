import type { BackendDefinition, RouteDefinition } from '../../platform/declaration/definition.ts'
import { openApiOf } from '../openapi.ts'
import { builtIn, SIGNED_IN } from './route.ts'

/**
 * Serves the interface's description. To people who are signed in: it tells which routes there are, and nobody else has a use for
 * that [ASVS 13.4.5].
 */
export function openApiRoute(
  definition: Pick<BackendDefinition, 'title' | 'permissions'>,
  routes: readonly RouteDefinition[],
): RouteDefinition {
  let text: string | undefined
  return builtIn({
    method: 'GET',
    path: '/openapi.json',
    access: SIGNED_IN,
    response: { 200: 'document' },
    examples: () => ({}),
    handler: () => {
      text ??= JSON.stringify(openApiOf(definition, routes))
      return text
    },
  })
}
