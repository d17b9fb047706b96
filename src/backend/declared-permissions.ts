import type { Scope } from '../kernel/principal.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'

/** What a role holds by declaration, inheritance resolved; apart from the control, which reads roles as they are stored. */
export const declaredPermissions = (
  definition: Pick<BackendDefinition, 'roles'>,
  role: string,
): ReadonlyMap<string, Scope> => permissionsOf(definition, role, new Set())

function permissionsOf(
  definition: Pick<BackendDefinition, 'roles'>,
  role: string,
  seen: Set<string>,
): Map<string, Scope> {
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
