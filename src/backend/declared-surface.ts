import type { Scope } from '../kernel/principal.ts'
import type { Surface } from '../kernel/surface.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { surfaceOf } from './surface.ts'

/** The surface of a definition that nobody runs here: its own routes, and what its roles hold by declaration alone. */
export function declaredSurface(definition: BackendDefinition): Surface {
  return surfaceOf(definition, definition.routes, ([role = '']) => permissionsOf(definition, role, new Set()))
}

function permissionsOf(definition: BackendDefinition, role: string, seen: Set<string>): Map<string, Scope> {
  const held = new Map<string, Scope>()
  const declared = definition.roles[role]
  if (declared === undefined || seen.has(role)) return held
  seen.add(role)
  const take = (permission: string, scope: Scope): void => {
    const before = held.get(permission)
    if (before === undefined || WIDTH.indexOf(scope) > WIDTH.indexOf(before)) held.set(permission, scope)
  }
  for (const grant of declared.grants) {
    const [permission = '', scope = 'own'] = grant.split('@')
    take(permission, scope as Scope)
  }
  for (const parent of declared.inherits) {
    for (const [permission, scope] of permissionsOf(definition, parent, seen)) take(permission, scope)
  }
  return held
}

const WIDTH: readonly Scope[] = ['own', 'tenant', 'all']
