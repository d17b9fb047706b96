import type { Principal } from '../../../kernel/principal.ts'
import { type FieldProblem, Refusal } from '../../../kernel/refusal.ts'
import { type GuardParts, type Origin, type Standing, standingOf } from './guard.ts'
import type { GuardRules } from './guard-rules.ts'
import { MAX_ROLES } from './role-store.ts'
import { parseGrant, ROLE_NAME, resolveRoles, type StoredRole } from './roles.ts'
import type { RoleDatabase } from './stored-roles.ts'

/** What a role is made of, as people define it. */
export interface RoleInput {
  /** Lower-case letters, digits and `-`; at most 60. */
  readonly name: string
  /** `thing:action`, with optional `@tenant` or `@all`; at most 500. */
  readonly grants: readonly string[]
  /** Names of existing roles; at most 50. */
  readonly inherits: readonly string[]
}

/**
 * Which roles there are besides the declared ones, under the same rules as granting them: nobody defines a role beyond their own permissions,
 * nor takes one apart that reaches further. Built-in and declared roles belong to the declaration.
 *
 * All throw {@link Refusal} `permission-missing`, `grant-beyond-own`, `conflict`, `input-invalid`, `not-found`, and report `authz_guard`.
 */
export interface RoleDefinitions {
  /** Makes a role, or puts another content into a custom one. @returns whether that changed anything. */
  defineRole(tx: RoleDatabase, actor: Principal, role: RoleInput, origin?: Origin): Promise<boolean>
  /** Removes a custom role that nobody has and no role inherits from. */
  removeRole(tx: RoleDatabase, actor: Principal, name: string, origin?: Origin): Promise<void>
}

export function createRoleDefinitions(parts: GuardParts, rules: GuardRules): RoleDefinitions {
  return {
    async defineRole(tx, actor, input, origin = {}) {
      const standing = await standingOf(tx, actor, parts, rules, origin)
      const before = standing.stored.find((role) => role.name === input.name)
      if (before !== undefined) requireChangeable(before, standing)
      const role: StoredRole = {
        name: input.name,
        origin: 'custom',
        grants: unique(input.grants),
        inherits: unique(input.inherits),
      }
      requireSound(role, standing, parts)

      // Judged with the role in its place: what it inherits counts, and so does what the roles built on it gain.
      const others = standing.stored.filter((other) => other.name !== role.name)
      const after = resolveRoles([...others, role], parts.declared)
      if (after.lineage.get(role.name)?.size === 0) invalid('body/inherits', 'must not lead back to the role itself')
      const permissions = after.permissions.get(role.name)
      if (permissions === undefined || !standing.holdsAll({ roles: [role.name, ...role.inherits], permissions })) {
        standing.refuse('beyond-own', 'grant-beyond-own')
      }

      const change = differenceOf(before, role)
      if (before !== undefined && change.added.length + change.removed.length === 0) return false
      await tx
        .insertInto('holdfast.role')
        .values({ ...role, grants: [...role.grants], inherits: [...role.inherits] })
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet({ grants: [...role.grants], inherits: [...role.inherits] }),
        )
        .execute()
      await parts.events.stage(tx, standing.event('authz_role_changed', { role: role.name, ...change }))
      return true
    },

    async removeRole(tx, actor, name, origin = {}) {
      const standing = await standingOf(tx, actor, parts, rules, origin)
      const role = standing.stored.find((stored) => stored.name === name)
      if (role === undefined) throw new Refusal('not-found')
      requireChangeable(role, standing)
      const heir = standing.stored.find((other) => other.inherits.includes(name))
      if (heir !== undefined) throw new Refusal('conflict', `The role ${heir.name} inherits from it`)
      const holder = await tx
        .selectFrom('holdfast.account_role')
        .select('account_id')
        .where('role', '=', name)
        .limit(1)
        .executeTakeFirst()
      if (holder !== undefined) throw new Refusal('conflict', 'Somebody has this role')

      await tx.deleteFrom('holdfast.role').where('name', '=', name).execute()
      const change = differenceOf(role, undefined)
      await parts.events.stage(tx, standing.event('authz_role_changed', { role: name, ...change }))
    },
  }
}

function requireChangeable(role: StoredRole, standing: Standing): void {
  if (role.origin !== 'custom') {
    standing.refuse('declared-role', 'conflict', 'Declared roles are changed in the declaration')
  }
  if (!standing.reaches(standing.holder(role.name))) {
    standing.refuse('beyond-own', 'grant-beyond-own', 'Nobody can change a role that reaches further than their own')
  }
}

/** Everything the database would refuse too, and what it can't see, with all problems at once. */
function requireSound(role: StoredRole, standing: Standing, parts: GuardParts): void {
  const fields: FieldProblem[] = []
  const flaw = (at: string, problem: string): void => {
    if (fields.length < MAX_PROBLEMS) fields.push({ at, problem })
  }
  if (!ROLE_NAME.test(role.name)) flaw('params/name', 'must be lower-case letters, digits and "-", at most 60')
  if (role.grants.length > MAX_GRANTS) flaw('body/grants', `must be at most ${MAX_GRANTS}`)
  if (role.inherits.length > MAX_INHERITS) flaw('body/inherits', `must be at most ${MAX_INHERITS}`)
  role.grants.forEach((text, index) => {
    const grant = parseGrant(text)
    if (grant === null || !parts.declared.has(grant.permission)) {
      flaw(`body/grants/${index}`, 'must be a declared permission, with @tenant or @all where it reaches further')
    }
  })
  role.inherits.forEach((name, index) => {
    if (!standing.resolved.permissions.has(name)) flaw(`body/inherits/${index}`, 'must be the name of a role')
  })
  if (standing.stored.length >= MAX_ROLES && !standing.resolved.permissions.has(role.name)) {
    flaw('params/name', `there are ${MAX_ROLES} roles; remove one first`)
  }
  if (fields.length > 0) throw new Refusal('input-invalid', undefined, { fields })
}

function invalid(at: string, problem: string): never {
  throw new Refusal('input-invalid', undefined, { fields: [{ at, problem }] })
}

/** What came and what went, inheritance written as `inherits NAME`. */
function differenceOf(before: StoredRole | undefined, after: StoredRole | undefined) {
  const old = partsOf(before)
  const young = partsOf(after)
  return { added: [...young].filter((part) => !old.has(part)), removed: [...old].filter((part) => !young.has(part)) }
}

const partsOf = (role: StoredRole | undefined): ReadonlySet<string> =>
  new Set([...(role?.grants ?? []), ...(role?.inherits ?? []).map((name) => `inherits ${name}`)])

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort()

const MAX_GRANTS = 500
const MAX_INHERITS = 50
const MAX_PROBLEMS = 20
