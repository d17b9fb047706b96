import type { FastifyRequest } from 'fastify'
import type { SecurityEvent } from '../../../kernel/event.ts'
import { type Identity, NOBODY, type Principal } from '../../../kernel/principal.ts'
import { type ProblemCode, Refusal, StartRefusal } from '../../../kernel/refusal.ts'
import type { Access, StepUp } from '../../../kernel/surface.ts'
import type { Clock, Moment, Seconds } from '../../../kernel/time.ts'
import type { RouteDefinition } from '../../../platform/declaration/definition.ts'
import { isScope } from './roles.ts'

/** Lets a request through by returning, and throws a {@link Refusal} otherwise. */
export type Authorize = (request: FastifyRequest) => void

/** What of a route access control needs to know. */
export type GuardedRoute = Pick<RouteDefinition, 'method' | 'path' | 'access'>

export interface AuthorizeParts {
  /** The permissions that exist. */
  readonly declared: ReadonlySet<string>
  readonly clock: Clock
  readonly report: (event: SecurityEvent) => void
}

/**
 * Makes the check of one route, once, when it is registered.
 *
 * The check throws {@link Refusal} `authentication-required` for nobody where the route is not public,
 * `permission-missing` (and event `authz_fail`) where the permission is not held, `second-factor-required` where it is held and
 * of no effect before a second factor is proved, or the route asks for two factors and they have one, `step-up-required` where the
 * last proof of who they are is older than the route allows, or not as good. Whatever it does not know refuses.
 *
 * @throws {@link StartRefusal} where the route does not say who may call it, or names a permission that is not declared.
 *
 * @see OWASP ASVS 5.0, 8.2.1 and 8.3.1
 */
export function authorizeRoute(route: GuardedRoute, parts: AuthorizeParts): Authorize {
  const access = checkAccess(route, parts.declared)
  if (access.kind === 'public') return () => undefined
  const { clock, report } = parts
  const needed = access.kind === 'permission' ? access.permission : undefined
  const stepUp = access.stepUp

  return (request) => {
    const principal = request.principal
    if (principal === null || principal === undefined) throw new Refusal('authentication-required')
    if (needed !== undefined && !isScope(principal.permissions.get(needed))) {
      const withheld = principal.withheld?.has(needed) === true
      report(failure(route, needed, principal, request, withheld ? 'withheld until a second factor' : 'not held'))
      if (withheld) throw new Refusal('second-factor-required')
      throw new Refusal('permission-missing')
    }
    const missing = stepUp === undefined ? null : missingProof(principal, clock.now(), stepUp)
    if (missing !== null)
      throw new Refusal(missing, stepUp?.assurance === 3 ? DEVICE_BOUND[missing] : WHAT_TO_DO[missing])
  }
}

/**
 * What row-level security is told for a request: the caller with the scope of the permission the route asks for, `own`
 * where it asks for none, and nobody where there is no caller or the permission is not held.
 */
export function identityFor(route: GuardedRoute, principal: Principal | null): Identity {
  if (principal === null) return NOBODY
  const scope = route.access.kind === 'permission' ? principal.permissions.get(route.access.permission) : 'own'
  if (!isScope(scope)) return NOBODY
  return { accountId: principal.accountId, tenantId: principal.tenantId, scope }
}

/** What the refusal says beside its title: the way on. */
const WHAT_TO_DO: Readonly<Partial<Record<ProblemCode, string>>> = {
  'second-factor-required': 'This asks for a second factor; add one to your account',
}
const DEVICE_BOUND: typeof WHAT_TO_DO = {
  'second-factor-required': 'This asks for a passkey that stays on one device; add one to your account',
  'step-up-required': 'Confirm with a passkey that stays on one device first',
}

/**
 * What keeps somebody's last proof of who they are from being what a route asks for; `null`: nothing does. Who has no second
 * factor can't confirm with one: they are told to add it.
 */
export function missingProof(
  principal: Principal,
  now: Moment,
  { within, assurance }: StepUp,
): 'second-factor-required' | 'step-up-required' | null {
  const wanted = assurance ?? (principal.secondFactor === true ? 2 : 1)
  if (isRecent(principal.authenticatedAt, now, within) && principal.assurance >= wanted) return null
  return assurance !== undefined && principal.secondFactor !== true ? 'second-factor-required' : 'step-up-required'
}

/** Whether somebody proved who they are within `limit` before `now`. A moment that is no number never counts. */
export function isRecent(authenticatedAt: Moment, now: Moment, limit: Seconds): boolean {
  const age = now - authenticatedAt
  return age <= limit * 1000 && age >= -CLOCK_SKEW_MILLISECONDS
}

/** Nodes disagree about the time by less than this; a proof from further ahead was not made by one of ours. */
const CLOCK_SKEW_MILLISECONDS = 60_000

/** The route's access, once it is known to be one of the three kinds, whole. */
function checkAccess(route: GuardedRoute, declared: ReadonlySet<string>): Access {
  const where = `route ${route.method} ${route.path}`
  const access: Access | undefined = route.access
  if (access?.kind === 'public') return access
  if (access?.kind !== 'signed-in' && access?.kind !== 'permission') {
    throw new StartRefusal(where, 'declares neither a permission nor public; say which')
  }
  if (access.kind === 'permission' && !declared.has(access.permission)) {
    throw new StartRefusal(where, `asks for ${access.permission}, which is not among the declared permissions`)
  }
  if (access.stepUp !== undefined && !isStepUp(access.stepUp)) {
    throw new StartRefusal(where, 'stepUp must be within a number of seconds above 0, and of assurance 2 or 3 or none')
  }
  return access
}

const isStepUp = ({ within, assurance }: StepUp): boolean =>
  Number.isFinite(within) && within > 0 && [undefined, 2, 3].includes(assurance)

function failure(
  route: GuardedRoute,
  permission: string,
  principal: Principal,
  request: FastifyRequest,
  reason: string,
): SecurityEvent {
  return {
    name: 'authz_fail',
    result: 'failure',
    fields: { permission, reason },
    accountId: principal.accountId,
    sessionId: principal.sessionId,
    tenantId: principal.tenantId ?? undefined,
    object: `route ${route.method} ${route.path}`,
    address: request.clientAddress,
    requestId: request.id,
  }
}
