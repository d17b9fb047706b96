import type { Principal, Scope } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { Authorize, GuardedRoute } from './authorize.ts'
import type { AccessControl } from './control.ts'
import { GUARD_RULES } from './guard-rules.ts'
import { objectSabotages } from './sabotage-objects.ts'

/** Mistakes people ship with roles and permissions. */
export const sabotages: readonly Sabotage<AccessControl>[] = [
  {
    name: 'unsafe-methods-forgotten',
    fault: 'The gate has a list of methods that it guards, and PATCH came later.',
    leaves: 'absent',
    caughtBy: ['anonymous'],
    // Whoever has done half of a sign-in is nobody, and is let through as well.
    alsoBreaks: ['authentication/multi-factor'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize: (route) => (route.method === 'PATCH' ? letThrough : c.authorize(route)),
      }))
    },
  },
  {
    name: 'head-lets-through',
    fault: 'HEAD is for monitors and shows no body, so nobody is asked who they are.',
    leaves: 'present',
    caughtBy: ['anonymous'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize(route) {
          const check = c.authorize(route)
          return (request) => {
            if (request.method !== 'HEAD') check(request)
          }
        },
      }))
    },
  },
  {
    name: 'signed-in-is-enough',
    fault: 'Whoever is signed in passes; the permission is looked up and not used.',
    leaves: 'present',
    caughtBy: ['permissions'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize: (route) =>
          c.authorize(
            route.access.kind === 'permission' ? { ...route, access: { ...route.access, kind: 'signed-in' } } : route,
          ),
      }))
    },
  },
  {
    name: 'permission-by-prefix',
    fault: 'Permissions are compared by what stands before the colon, so that reading something allows writing it.',
    leaves: 'present',
    caughtBy: ['auditor'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize: (route) =>
          byPermission(c, route, (held, asked) =>
            [...held.keys()].some((one) => one.split(':')[0] === asked.split(':')[0]),
          ),
      }))
    },
  },
  {
    name: 'inheritance-upside-down',
    fault: 'Inheritance is followed the wrong way, so that members hold what administrators add.',
    leaves: 'present',
    caughtBy: ['permissions'],
    // Who holds something over other people is asked for a second factor, and may not remove the last one.
    alsoBreaks: ['authentication/strong-authentication', 'authentication/multi-factor'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        permissionsOf: (roles) => c.permissionsOf(roles.includes('member') ? [...roles, 'admin'] : roles),
      }))
    },
  },
  {
    name: 'unknown-grants-all',
    fault: 'A role that holds anything that is not understood is taken for one from a newer release, and let through.',
    leaves: 'present',
    caughtBy: ['unknown-grants'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize(route) {
          const check = c.authorize(route)
          return (request) => {
            const odd = c
              .problems()
              .some((problem) => request.principal?.roles.some((role) => problem.startsWith(`role ${role}:`)))
            if (!odd) check(request)
          }
        },
      }))
    },
  },
  {
    name: 'last-owner-not-counted',
    fault: 'The rule about the last owner counts the owners including the one who leaves.',
    leaves: 'present',
    caughtBy: ['last-owner'],
    plant(plan) {
      plan.control((c) => c.guardedBy({ otherOwners: async () => 1 }))
    },
  },
  {
    name: 'last-owner-without-lock',
    fault: 'The owners are counted and then one is removed, with nothing to keep two from doing so at once.',
    leaves: 'present',
    caughtBy: ['last-owner'],
    plant(plan) {
      plan.control((c) => c.guardedBy({ lock: async () => undefined }))
    },
  },
  {
    name: 'grant-guard-by-name',
    fault: 'What may be granted is decided by the name of the role: anything but owner.',
    leaves: 'present',
    caughtBy: ['grant-guard'],
    plant(plan) {
      plan.control((c) =>
        c.guardedBy({ holdsAll: (actor, role) => actor.roles.includes('owner') || !role.roles.includes('owner') }),
      )
    },
  },
  {
    name: 'inherited-not-counted',
    fault: 'Whoever makes a role is judged by what it grants itself; what it inherits is looked at when it is used.',
    leaves: 'present',
    caughtBy: ['grant-guard'],
    plant(plan) {
      plan.control((c) =>
        c.guardedBy({ holdsAll: (actor, role) => role.roles.length > 1 || GUARD_RULES.holdsAll(actor, role) }),
      )
    },
  },
  {
    name: 'step-up-any-age',
    fault: 'A route that asks for a recent proof is content with any.',
    leaves: 'present',
    caughtBy: ['step-up'],
    plant(plan) {
      plan.control((c) => ({ ...c, authorize: (route) => c.authorize({ ...route, access: withoutStepUp(route) }) }))
    },
  },
  {
    name: 'assurance-not-looked-at',
    fault: 'A route that asks for two factors looks at how recent the proof is, and never at what was proved.',
    leaves: 'present',
    caughtBy: ['assurance'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize(route) {
          const check = c.authorize({ ...route, access: recentOnly(route) })
          return (request) => {
            const { principal } = request
            check(Object.create(request, { principal: { value: principal && { ...principal, secondFactor: false } } }))
          }
        },
      }))
    },
  },
  {
    name: 'auditor-may-write',
    fault: 'Checks are skipped for auditors, since they may see everything.',
    leaves: 'present',
    caughtBy: ['auditor'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize(route) {
          const check = c.authorize(route)
          return (request) => {
            if (!request.principal?.roles.includes('auditor')) check(request)
          }
        },
      }))
    },
  },
  {
    name: 'roles-remembered',
    fault: 'Roles are read at the start and remembered; whatever is changed later counts after the next restart.',
    leaves: 'present',
    caughtBy: ['role-change'],
    plant(plan) {
      const loaded = new WeakSet<object>()
      plan.control((c) => {
        const once = async (): Promise<void> => {
          if (loaded.has(c)) return
          loaded.add(c)
          await c.reload()
        }
        return { ...c, reload: once, rolesChanged: once }
      })
    },
  },
  {
    name: 'refused-in-silence',
    fault: 'The permission is checked by a helper that answers 403 and tells nobody.',
    leaves: 'present',
    caughtBy: ['refusals-told'],
    plant(plan) {
      plan.control((c) => ({ ...c, authorize: (route) => byPermission(c, route, (held, asked) => held.has(asked)) }))
    },
  },
  ...objectSabotages,
]

const letThrough: Authorize = () => undefined

/** The check of a route with another comparison of permissions in it. */
function byPermission(
  control: AccessControl,
  route: GuardedRoute,
  holds: (held: ReadonlyMap<string, Scope>, asked: string) => boolean,
): Authorize {
  const { access } = route
  if (access.kind !== 'permission') return control.authorize(route)
  const signedIn = control.authorize({ ...route, access: { ...access, kind: 'signed-in' } })
  return (request) => {
    const who: Principal | null = request.principal
    if (who !== null && !holds(who.permissions, access.permission)) throw new Refusal('permission-missing')
    signedIn(request)
  }
}

function withoutStepUp({ access }: GuardedRoute): GuardedRoute['access'] {
  if (access.kind === 'permission') return { kind: 'permission', permission: access.permission }
  return access.kind === 'signed-in' ? { kind: 'signed-in' } : access
}

function recentOnly({ access }: GuardedRoute): GuardedRoute['access'] {
  if (access.kind === 'public' || access.stepUp === undefined) return access
  return { ...access, stepUp: { within: access.stepUp.within } }
}
