import type { Scope } from '../../../kernel/principal.ts'

export interface RequirementParts {
  /** Further roles that were declared to require a second factor. */
  readonly requiredBy: readonly string[]
  /** These roles and all they inherit from. */
  readonly lineageOf: (roles: readonly string[]) => ReadonlySet<string>
  /** What these roles hold. */
  readonly permissionsOf: (roles: readonly string[]) => ReadonlyMap<string, Scope>
}

/**
 * Whether a role requires a second factor: the three that always do, those declared to, whatever inherits from one of
 * them, and whatever role holds a permission over other people. The last is for roles that people define: one that
 * may change accounts or roles could give itself the rest.
 */
export function requirement({ requiredBy, lineageOf, permissionsOf }: RequirementParts): (role: string) => boolean {
  const named = new Set([...ALWAYS, ...requiredBy])
  return (role) =>
    named.has(role) ||
    [...lineageOf([role])].some((ancestor) => named.has(ancestor)) ||
    [...permissionsOf([role]).keys()].some((permission) => OVER_PEOPLE.has(permission))
}

const ALWAYS = ['owner', 'admin', 'auditor'] as const
const OVER_PEOPLE: ReadonlySet<string> = new Set(['user:manage', 'role:manage', 'session:manage', 'tenant:manage'])
