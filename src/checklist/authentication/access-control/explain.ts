import type { Principal, Scope } from '../../../kernel/principal.ts'
import type { ProblemCode } from '../../../kernel/refusal.ts'
import type { StepUp } from '../../../kernel/surface.ts'
import type { Clock } from '../../../kernel/time.ts'
import type { BackendDefinition, RouteDefinition, TableDefinition } from '../../../platform/declaration/definition.ts'
import { isRecent, missingProof } from './authorize.ts'
import type { FieldControl } from './fields.ts'
import type { RoleStore } from './role-store.ts'
import { grantText, isScope } from './roles.ts'

/** What of a route is explained. */
export type ExplainedRoute = Pick<RouteDefinition, 'method' | 'path' | 'access' | 'object'>

/** Who asks, and what is known of how they came to what they hold. */
export interface ExplainedPerson {
  readonly principal: Principal
  /** By whom and when each role was given, as a person would say it: `by ada@example.org on 1 May 2026`. */
  readonly given?: ReadonlyMap<string, string>
}

/** Why somebody may or may not. */
export interface Explanation {
  /** The problem they are refused with; `null`: they are let through, and row-level security decides on the objects. */
  readonly refusal: ProblemCode | null
  /** To be read by an administrator from top to bottom; the last one is the outcome. */
  readonly lines: readonly string[]
}

export interface ExplainParts {
  readonly definition: Pick<BackendDefinition, 'permissions' | 'tables' | 'fields'>
  readonly roles: Pick<RoleStore, 'list' | 'problems'>
  readonly fields: Pick<FieldControl, 'fieldsFor'>
  readonly clock: Clock
}

/**
 * Why somebody may or may not call a route, in the order in which a request is judged. Holds no secret, and is for who may read
 * roles, not for the one refused.
 *
 * @param person - `null`: nobody is signed in.
 */
export function explainAccess(person: ExplainedPerson | null, route: ExplainedRoute, parts: ExplainParts): Explanation {
  const { access } = route
  const { definition, clock } = parts
  const name = `${route.method} ${route.path}`
  if (access.kind === 'public') return allowed([`${name} is public.`])
  const lines = [
    access.kind === 'signed-in'
      ? `${name} is for whoever is signed in.`
      : `${name} asks for ${access.permission}${inWords(definition, access.permission)}.`,
  ]
  if (person === null) return refused([...lines, 'Nobody is signed in.'], 'authentication-required')
  const { principal } = person
  lines.push(rolesOf(person))

  if (access.kind === 'permission') {
    const { permission } = access
    lines.push(...pathsTo(permission, principal, parts.roles))
    const scope = principal.permissions.get(permission)
    if (!isScope(scope)) {
      if (principal.withheld?.has(permission) === true)
        return refused([...lines, ...withheld(permission, principal)], 'second-factor-required')
      return refused([...lines, `${permission} is not held.`], 'permission-missing')
    }
    lines.push(`${permission} is held for ${REACH[scope]}.`, ...objectsOf(route, permission, scope, principal, parts))
  } else lines.push('Where it reads or changes objects, that is for their own ones.')

  if (access.stepUp !== undefined) {
    lines.push(...proofOf(principal, access.stepUp, clock))
    const missing = missingProof(principal, clock.now(), access.stepUp)
    if (missing !== null) return refused(lines, missing)
  }
  return allowed(lines)
}

const allowed = (lines: readonly string[]): Explanation => ({ refusal: null, lines: [...lines, 'Allowed.'] })
const refused = (lines: readonly string[], refusal: ProblemCode): Explanation => ({
  refusal,
  lines: [...lines, `Refused: ${refusal}.`],
})

const REACH = { own: 'their own objects', tenant: 'their tenant', all: 'everything' } as const

const inWords = ({ permissions }: ExplainParts['definition'], permission: string): string => {
  const words = Object.hasOwn(permissions, permission) ? permissions[permission] : undefined
  return words === undefined ? '' : ` (${words})`
}

function rolesOf({ principal, given }: ExplainedPerson): string {
  if (principal.roles.length === 0) return 'No role.'
  const named = principal.roles.map((role) => {
    const how = given?.get(role)
    return how === undefined ? role : `${role} (given ${how})`
  })
  return `Roles: ${named.join(', ')}.`
}

/** `editor grants note:write@tenant.`, `senior → editor → member grants note:read.`: the shortest way to each grant. */
function pathsTo(permission: string, { roles }: Principal, store: ExplainParts['roles']): string[] {
  const listed = new Map(store.list().map((role) => [role.name, role]))
  const grantsItself = (name: string): boolean =>
    listed.get(name)?.grants.some((text) => text === permission || text.startsWith(`${permission}@`)) ?? false
  return roles.flatMap((name) => {
    // What it comes to, problems such as a circle considered: a role that means nothing grants nothing.
    const scope = listed.get(name)?.permissions.get(permission)
    if (scope === undefined)
      return store
        .problems()
        .filter((problem) => problem.startsWith(`role ${name}: `))
        .map((problem) => `Left out: ${problem}.`)
    return [
      `${wayTo(name, grantsItself, (role) => listed.get(role)?.inherits ?? [])} grants ${grantText(permission, scope)}.`,
    ]
  })
}

/** Breadth first, so that the shortest way is told. Each role is looked at once. */
function wayTo(from: string, is: (role: string) => boolean, above: (role: string) => readonly string[]): string {
  const ways: string[][] = [[from]]
  const seen = new Set([from])
  for (const way of ways) {
    const last = way.at(-1) ?? from
    if (is(last)) return way.join(' → ')
    for (const next of above(last)) {
      if (seen.has(next)) continue
      seen.add(next)
      ways.push([...way, next])
    }
  }
  return from
}

const withheld = (permission: string, { secondFactor, assurance }: Principal): readonly string[] => [
  `Of the roles that hold ${permission} nothing is of effect before a second factor is proved.`,
  secondFactor === true
    ? `They have one, and this session stands for ${factors(assurance)}: they sign in with it, or confirm with it.`
    : 'They have none: they add one on the page of their account.',
]

const factors = (assurance: number): string => (assurance >= 2 ? 'two factors' : 'one factor')

function proofOf(principal: Principal, { within, assurance }: StepUp, clock: Clock): readonly string[] {
  const recent = isRecent(principal.authenticatedAt, clock.now(), within)
  const lines = [
    `The last proof of who they are must not be older than ${within} s; it is ${recent ? 'recent enough' : 'too old'}.`,
  ]
  if (assurance === undefined) {
    if (principal.secondFactor === true && principal.assurance < 2)
      lines.push('It must be with their second factor, and was not.')
    return lines
  }
  const asked = assurance === 3 ? 'a passkey that stays on one device' : 'a second factor'
  const proved = principal.assurance >= assurance
  if (principal.secondFactor === true || proved) lines.push(`It must be with ${asked}, and was${proved ? '' : ' not'}.`)
  else
    lines.push(`It must be with ${asked}, and they have no second factor: they add one on the page of their account.`)
  return lines
}

/** What the permission's reach means for the rows of the table that the route is about, and for their columns. */
function objectsOf(
  route: ExplainedRoute,
  permission: string,
  scope: Scope,
  principal: Principal,
  { definition, fields }: ExplainParts,
): readonly string[] {
  const table = tableOf(route, permission, definition.tables)
  if (table === undefined) return ['Row-level security shows nothing else.']
  const columns = (use: 'read' | 'write'): string => {
    const open = fields.fieldsFor(principal, table.name, use)
    return open === 'all' ? 'all' : [...open].sort().join(', ') || 'none'
  }
  return [
    `Of ${table.name} row-level security shows ${rowsOf(table, scope, principal)}; any other is not found.`,
    ...(definition.fields !== undefined && Object.hasOwn(definition.fields, table.name)
      ? [`Columns of ${table.name} they read: ${columns('read')}; they write: ${columns('write')}.`]
      : []),
  ]
}

/** The one the route says it is about, else the one the permission is named after. */
const tableOf = (
  { object }: ExplainedRoute,
  permission: string,
  tables: readonly TableDefinition[],
): TableDefinition | undefined =>
  tables.find(({ name }) => name === (object ?? permission.split(':', 1)[0]?.replaceAll('-', '_')))

function rowsOf(table: TableDefinition, scope: Scope, { tenantId }: Principal): string {
  if (scope === 'all') return 'every row'
  if (table.parent !== undefined)
    return `the rows that hang on a row of ${table.parent.table} which they see (${table.parent.column})`
  if (table.tenant !== undefined && tenantId === null) return 'no row, since no tenant is chosen'
  const where = table.tenant === undefined ? '' : `, where ${table.tenant} is their tenant`
  if (table.owner === undefined) return `every row${where}`
  if (scope === 'tenant' && table.tenant !== undefined) return `every row${where}`
  const lent = table.sharedThrough === undefined ? '' : ` or that was lent to them (${table.sharedThrough})`
  return `rows whose ${table.owner} they are${lent}${where}`
}
