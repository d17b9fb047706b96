import type { Scope } from '../../../kernel/principal.ts'

/** A role as `holdfast.role` has it: nothing of it is trusted until {@link resolveRoles} has read it. */
export interface StoredRole {
  readonly name: string
  readonly origin: 'declared' | 'custom'
  /** `thing:action`, with optional `@tenant` or `@all`. */
  readonly grants: readonly string[]
  readonly inherits: readonly string[]
}

/** What the roles mean once inheritance is worked out. */
export interface ResolvedRoles {
  /** Role → effective permissions. A role that can't be understood holds nothing. */
  readonly permissions: ReadonlyMap<string, ReadonlyMap<string, Scope>>
  /** Role → itself and every role it inherits from, directly or not. */
  readonly lineage: ReadonlyMap<string, ReadonlySet<string>>
  /** What was left out and why, one line each; empty where everything was understood. */
  readonly problems: readonly string[]
}

/**
 * Works out what each role grants: its own grants and those of every role it inherits from, the wider scope winning.
 *
 * Closed where it does not understand: a grant that can't be read, names a permission that is not declared, or would let an
 * auditor write, grants nothing; an inherited role that does not exist adds nothing; a role whose inheritance runs
 * in a circle, or leads into one, holds nothing at all.
 *
 * @param declared - the permissions that exist.
 */
export function resolveRoles(stored: readonly StoredRole[], declared: ReadonlySet<string>): ResolvedRoles {
  const problems = new Set<string>()
  const byName = new Map(stored.map((role) => [role.name, role]))
  const permissions = new Map<string, ReadonlyMap<string, Scope>>()
  const lineage = new Map<string, ReadonlySet<string>>()

  for (const role of stored) {
    const ancestry = ancestryOf(role.name, byName, problems)
    const effective = new Map<string, Scope>()
    for (const text of [...ancestry].flatMap((name) => byName.get(name)?.grants ?? [])) {
      const grant = parseGrant(text)
      if (grant === null) problems.add(`role ${role.name}: grant ${text} can not be read`)
      else if (!declared.has(grant.permission)) problems.add(`role ${role.name}: permission ${text} is not declared`)
      else if (role.name === AUDITOR && !isReading(grant.permission))
        problems.add(`role ${role.name}: ${text} changes something`)
      else effective.set(grant.permission, wider(effective.get(grant.permission), grant.scope))
    }
    lineage.set(role.name, ancestry)
    permissions.set(role.name, freezeMap(effective))
  }
  return Object.freeze({
    permissions: freezeMap(permissions),
    lineage: freezeMap(lineage),
    problems: Object.freeze([...problems]),
  })
}

/** `note:read@tenant` → its permission and scope; `null` for anything that is not exactly that. */
export function parseGrant(text: string): { readonly permission: string; readonly scope: Scope } | null {
  const match = GRANT.exec(text)
  if (match?.[1] === undefined) return null
  return { permission: match[1], scope: (match[2] as 'tenant' | 'all' | undefined) ?? 'own' }
}

/** `note:read@tenant` again; own scope is written without a suffix. */
export const grantText = (permission: string, scope: Scope): string =>
  scope === 'own' ? permission : `${permission}@${scope}`

/** Whether `held` reaches at least as far as `asked`. What is no scope covers nothing and is covered by nothing. */
export function covers(held: Scope | undefined, asked: Scope | undefined): boolean {
  const reach = rank(held)
  const wanted = rank(asked)
  return reach > 0 && wanted > 0 && reach >= wanted
}

/** The farther reaching of two scopes. */
export const wider = (one: Scope | undefined, other: Scope): Scope =>
  one !== undefined && rank(one) > rank(other) ? one : other

/** Whether a value is one of the three scopes and nothing else. */
export const isScope = (value: unknown): value is Scope => value === 'own' || value === 'tenant' || value === 'all'

/** Union of several roles' effective permissions, the wider scope winning. */
export function unionOf(maps: Iterable<ReadonlyMap<string, Scope>>): ReadonlyMap<string, Scope> {
  const union = new Map<string, Scope>()
  for (const map of maps)
    for (const [permission, scope] of map) union.set(permission, wider(union.get(permission), scope))
  return freezeMap(union)
}

/** A map is shared by every request of a role, so nobody may write to it: its three writing methods throw. */
export function freezeMap<K, V>(map: Map<K, V>): ReadonlyMap<K, V> {
  const refuse = (): never => {
    throw new TypeError('this map is frozen')
  }
  for (const method of ['set', 'delete', 'clear']) Object.defineProperty(map, method, { value: refuse })
  return Object.freeze(map)
}

/** The one kind of permission an auditor may hold. */
export const isReading = (permission: string): boolean => permission.endsWith(':read')

export const AUDITOR = 'auditor'
export const OWNER = 'owner'

/** What `holdfast.permission_grant` accepts too. */
const GRANT = /^([a-z][a-z0-9-]*:[a-z][a-z0-9-]*)(?:@(tenant|all))?$/
/** What `holdfast.role_name` accepts too. */
export const ROLE_NAME = /^[a-z][a-z0-9-]{0,59}$/

const NOTHING: ReadonlySet<string> = new Set()

/** 0 for what is no scope, so that no comparison with it can come out true. */
function rank(scope: Scope | undefined): 0 | 1 | 2 | 3 {
  return scope === 'all' ? 3 : scope === 'tenant' ? 2 : scope === 'own' ? 1 : 0
}

/** The role and all it inherits from, or nothing where the walk comes round to a role it is still inside of. */
function ancestryOf(
  start: string,
  byName: ReadonlyMap<string, StoredRole>,
  problems: Set<string>,
): ReadonlySet<string> {
  const done = new Set<string>()
  const inside = new Set<string>()
  // An explicit stack: a chain of inheritance may be as long as the table of roles.
  const stack: { readonly name: string; readonly parents: readonly string[]; next: number }[] = []
  const enter = (name: string): void => {
    inside.add(name)
    stack.push({ name, parents: byName.get(name)?.inherits ?? [], next: 0 })
  }
  enter(start)
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const parent = frame.parents[frame.next++]
    if (parent === undefined) {
      inside.delete(frame.name)
      done.add(frame.name)
      stack.pop()
    } else if (inside.has(parent)) {
      problems.add(`role ${start}: inherits in a circle through ${parent}`)
      return NOTHING
    } else if (!byName.has(parent)) {
      problems.add(`role ${frame.name}: inherits from ${parent}, which does not exist`)
    } else if (!done.has(parent)) enter(parent)
  }
  return done
}
