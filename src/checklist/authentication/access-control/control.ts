import { type Identity, NOBODY, type Principal, type Scope } from '../../../kernel/principal.ts'
import { StartRefusal } from '../../../kernel/refusal.ts'
import type { Clock } from '../../../kernel/time.ts'
import type { Channel, Database } from '../../../platform/database/database.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import type { BackendDefinition } from '../../../platform/declaration/definition.ts'
import type { Events } from '../../../platform/events/events.ts'
import { type Authorize, authorizeRoute, type GuardedRoute, identityFor } from './authorize.ts'
import { type ExplainedPerson, type ExplainedRoute, type Explanation, explainAccess } from './explain.ts'
import { createFieldControl, type FieldControl } from './fields.ts'
import { createRoleGuard, type GuardParts, type RoleGuard } from './guard.ts'
import { GUARD_RULES, type GuardRules } from './guard-rules.ts'
import { createRoleDefinitions, type RoleDefinitions } from './role-definitions.ts'
import { createRoleStore, type RoleStore } from './role-store.ts'
import { resolveRoles } from './roles.ts'
import { readRoles } from './stored-roles.ts'

export interface AccessControlParts {
  readonly accounts: Pick<Database<HoldfastTables>, 'as'>
  readonly definition: Pick<BackendDefinition, 'permissions' | 'roles' | 'tables' | 'fields' | 'routes'>
  readonly clock: Clock
  readonly events: Pick<Events, 'stage' | 'report'>
  /** Tells the other nodes that roles changed; without one there are none. */
  readonly channel?: Pick<Channel, 'notify'>
}

/**
 * Who may do what. Roles and their permissions come from the database and are known to the process until {@link RoleStore.reload};
 * what a principal may do is read from the map the principal carries.
 */
export interface AccessControl extends RoleStore, RoleGuard, RoleDefinitions, FieldControl {
  /** The check of one route, made once when it is registered. @throws StartRefusal for a route that does not say who may call it. */
  authorize(route: GuardedRoute): Authorize
  /** What row-level security is told when `principal` calls `route`. */
  identityFor(route: GuardedRoute, principal: Principal | null): Identity
  /** Why somebody may or may not call a route, line by line. */
  explain(person: ExplainedPerson | null, route: ExplainedRoute): Explanation
  /** To be called behind the commit of a change of roles: reads them here and tells the other nodes. */
  rolesChanged(): Promise<void>
  /** The same control with other rules for granting and defining roles. */
  guardedBy(rules: Partial<GuardRules>): AccessControl
}

/**
 * Makes the control; nobody holds anything until {@link RoleStore.reload} has run.
 *
 * @throws {@link StartRefusal} where the declared roles or field rules do not hold together.
 */
export function createAccessControl(parts: AccessControlParts): AccessControl {
  const { accounts, definition, clock, events } = parts
  const declared: ReadonlySet<string> = new Set(Object.keys(definition.permissions))
  checkDeclaredRoles(definition.roles, declared)

  const store = createRoleStore(() => readRoles(accounts.as(NOBODY)), declared)
  const guardParts: GuardParts = { declared, clock, events }
  const report = (event: Parameters<Events['report']>[0]): void => events.report(event)
  const fields = createFieldControl(definition, store.lineageOf)

  const control: AccessControl = {
    ...store,
    ...fields,
    ...createRoleGuard(guardParts, GUARD_RULES),
    ...createRoleDefinitions(guardParts, GUARD_RULES),
    authorize: (route) => authorizeRoute(route, { declared, clock, report }),
    identityFor,
    explain: (person, route) => explainAccess(person, route, { definition, roles: store, fields, clock }),
    async rolesChanged() {
      await store.reload()
      await parts.channel?.notify(ROLES_CHANGED)
    },
    guardedBy(rules) {
      const all = { ...GUARD_RULES, ...rules }
      return { ...control, ...createRoleGuard(guardParts, all), ...createRoleDefinitions(guardParts, all) }
    },
  }
  return control
}

/** What is sent over the channel when roles changed; whoever receives it calls {@link RoleStore.reload}. */
export const ROLES_CHANGED = 'role'

/** What a declared role may not be: half understood. People's own roles lose what is not understood, the declaration does not start. */
function checkDeclaredRoles(roles: BackendDefinition['roles'], declared: ReadonlySet<string>): void {
  const stored = Object.entries(roles).map(([name, role]) => ({ name, origin: 'declared' as const, ...role }))
  const [problem] = resolveRoles(stored, declared).problems
  if (problem !== undefined) throw new StartRefusal('roles', problem)
}

export type {
  Authorize,
  FieldControl,
  GuardedRoute,
  GuardRules,
  Identity,
  RoleDefinitions,
  RoleGuard,
  RoleStore,
  Scope,
}
