import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkRequest, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'

/** What is left behind in caches and browsers. */
export const keptClaims: readonly Claim[] = [
  {
    id: 'no-store',
    says: 'Nothing that somebody signed in is answered may be kept, refusals and errors included: by a cache, or on the screen after sign-out.',
    level: 'required',
    needs: ['network'],
    effect: 'reads',
    keeps: days(30),
    byHand: 'curl -si -b "__Host-session=$TOKEN" $ORIGIN/auth/session | grep -i cache-control',
    prove: proveNoStore,
  },
]

async function proveNoStore(context: ProbeContext): Promise<void> {
  const tokens = new Map<string, string>()
  const tokenOf = async (who: TwinIdentity): Promise<string> => {
    const token = tokens.get(who.accountId) ?? (await context.network.signIn(who))
    tokens.set(who.accountId, token)
    return token
  }
  let shown = 0
  for (const route of context.surface.routes.filter(isOfSomebody)) {
    const who = readerOf(context, route)
    const token = await tokenOf(who)
    if (route.method !== 'GET') {
      // Refused before anything of it is read: what a refusal says is not for the next one at the screen either.
      const path = route.path.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000')
      const headers = { origin: 'https://evil.test' }
      await expectNotKept(context, route, { method: route.method, path, token, headers })
      continue
    }
    const { as: _as, ...request } =
      route.examples === undefined ? { path: route.path } : await context.example(route, { as: who, object: 'own' })
    if ((await expectNotKept(context, route, { ...request, token })) === 200) shown++
  }
  if (shown === 0) throw new Unproved('nothing was shown to anybody')
  context.expect('positive', 'routes that showed somebody signed in what they asked for', shown, shown)

  const token = await tokenOf(context.identity('member'))
  for (const [what, request] of [
    ['an address where nothing is', { path: '/nothing-is-here' }],
    ['what they may not see', { path: '/admin/users' }],
    ['a query that does not fit', { path: '/auth/session?unknown=1' }],
    ['a method that is not there', { method: 'DELETE', path: '/auth/session' }],
  ] as const) {
    const { status, headers } = await context.network.request({ ...request, token })
    context.expect('negative', `${what}: ${status}`, fieldOf(headers['cache-control']), 'no-store')
  }
}

/** Whether a route shows somebody what is theirs: also a public page, which says who is signed in. Styles and scripts are everybody's. */
const isOfSomebody = ({ access, method, schema }: SurfaceRoute): boolean =>
  access.kind !== 'public' || (method === 'GET' && schema.response['200'] === 'html')

async function expectNotKept(context: ProbeContext, route: SurfaceRoute, request: NetworkRequest): Promise<number> {
  const { status, headers } = await context.network.request(request)
  context.expect('negative', `${route.method} ${route.path}: ${status}`, fieldOf(headers['cache-control']), 'no-store')
  return status
}

/** The one word that counts, where it is there. */
const fieldOf = (field: string | undefined): string =>
  field === undefined ? 'absent' : /(^|[\s,])no-store([\s,]|$)/.test(field) ? 'no-store' : field

/** Somebody who may call a route by its permission; a member where everybody may. */
function readerOf(context: ProbeContext, { access }: SurfaceRoute): TwinIdentity {
  if (access.kind !== 'permission') return context.identity('member')
  const role = ['member', ...Object.keys(context.surface.roles)].find(
    (each) => context.surface.roles[each]?.[access.permission] !== undefined,
  )
  return context.identity(role ?? 'member')
}
