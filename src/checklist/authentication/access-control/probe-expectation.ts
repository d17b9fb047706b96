import { Unproved } from '../../../kernel/claim.ts'
import type { Scope } from '../../../kernel/principal.ts'
import type { ExampleRequest, Surface, SurfaceRoute, SurfaceTable } from '../../../kernel/surface.ts'
import type { ExampleOptions } from '../../../kernel/vantage.ts'
import { namesOf } from './probe-field-rules.ts'

export type ObjectKind = ExampleOptions['object']

/**
 * What a cell of the matrix must come to, restated from the standard:
 *
 * | expected | meaning |
 * | --- | --- |
 * | unauthenticated | 401, or a page that leads to signing in (ASVS 8.2.1) |
 * | forbidden | 403: the role does not hold the permission (ASVS 8.2.1), or may not write what the body names (ASVS 8.2.3) |
 * | factor | 403 `second-factor-required`, or a page that leads to adding one: the route asks for two factors, and they have one |
 * | not-there | 404, in every respect like an object that does not exist (ASVS 8.2.2) |
 * | allowed | 2xx, or the redirect that the route declares |
 * | open | a public route: not 401 and not 403 |
 * | judged | visible, but not one's own, and to be changed: the application may be stricter than its permissions, and the scope too small |
 * | untested | calling it to success would take something from the matrix, or nothing says what must come |
 */
export type Expected =
  | 'unauthenticated'
  | 'forbidden'
  | 'factor'
  | 'not-there'
  | 'allowed'
  | 'open'
  | 'judged'
  | 'untested'

/** Tables and built-in objects a route's example reads, and whether they stand in its address. */
export interface RouteObjects {
  readonly names: readonly string[]
  readonly inAddress: boolean
}

/** Asks the example itself: it is given seeds that note down which of them were read. */
export function objectsOf(route: SurfaceRoute): RouteObjects {
  const { names, request } = tryExample(route)
  return { names, inAddress: Object.values(request.params ?? {}).includes(MARK) }
}

/** What the body of a route's example names, at every depth. */
export const namesSentBy = (route: SurfaceRoute): readonly string[] => namesOf(tryExample(route).request.body)

function tryExample(route: SurfaceRoute): { readonly names: readonly string[]; readonly request: ExampleRequest } {
  if (route.examples === undefined) return { names: [], request: {} }
  const names = new Set<string>()
  const row = new Proxy({}, { get: () => MARK })
  const seed = new Proxy({} as Record<string, Record<string, string>>, {
    get(_target, name) {
      if (typeof name === 'string') names.add(name)
      return row
    },
  })
  const person = { accountId: OTHER, tenantId: OTHER, email: 'a@example.test', password: OTHER }
  try {
    const request = route.examples({ seed, caller: person, other: person, unique: () => 'u0' })
    return { names: [...names], request }
  } catch {
    throw new Unproved(`no example: ${route.method} ${route.path} reads more of a seed than its columns`)
  }
}

const MARK = '00000000-0000-4000-8000-000000000001'
const OTHER = '00000000-0000-4000-8000-000000000002'

/**
 * @param held - effective permissions of the caller's role; `null` for nobody.
 * @param object - whose object the request is about; `own` where it is about none.
 * @param roles - what everybody holds: a permission that somebody holds further than `own` may need to be.
 */
export function expectationOf(
  route: SurfaceRoute,
  held: Readonly<Record<string, Scope>> | null,
  object: ObjectKind,
  objects: RouteObjects,
  tables: readonly SurfaceTable[],
  roles: Surface['roles'] = {},
): Expected {
  const { access } = route
  if (access.kind === 'public') return route.onlyRefusals === undefined ? 'open' : 'untested'
  if (held === null) return 'unauthenticated'
  const scope = access.kind === 'permission' ? own(held, access.permission) : 'own'
  if (scope === undefined) return 'forbidden'

  const sights = objects.names.map((name) => sightOf(name, object, scope, access.kind === 'permission', tables))
  if (sights.includes('hidden')) return 'not-there'
  if (route.onlyRefusals !== undefined || sights.includes('unknown')) return 'untested'
  if (route.method === 'GET') return 'allowed'
  if (scope === 'own' && takesMoreThanOwn(route, objects, tables, roles)) return 'judged'
  return object === 'own' || objects.names.length === 0 ? 'allowed' : 'judged'
}

/**
 * Whether a route may write rows that belong to nobody in particular: the tenant's, or reference data. Scope `tenant` writes those, so
 * whoever holds the permission at `own` alone may be refused, as long as somebody holds it further.
 */
function takesMoreThanOwn(
  { access, object }: SurfaceRoute,
  { names }: RouteObjects,
  tables: readonly SurfaceTable[],
  roles: Surface['roles'],
): boolean {
  if (access.kind !== 'permission' || access.permission.endsWith(':read')) return false
  const { permission } = access
  if (!Object.values(roles).some((held) => ['tenant', 'all'].includes(own(held, permission) ?? 'own'))) return false
  const about = [...names, ...(object === undefined ? [] : [object])].flatMap((name) => rootOf(name, tables) ?? [])
  return (about.length === 0 ? tables : about).some((table) => table.owner === undefined && table.parent === undefined)
}

const own = (held: Readonly<Record<string, Scope>>, permission: string): Scope | undefined =>
  Object.hasOwn(held, permission) ? held[permission] : undefined

type Sight = 'seen' | 'hidden' | 'unknown'

/** Whether somebody with a scope sees an object: its owner, its tenant, or whoever sees the row it hangs on. */
export function sightOf(
  name: string,
  object: ObjectKind,
  scope: Scope,
  byPermission: boolean,
  tables: readonly SurfaceTable[],
): Sight {
  if (object === 'absent') return 'hidden'
  if (object === 'own' || scope === 'all') return 'seen'
  const table = rootOf(name, tables)
  if (table === undefined) return builtInSight(name, object, byPermission)
  if (object === 'another') {
    if (table.owner === undefined) return 'seen'
    if (scope === 'own') return 'hidden'
    return table.tenant === undefined ? 'unknown' : 'seen'
  }
  if (table.tenant !== undefined) return 'hidden'
  if (table.owner === undefined) return 'seen'
  return scope === 'own' ? 'hidden' : 'unknown'
}

/** Accounts, sessions, roles and tenants have no owner column: one's own by signing in, everybody's by permission. */
function builtInSight(name: string, object: 'another' | 'other-tenant', byPermission: boolean): Sight {
  if (byPermission) return 'seen'
  if (name === 'session') return 'hidden'
  return name === 'tenant' ? (object === 'another' ? 'seen' : 'hidden') : 'unknown'
}

/** The table itself, or the one at the end of its parents. */
export function rootOf(name: string, tables: readonly SurfaceTable[]): SurfaceTable | undefined {
  let table = tables.find((candidate) => candidate.name === name)
  for (let depth = 0; table?.parent !== undefined && depth < tables.length; depth++) {
    const { parent } = table
    table = tables.find((candidate) => candidate.name === parent.table)
  }
  return table
}
