import type { Surface } from '../kernel/surface.ts'
import type { BackendDefinition, RouteDefinition } from '../platform/declaration/definition.ts'
import { declaredFields } from './declared-fields.ts'
import { declaredPermissions, declaredSecondFactor } from './declared-permissions.ts'

/**
 * What runs, for probes: the routes as registered, and the roles as declared. What the running control makes of the roles is what
 * probes try, so nothing they expect is asked of it.
 */
export function surfaceOf(definition: BackendDefinition, routes: readonly RouteDefinition[]): Surface {
  const roles: Record<string, Surface['roles'][string]> = {}
  for (const role of Object.keys(definition.roles))
    roles[role] = Object.fromEntries(declaredPermissions(definition, role))
  return {
    name: definition.name,
    routes: routes.map(({ handler: _handler, maxBody: _maxBody, ...route }) => route),
    roles,
    secondFactor: Object.keys(definition.roles).filter((role) => declaredSecondFactor(definition, role)),
    permissions: Object.keys(definition.permissions),
    ...(definition.fields === undefined ? {} : { fields: declaredFields(definition) }),
    tables: definition.tables.map(({ definitions: _definitions, indexes: _indexes, ...table }) => table),
  }
}
