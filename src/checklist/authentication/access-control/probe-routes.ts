import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { Scope } from '../../../kernel/principal.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { objectsOf } from './probe-expectation.ts'
import { codeOf } from './probe-judge.ts'
import { cellsOf, expectHeadsRefused, oneOfEachRole, runCells, send } from './probe-matrix.ts'
import { isOwned, isVisible, lentTo, type OwnedRow, rowsOf } from './probe-rows.ts'

/** What goes through routes: the matrix, and lists. */
export const routeClaims: readonly Claim[] = [
  {
    id: 'anonymous',
    says: 'Without signing in, only public routes answer.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'curl -k https://localhost:3443/admin/users',
    async prove(context) {
      const cells = cellsOf(context, [null], ['own'])
      await expectHeadsRefused(context, cells)
      await runCells(context, cells)
    },
  },
  {
    id: 'permissions',
    says: 'A route answers the roles that hold its permission and refuses all others, without doing anything.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'curl -k -b cookies-of-a-member https://localhost:3443/admin/users',
    async prove(context) {
      const cells = cellsOf(context, oneOfEachRole(context), ['own'])
      await expectHeadsRefused(context, cells)
      // Public routes are for nobody in particular, and signing in again would end the session at hand.
      await runCells(
        context,
        cells.filter(({ expected }) => expected !== 'open'),
      )
    },
  },
  {
    id: 'objects',
    says: "Somebody else's object answers like one that does not exist, and stays as it is.",
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'curl -k -b cookies-of-a-member https://localhost:3443/api/notes/ID-OF-SOMEBODY-ELSE',
    async prove(context) {
      const cells = cellsOf(context, oneOfEachRole(context), ['own', 'another', 'other-tenant', 'absent'])
      await runCells(
        context,
        cells.filter(
          ({ route, objects, expected }) =>
            objects.names.length > 0 && (expected !== 'forbidden' || route.onlyRefusals !== undefined),
        ),
      )
      const untold = context.surface.routes.filter(namesNoObject).map(({ method, path }) => `${method} ${path}`)
      if (untold.length > 0)
        throw new Unproved(
          `no example: ${untold.join(', ')} names an object by its id, and its example takes it from no seed`,
        )
    },
  },
  {
    id: 'lists',
    says: 'What a route answers holds nothing of rows that the caller may not see.',
    level: 'where-present',
    present: async (context) =>
      listsOf(context).length > 0 && owned(context).length > 0
        ? true
        : 'no route of the application lists rows that belong to somebody',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'curl -k -b cookies-of-a-member https://localhost:3443/api/notes',
    prove: proveLists,
  },
  {
    id: 'auditor',
    says: 'An auditor reads what can be read and changes nothing.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'curl -k -b cookies-of-an-auditor -X DELETE https://localhost:3443/api/notes/ID',
    prove: proveAuditor,
  },
]

/**
 * Whether the address of an application's route holds an id of which nothing says whose object it is: nobody else's can then be put
 * there. Built-in routes that change roles name people, so that the matrix takes nothing from its own.
 */
export const namesNoObject = (route: SurfaceRoute): boolean =>
  !route.builtIn &&
  route.access.kind !== 'public' &&
  Object.values((route.schema.params?.properties ?? {}) as Record<string, { readonly format?: unknown }>).some(
    ({ format }) => format === 'uuid',
  ) &&
  (route.examples === undefined || !objectsOf(route).inAddress)

async function proveLists(context: ProbeContext): Promise<void> {
  const routes = listsOf(context)
  const [first] = routes
  if (first === undefined) throw new Unproved('no list has an example')
  for (const who of oneOfEachRole(context)) {
    // Rows of everybody are made whenever an example is; the newest are their own, which lists show first.
    for (const object of ['another', 'other-tenant', 'own'] as const) await context.example(first, { as: who, object })
    const rows = (await Promise.all(owned(context).map((table) => rowsOf(context, table)))).flat()
    const lent = await lentTo(context, who)
    for (const route of routes) {
      const scope = scopeOf(context, who, route)
      if (scope !== undefined) await proveList(context, route, { who, scope, rows, lent })
    }
  }
}

/** Routes that answer without being asked for one object: lists, searches, exports of the application. */
const listsOf = (context: ProbeContext): readonly SurfaceRoute[] =>
  context.surface.routes.filter(
    (route) =>
      route.method === 'GET' &&
      !route.builtIn &&
      route.access.kind !== 'public' &&
      route.examples !== undefined &&
      route.onlyRefusals === undefined &&
      objectsOf(route).names.length === 0,
  )

interface Onlooker {
  readonly who: TwinIdentity
  readonly scope: Scope
  readonly rows: readonly OwnedRow[]
  readonly lent: ReadonlySet<string>
}

/** Asks a list with and without the question of its example, and looks for what gives a row away. */
async function proveList(
  context: ProbeContext,
  route: SurfaceRoute,
  { who, scope, rows, lent }: Onlooker,
): Promise<void> {
  const request = await context.example(route, { as: who, object: 'own' })
  const path = request.path.split('?')[0] ?? request.path
  const replies = [await send(context, request)]
  if (path !== request.path) replies.push(await send(context, { ...request, path }))
  // An error shows nothing of anybody, and proves nothing.
  for (const { status } of replies)
    if (status !== 200) context.expect('positive', `GET ${route.path} as ${who.name}`, status, 200)
  const text = replies.map((reply) => reply.text()).join('\n')

  const visible = (row: OwnedRow): boolean => isVisible(row, who, scope) || lent.has(row.key)
  const [seen, hidden] = [rows.filter(visible), rows.filter((row) => !visible(row))]
  // A text that also stands in a row one may see says nothing about where it came from.
  const known = new Set(seen.flatMap(marksOf))
  const leaked = hidden.find((row) => marksOf(row).some((mark) => !known.has(mark) && text.includes(mark)))
  const saw = leaked === undefined ? 'none of them' : `a row of ${leaked.table.name}`
  if (hidden.length > 0) {
    context.expect(
      'negative',
      `GET ${route.path} as ${who.name}, beside ${hidden.length} rows of others`,
      saw,
      'none of them',
    )
  }
  if (seen.some((row) => marksOf(row).some((mark) => text.includes(mark)))) {
    context.expect('positive', `GET ${route.path} as ${who.name}`, 'rows of their own', 'rows of their own')
  }
}

const owned = (context: ProbeContext) => {
  const shares = new Set(context.surface.tables.map((table) => table.sharedThrough))
  return context.surface.tables.filter((table) => isOwned(table, context.surface.tables) && !shares.has(table.name))
}

/** What gives a row away: its key and its longer texts, but not whose it is, nor what it refers to, which others may see. */
function marksOf(row: OwnedRow): readonly string[] {
  const { owner, tenant, parent, columns } = row.table
  const references = new Set(columns.flatMap(({ name, type, primary }) => (type === 'uuid' && !primary ? name : [])))
  return Object.entries(row.columns).flatMap(([name, value]) =>
    typeof value === 'string' &&
    value.length >= 12 &&
    name !== owner &&
    name !== tenant &&
    name !== parent?.column &&
    !references.has(name) &&
    !isMoment(value)
      ? [value]
      : [],
  )
}

const isMoment = (value: string): boolean => /^\d{4}-\d\d-\d\d/.test(value)

async function proveAuditor(context: ProbeContext): Promise<void> {
  const held = context.surface.roles[AUDITOR]
  if (held === undefined) throw new Unproved('there is no role auditor')
  const writing = Object.keys(held).filter((permission) => !permission.endsWith(':read'))
  context.expect('negative', 'permissions of the role auditor that are not for reading', writing.join(', '), '')
  const reading = context.surface.permissions.filter((permission) => permission.endsWith(':read'))
  context.expect(
    'positive',
    'permissions for reading that reach everything',
    reading.filter((permission) => held[permission] === 'all').length,
    reading.length,
  )

  const auditor = context.identity(AUDITOR)
  const cells = cellsOf(context, [auditor], ['own', 'another', 'other-tenant']).filter(
    ({ route: { access } }) => access.kind === 'permission',
  )
  const unsafe = cells.filter(({ route }) => route.method !== 'GET')
  const reads = cells.filter(
    ({ route: { method, access } }) =>
      method === 'GET' && access.kind === 'permission' && access.permission.endsWith(':read'),
  )
  await runCells(context, [
    ...unsafe.map((cell) => ({ ...cell, expected: 'forbidden' as const })),
    ...reads.map((cell) => ({ ...cell, expected: 'allowed' as const })),
  ])
  // The rules for granting stand behind the route's permission, so its refusal must be the permission's.
  const grant = context.surface.routes.find(({ method, path }) => method === 'PUT' && path === '/admin/roles/:role')
  if (grant === undefined) return
  const reply = await send(context, {
    method: 'PUT',
    path: '/admin/roles/auditors-own',
    body: { grants: [], inherits: [] },
    as: auditor,
  })
  context.expect(
    'negative',
    'PUT /admin/roles/auditors-own as auditor',
    codeOf(reply) ?? reply.status,
    'permission-missing',
  )
}

/** How far somebody reaches on a route, or `undefined` where they are refused. */
function scopeOf(context: ProbeContext, who: TwinIdentity, route: SurfaceRoute): Scope | undefined {
  if (route.access.kind !== 'permission') return 'own'
  return context.surface.roles[who.role]?.[route.access.permission]
}

const AUDITOR = 'auditor'
