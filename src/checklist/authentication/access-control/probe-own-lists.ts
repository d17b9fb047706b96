import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { objectsOf } from './probe-expectation.ts'
import { expectedOf, oneOfEachRole, send } from './probe-matrix.ts'

/** What Holdfast's own routes tell of people. */
export const ownListClaims: readonly Claim[] = [
  {
    id: 'own-lists',
    says: 'What Holdfast’s own routes show of people, sessions, passkeys and workspaces is one’s own, or names of one’s workspace; accounts of others only by the permission for it.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'reads',
    keeps: days(7),
    byHand: 'curl -k -b cookies-of-a-member https://localhost:3443/tenant/members',
    prove: proveOwnLists,
  },
]

async function proveOwnLists(context: ProbeContext): Promise<void> {
  const routes = readingRoutes(context)
  if (routes.length === 0) throw new Unproved('no built-in route shows anything')
  const onlookers = [...oneOfEachRole(context), context.identity('member', 'B')]
  // So that there is somebody of each kind to be seen: a colleague, and a stranger.
  for (const who of [...onlookers, context.identity('member', 'A', 2)]) await context.network.signIn(who)

  for (const who of onlookers) {
    let own = 0
    for (const route of routes) {
      if (expectedOf(context, route, who) !== 'allowed') continue
      const request = await context.example(route, { as: who, object: 'own' })
      const path = request.path.split('?')[0] ?? request.path
      const asked = path === request.path ? [request] : [request, { ...request, path }]
      const replies = await Promise.all(asked.map((one) => send(context, one)))
      const text = replies.map((reply) => reply.text()).join('\n')
      // Read behind the replies: whatever they show was there by then.
      const marks = await marksOf(context)
      const seen = marks.filter(({ mark }) => text.includes(mark))
      own += seen.filter(({ accountId }) => accountId === who.accountId).length
      const leaked = seen.filter((one) => !mayShow(route, who, one))
      const [first] = leaked
      context.expect(
        'negative',
        `GET ${route.path} as ${who.name}, beside ${marks.length} things of which most are others'`,
        first === undefined ? 'nothing of others' : `${first.kind} of ${nameIn(context, first.accountId)}`,
        'nothing of others',
      )
    }
    context.expect('positive', `things of their own that ${who.name} was shown`, own > 0 ? 'some' : 'none', 'some')
  }
}

/** Lists and pages of Holdfast, which answer without being asked for one object. */
const readingRoutes = (context: ProbeContext): readonly SurfaceRoute[] =>
  context.surface.routes.filter(
    (route) =>
      route.method === 'GET' &&
      route.builtIn &&
      route.access.kind !== 'public' &&
      route.examples !== undefined &&
      route.onlyRefusals === undefined &&
      objectsOf(route).names.length === 0,
  )

/** Something by which a reply gives somebody away. */
interface Mark {
  readonly kind: 'id' | 'address' | 'session' | 'passkey' | 'workspace'
  readonly mark: string
  /** Whose it is; of a workspace, somebody who is in it. */
  readonly accountId: string
  readonly tenants: readonly string[]
}

async function marksOf(context: ProbeContext): Promise<readonly Mark[]> {
  const { rows } = await context.database.admin.query(MARKS)
  return rows.map((row) => ({
    kind: row.kind as Mark['kind'],
    mark: String(row.mark),
    accountId: String(row.account_id),
    tenants: String(row.tenants).split(','),
  }))
}

const MARKS = `
with person as (
  select a.id, a.email, coalesce(string_agg(m.tenant_id::text, ','), '') as tenants
  from holdfast.account a left join holdfast.tenant_member m on m.account_id = a.id group by a.id, a.email
)
select 'id' as kind, id::text as mark, id::text as account_id, tenants from person
union all select 'address', email, id::text, tenants from person
union all select 'session', s.id::text, p.id::text, p.tenants from holdfast.session s join person p on p.id = s.account_id
union all select 'passkey', k.id::text, p.id::text, p.tenants from holdfast.passkey k join person p on p.id = k.account_id
union all select 'workspace', m.tenant_id::text, p.id::text, p.tenants
  from holdfast.tenant_member m join person p on p.id = m.account_id`

/** What a route may tell somebody, restated: see the claim. */
export function mayShow(
  { access }: Pick<SurfaceRoute, 'access'>,
  who: Pick<TwinIdentity, 'accountId' | 'tenantId'>,
  { kind, accountId, tenants, mark }: Mark,
): boolean {
  if (accountId === who.accountId || mark === who.tenantId) return true
  if (access.kind === 'permission')
    return access.permission.startsWith('user:') && (kind === 'id' || kind === 'address')
  return access.kind === 'signed-in' && kind === 'id' && tenants.includes(who.tenantId)
}

const nameIn = (context: ProbeContext, accountId: string): string =>
  context.identities.find((identity) => identity.accountId === accountId)?.name ?? 'somebody else'
