import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkRequest, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { codeOf, seenIn, shown } from './probe-judge.ts'
import { expectedOf, send } from './probe-matrix.ts'
import { nameOf, quoted } from './probe-rows.ts'

/** In which tenant a request is answered. */
export const tenantClaims: readonly Claim[] = [
  {
    id: 'tenant',
    says: 'The tenant follows from the session: a request that names another one, in its body, query or header, reaches and makes nothing there.',
    level: 'where-present',
    present: async ({ surface }) =>
      surface.tables.some(({ tenant }) => tenant !== undefined) || 'no table belongs to a tenant',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(7),
    byHand:
      'curl -k -b cookies -H \'content-type: application/json\' -d \'{"title":"x","tenantId":"ANOTHER"}\' https://localhost:3443/api/notes',
    prove: proveTenant,
  },
]

async function proveTenant(context: ProbeContext): Promise<void> {
  const [me, there] = [context.identity('member', 'A'), context.identity('member', 'B')]
  const routes = context.surface.routes.filter(
    (route) =>
      !route.builtIn &&
      route.access.kind !== 'public' &&
      route.examples !== undefined &&
      route.method !== 'GET' &&
      route.accepts === 'json' &&
      // Neither the permission nor a rule about a field speaks against it.
      expectedOf(context, route, me) === 'allowed',
  )
  if (routes.length === 0) throw new Unproved('no route of the application takes a body from a member')
  const before = await mineThere(context, me, there)
  for (const route of routes) {
    const told: string[] = []
    for (const name of namesFor(context)) {
      for (const { where, request } of await claiming(context, route, { me, there, name })) {
        const reply = await send(context, request)
        // What comes in a header and is read by nobody changes nothing; where it stands among declared things, it is refused.
        const sound = where === 'header' ? seenIn(reply, route) === 'allowed' : codeOf(reply) === 'input-invalid'
        if (!sound) told.push(`${name} in the ${where}: ${shown(reply)}`)
      }
    }
    context.expect(
      'negative',
      `${route.method} ${route.path} as ${me.name}, told to work in another tenant`,
      told.slice(0, 3).join('; ') || 'refused, and not read from a header',
      'refused, and not read from a header',
    )
    const reply = await send(context, await context.example(route, { as: me, object: 'own' }))
    context.expect(
      'positive',
      `${route.method} ${route.path} as ${me.name}, without naming a tenant`,
      seenIn(reply, route),
      'allowed',
    )
  }
  const tried = `rows of ${me.name} in the other tenant, after ${routes.length} routes were told ${namesFor(context).length} ways to work there`
  context.expect('negative', tried, await mineThere(context, me, there), before)
}

/** What backends call it. */
const namesFor = ({ surface }: ProbeContext): readonly string[] => [
  ...new Set([...surface.tables.flatMap(({ tenant }) => tenant ?? []), 'tenant', 'tenantId', 'tenant_id']),
]

/** The example of a route, told in its body, query and header to work in another tenant. */
async function claiming(
  context: ProbeContext,
  route: SurfaceRoute,
  { me, there, name }: { readonly me: TwinIdentity; readonly there: TwinIdentity; readonly name: string },
): Promise<readonly { readonly where: 'body' | 'query' | 'header'; readonly request: NetworkRequest }[]> {
  const request = await context.example(route, { as: me, object: 'own' })
  const body = typeof request.body === 'object' && request.body !== null ? request.body : {}
  const value = there.tenantId
  const field = `x-${name.replace(/_|(?=[A-Z])/g, '-').toLowerCase()}`
  return [
    { where: 'body', request: { ...request, body: { ...body, [name]: value } } },
    {
      where: 'query',
      request: { ...request, path: `${request.path}${request.path.includes('?') ? '&' : '?'}${name}=${value}` },
    },
    { where: 'header', request: { ...request, headers: { ...request.headers, [field]: value } } },
  ]
}

/** Rows of somebody that lie in another tenant than theirs. */
async function mineThere(context: ProbeContext, me: TwinIdentity, there: TwinIdentity): Promise<number> {
  let count = 0
  for (const table of context.surface.tables) {
    const { owner, tenant } = table
    if (tenant === undefined) continue
    const mine = owner === undefined ? '' : ` and ${quoted(owner)} = $2`
    const values = owner === undefined ? [there.tenantId] : [there.tenantId, me.accountId]
    const { rowCount } = await context.database.admin.query(
      `select from ${nameOf(table)} where ${quoted(tenant)} = $1${mine}`,
      values,
    )
    count += rowCount
  }
  return count
}
