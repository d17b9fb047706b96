import type { Scope } from '../kernel/principal.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'

/** What a role holds by declaration, inheritance resolved; apart from the control, which reads roles as they are stored. */
export const declaredPermissions = (
  definition: Pick<BackendDefinition, 'roles'>,
  role: string,
): ReadonlyMap<string, Scope> => permissionsOf(definition, role, new Set())

/** Whether a role, or one it inherits from, is declared to require a second factor; owner, admin and auditor always do. */
export function declaredSecondFactor(
  definition: Pick<BackendDefinition, 'roles'>,
  role: string,
  seen: ReadonlySet<string> = new Set(),
): boolean {
  const declared = definition.roles[role]
  if (ALWAYS.includes(role)) return true
  if (declared === undefined || seen.has(role)) return false
  return (
    declared.secondFactor === true ||
    declared.inherits.some((parent) => declaredSecondFactor(definition, parent, new Set([...seen, role])))
  )
}

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

const ALWAYS: readonly string[] = ['owner', 'admin', 'auditor']
const WIDTH: readonly Scope[] = ['own', 'tenant', 'all']
