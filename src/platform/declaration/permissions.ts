import { StartRefusal } from '../../kernel/refusal.ts'
import type { RoleDefinition } from './definition.ts'
import { refuseUnknown } from './unknown-option.ts'

/** What every backend can allow, beside the application's own. */
export const BUILT_IN_PERMISSIONS = {
  'user:read': 'See the accounts and their roles',
  'user:manage': 'Invite, disable and change accounts',
  'role:read': 'See the roles and what they allow',
  'role:manage': 'Make, change, give and take roles',
  'session:manage': "See and end other people's sessions",
  'tenant:manage': 'Make tenants and say who belongs to them',
} as const

export type BuiltInPermission = keyof typeof BUILT_IN_PERMISSIONS

/** `note:read` reaches what is one's own, `note:read@tenant` the tenant, `note:read@all` everything. */
export type Grant<Permission extends string> = Permission | `${Permission}@tenant` | `${Permission}@all`

export type RoleDeclaration<Permission extends string> =
  | readonly Grant<Permission>[]
  | {
      readonly grants: readonly Grant<Permission>[]
      readonly inherits?: readonly string[]
      /** Nothing it grants is of effect before a second factor is proved. Default false. */
      readonly secondFactor?: boolean
    }

/**
 * The application's permissions and the built-in ones.
 *
 * @throws StartRefusal for a name that is not `thing:action`, or one that is built in.
 */
export function resolvePermissions(declared: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, description] of Object.entries(declared)) {
    if (!/^[a-z][a-z0-9-]{0,39}:[a-z][a-z0-9-]{0,39}$/.test(name))
      throw new StartRefusal(`permission ${name}`, 'is not named thing:action, in lower case')
    if (name in BUILT_IN_PERMISSIONS) throw new StartRefusal(`permission ${name}`, 'is built in')
    if (typeof description !== 'string' || description.trim() === '')
      throw new StartRefusal(`permission ${name}`, 'does not say in words what it allows')
  }
  return { ...declared, ...BUILT_IN_PERMISSIONS }
}

/**
 * The built-in roles (owner, admin, auditor, member) and the application's.
 *
 * @throws StartRefusal for a malformed or built-in name, an unknown permission or role, and inheritance in a circle.
 */
export function resolveRoles(
  declared: Readonly<Record<string, RoleDeclaration<string>>>,
  permissions: Readonly<Record<string, string>>,
): Readonly<Record<string, RoleDefinition>> {
  const roles: Record<string, RoleDefinition> = builtInRoles(permissions)
  for (const [name, declaration] of Object.entries(declared)) {
    const where = `role ${name}`
    if (!/^[a-z][a-z0-9-]{0,59}$/.test(name))
      throw new StartRefusal(where, 'a role name has lower-case letters, digits and -')
    if (['owner', 'admin', 'auditor'].includes(name))
      throw new StartRefusal(where, 'is built in and can not be declared')
    if (!isList(declaration)) refuseUnknown(where, declaration, { grants: true, inherits: true, secondFactor: true })
    const { grants, inherits, secondFactor } = isList(declaration)
      ? { grants: declaration, inherits: [], secondFactor: false }
      : declaration
    for (const grant of grants) {
      const permission = grant.replace(/@(tenant|all)$/, '')
      if (!Object.hasOwn(permissions, permission))
        throw new StartRefusal(where, `grants ${grant}, but no such permission is declared`)
    }
    roles[name] = {
      grants: [...new Set(grants)],
      inherits: inherits ?? [],
      ...(secondFactor === true ? { secondFactor } : {}),
    }
  }
  for (const name of Object.keys(roles)) checkInheritance(name, roles)
  return roles
}

function builtInRoles(permissions: Readonly<Record<string, string>>): Record<string, RoleDefinition> {
  const all = Object.keys(permissions)
  const own = all.filter((name) => !(name in BUILT_IN_PERMISSIONS))
  return {
    owner: { grants: all, inherits: [] },
    admin: { grants: [...own, 'user:read', 'user:manage', 'role:read', 'session:manage'], inherits: [] },
    auditor: { grants: all.filter((name) => name.endsWith(':read')).map((name) => `${name}@all`), inherits: [] },
    member: { grants: [], inherits: [] },
  }
}

function checkInheritance(name: string, roles: Readonly<Record<string, RoleDefinition>>): void {
  const walk = (current: string, path: readonly string[]): void => {
    if (path.includes(current))
      throw new StartRefusal(`role ${name}`, `inherits from itself: ${[...path, current].join(' → ')}`)
    const role = roles[current]
    if (role === undefined) throw new StartRefusal(`role ${name}`, `inherits from ${current}, which is not declared`)
    for (const next of role.inherits) walk(next, [...path, current])
  }
  walk(name, [])
}

const isList = (declaration: RoleDeclaration<string>): declaration is readonly Grant<string>[] =>
  Array.isArray(declaration)
