import type { Principal } from '../../../kernel/principal.ts'
import type { Clock } from '../../../kernel/time.ts'
import { type GuardedRoute, hasConfirmed } from './authorize.ts'
import type { RoleStore } from './role-store.ts'
import { grantText, isScope } from './roles.ts'

/**
 * Why somebody may or may not call a route, in lines to be read by an administrator; the last one is the outcome. Holds no
 * secret, and is for who may read roles, not for the one refused.
 */
export function explainAccess(
  principal: Principal | null,
  route: GuardedRoute,
  roles: Pick<RoleStore, 'list' | 'lineageOf'>,
  clock: Clock,
): readonly string[] {
  const { access } = route
  const name = `${route.method} ${route.path}`
  if (access.kind === 'public') return [`${name} is public.`, 'Allowed.']
  const lines = [
    access.kind === 'signed-in' ? `${name} is for whoever is signed in.` : `${name} asks for ${access.permission}.`,
  ]
  if (principal === null) return [...lines, 'Nobody is signed in.', 'Refused: authentication-required.']
  lines.push(principal.roles.length > 0 ? `Roles: ${principal.roles.join(', ')}.` : 'No role.')

  if (access.kind === 'permission') {
    const scope = principal.permissions.get(access.permission)
    for (const source of sourcesOf(access.permission, principal, roles)) lines.push(source)
    if (!isScope(scope)) return [...lines, `${access.permission} is not held.`, 'Refused: permission-missing.']
    lines.push(`${access.permission} is held for ${REACH[scope]}; row-level security shows nothing else.`)
  }
  if (access.stepUp !== undefined) {
    const recent = hasConfirmed(principal, clock.now(), access.stepUp)
    lines.push(
      `The last proof of who they are must not be older than ${access.stepUp} s; it is ${recent ? 'recent enough' : 'too old'}.`,
    )
    if (!recent) return [...lines, 'Refused: step-up-required.']
  }
  return [...lines, 'Allowed.']
}

const REACH = { own: 'their own objects', tenant: 'their tenant', all: 'everything' } as const

/** `member grants note:read.`, `editor grants note:read@tenant, through member.` */
function sourcesOf(permission: string, principal: Principal, roles: Pick<RoleStore, 'list' | 'lineageOf'>): string[] {
  const listed = new Map(roles.list().map((role) => [role.name, role]))
  const grantsItself = (name: string): boolean =>
    listed.get(name)?.grants.some((text) => text === permission || text.startsWith(`${permission}@`)) ?? false
  return principal.roles.flatMap((name) => {
    const scope = listed.get(name)?.permissions.get(permission)
    if (scope === undefined) return []
    const through = [...roles.lineageOf([name])].filter((other) => other !== name && grantsItself(other))
    const detour = grantsItself(name) || through.length === 0 ? '' : `, through ${through.join(' and ')}`
    return [`${name} grants ${grantText(permission, scope)}${detour}.`]
  })
}
