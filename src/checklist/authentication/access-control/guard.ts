import type { SecurityEvent } from '../../../kernel/event.ts'
import type { Principal, Scope } from '../../../kernel/principal.ts'
import { type ProblemCode, Refusal } from '../../../kernel/refusal.ts'
import type { Clock } from '../../../kernel/time.ts'
import type { Events } from '../../../platform/events/events.ts'
import type { GuardRules, Holder } from './guard-rules.ts'
import { covers, OWNER, type ResolvedRoles, resolveRoles, type StoredRole, unionOf } from './roles.ts'
import { type RoleDatabase, readGivenRolesOf, readRoles, readRolesOf } from './stored-roles.ts'

/** Which request asked, for the events; a handler's context fits. */
export interface Origin {
  readonly requestId?: string
  readonly address?: string
}

export interface GuardParts {
  /** The permissions that exist. */
  readonly declared: ReadonlySet<string>
  readonly clock: Clock
  readonly events: Pick<Events, 'stage' | 'report'>
}

/**
 * Who has which role, under the rules nobody gets around: nobody grants what they do not hold, nobody raises themselves, the
 * last owner stays. Each function takes one lock, judges by what the database says now (not by what the session
 * remembers), and stages its event in the same transaction.
 *
 * All throw {@link Refusal} `permission-missing`, `grant-beyond-own`, `last-owner`, `not-found`, and report `authz_guard`.
 */
export interface RoleGuard {
  /** Gives an account a role. @returns whether that changed anything. */
  grantRole(tx: RoleDatabase, actor: Principal, accountId: string, role: string, origin?: Origin): Promise<boolean>
  /** Takes a role from an account. @returns whether that changed anything. */
  revokeRole(tx: RoleDatabase, actor: Principal, accountId: string, role: string, origin?: Origin): Promise<boolean>
  /**
   * To be called before somebody puts an account out of use or back into it, or ends its sessions, in the same transaction:
   * nobody does that to who administers more than they do. One's own account is one's own.
   */
  mayActOn(tx: RoleDatabase, actor: Principal, accountId: string, origin?: Origin): Promise<void>
  /**
   * To be called before an account is put out of use, in the same transaction.
   *
   * @param actor - `null`: whoever runs the backend, at the command line.
   */
  keepAnOwner(tx: RoleDatabase, actor: Principal | null, accountId: string, origin?: Origin): Promise<void>
}

export function createRoleGuard(parts: GuardParts, rules: GuardRules): RoleGuard {
  return {
    async grantRole(tx, actor, accountId, role, origin = {}) {
      const standing = await standingOf(tx, actor, parts, rules, origin)
      const granted = standing.holder(role)
      await requireAccount(tx, accountId)
      if (accountId === actor.accountId) standing.refuse('own-role', 'grant-beyond-own', 'Nobody can raise themselves')
      if (!standing.holdsAll(granted)) standing.refuse('beyond-own', 'grant-beyond-own')

      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('holdfast.account_role')
        .values({ account_id: accountId, role, granted_by: actor.accountId, granted_at: new Date(parts.clock.now()) })
        .onConflict((conflict) => conflict.columns(['account_id', 'role']).doNothing())
        .executeTakeFirst()
      if (!numInsertedOrUpdatedRows) return false
      await parts.events.stage(tx, standing.event('authz_role_granted', { role, account: accountId }))
      return true
    },

    async revokeRole(tx, actor, accountId, role, origin = {}) {
      const standing = await standingOf(tx, actor, parts, rules, origin)
      const granted = standing.holder(role)
      await requireAccount(tx, accountId)
      if (!standing.reaches(granted))
        standing.refuse('beyond-own', 'grant-beyond-own', 'Nobody can take away what they do not hold')
      if (role === OWNER && (await rules.otherOwners(tx, accountId)) === 0) standing.refuse('last-owner', 'last-owner')

      const { numDeletedRows } = await tx
        .deleteFrom('holdfast.account_role')
        .where('account_id', '=', accountId)
        .where('role', '=', role)
        .executeTakeFirst()
      if (!numDeletedRows) return false
      await parts.events.stage(tx, standing.event('authz_role_revoked', { role, account: accountId }))
      return true
    },

    async mayActOn(tx, actor, accountId, origin = {}) {
      if (accountId === actor.accountId) return
      await rules.lock(tx)
      const resolved = resolveRoles(await readRoles(tx), parts.declared)
      const held = narrower(await permissionsOf(tx, resolved, actor.accountId), actor.permissions)
      const theirs = unionOfRoles(await readGivenRolesOf(tx, accountId), resolved)
      if ([...theirs.keys()].every((permission) => !ADMINISTERS.has(permission) || held.has(permission))) return
      parts.events.report(guardEvent(actor, 'beyond-own', origin))
      throw new Refusal('permission-missing', 'Nobody can do this to somebody who administers more than they do')
    },

    async keepAnOwner(tx, actor, accountId, origin = {}) {
      await rules.lock(tx)
      if (!(await readRolesOf(tx, accountId)).includes(OWNER)) return
      if ((await rules.otherOwners(tx, accountId)) > 0) return
      parts.events.report(guardEvent(actor, 'last-owner', origin))
      throw new Refusal('last-owner')
    },
  }
}

/** The actor and the roles as the database has them now, behind the lock. */
export interface Standing {
  readonly actor: Holder
  readonly stored: readonly StoredRole[]
  readonly resolved: ResolvedRoles
  /** A role with its effective permissions. @throws {@link Refusal} `not-found`. */
  holder(role: string): Holder
  /** Whether the actor holds all the role grants, each at least as far. */
  holdsAll(role: Holder): boolean
  /** Whether the actor holds every permission of the role, however far: enough to take it away. */
  reaches(role: Holder): boolean
  event<Name extends 'authz_role_granted' | 'authz_role_revoked' | 'authz_role_changed'>(
    name: Name,
    fields: SecurityEvent<Name>['fields'],
  ): SecurityEvent<Name>
  refuse(rule: string, code: ProblemCode, message?: string): never
}

/**
 * Takes the lock and reads who the actor is now.
 *
 * @throws {@link Refusal} `permission-missing` where they may not manage roles (any more).
 */
export async function standingOf(
  tx: RoleDatabase,
  actor: Principal,
  parts: GuardParts,
  rules: GuardRules,
  origin: Origin,
): Promise<Standing> {
  await rules.lock(tx)
  const stored = await readRoles(tx)
  const resolved = resolveRoles(stored, parts.declared)
  const roles = await readRolesOf(tx, actor.accountId)
  const current = unionOfRoles(roles, resolved)
  const holder: Holder = { roles, permissions: narrower(current, actor.permissions) }

  function refuse(rule: string, code: ProblemCode, message?: string): never {
    parts.events.report(guardEvent(actor, rule, origin))
    throw new Refusal(code, message)
  }

  if (!holder.permissions.has(MANAGE)) refuse('not-held', 'permission-missing')
  return {
    actor: holder,
    stored,
    resolved,
    holder(role) {
      const permissions = resolved.permissions.get(role)
      if (permissions === undefined) throw new Refusal('not-found')
      return { roles: [role], permissions }
    },
    holdsAll: (role) => rules.holdsAll(holder, role),
    reaches: (role) => [...role.permissions.keys()].every((permission) => holder.permissions.has(permission)),
    event: (name, fields) => ({
      name,
      result: 'success',
      fields,
      ...who(actor, origin),
      object: `role ${fields.role}`,
    }),
    refuse,
  }
}

const MANAGE = 'role:manage'
/** The permissions over other people. */
const ADMINISTERS: ReadonlySet<string> = new Set(['user:manage', MANAGE, 'session:manage', 'tenant:manage'])
const NOTHING: ReadonlyMap<string, Scope> = new Map()

const unionOfRoles = (roles: readonly string[], resolved: ResolvedRoles): ReadonlyMap<string, Scope> =>
  unionOf(roles.map((role) => resolved.permissions.get(role) ?? NOTHING))

/** What an account's roles allow, by what the database says now. */
const permissionsOf = async (tx: RoleDatabase, resolved: ResolvedRoles, accountId: string) =>
  unionOfRoles(await readRolesOf(tx, accountId), resolved)

/**
 * What is held in both: the session may have been given less than its account has (a key's subset), and the account may have
 * lost since what the session remembers.
 */
function narrower(one: ReadonlyMap<string, Scope>, other: ReadonlyMap<string, Scope>): ReadonlyMap<string, Scope> {
  const both = new Map<string, Scope>()
  for (const [permission, scope] of one) {
    const second = other.get(permission)
    if (second !== undefined) both.set(permission, covers(scope, second) ? second : scope)
  }
  return both
}

async function requireAccount(tx: RoleDatabase, accountId: string): Promise<void> {
  const account = await tx.selectFrom('holdfast.account').select('id').where('id', '=', accountId).executeTakeFirst()
  if (account === undefined) throw new Refusal('not-found')
}

const guardEvent = (actor: Principal | null, rule: string, origin: Origin): SecurityEvent<'authz_guard'> => ({
  name: 'authz_guard',
  result: 'failure',
  fields: { rule },
  ...(actor === null ? {} : who(actor, origin)),
})

const who = (actor: Principal, origin: Origin) => ({
  accountId: actor.accountId,
  sessionId: actor.sessionId,
  tenantId: actor.tenantId ?? undefined,
  address: origin.address,
  requestId: origin.requestId,
})
