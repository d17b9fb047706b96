import type { Scope } from '../kernel/principal.ts'
import type { Surface } from '../kernel/surface.ts'
import type { BackendDefinition, RouteDefinition } from '../platform/declaration/definition.ts'

/** What runs, for probes: the routes as registered, and the roles as the running control resolves them. */
export function surfaceOf(
  definition: BackendDefinition,
  routes: readonly RouteDefinition[],
  permissionsOf: (roles: readonly string[]) => ReadonlyMap<string, Scope>,
): Surface {
  const roles: Record<string, Record<string, Scope>> = {}
  for (const role of Object.keys(definition.roles)) roles[role] = Object.fromEntries(permissionsOf([role]))
  return {
    name: definition.name,
    routes: routes.map(({ handler: _handler, maxBody: _maxBody, ...route }) => route),
    roles,
    permissions: Object.keys(definition.permissions),
    tables: definition.tables.map(({ definitions: _definitions, indexes: _indexes, ...table }) => table),
  }
}
