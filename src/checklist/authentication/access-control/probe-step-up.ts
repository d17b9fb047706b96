import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import { days, type Seconds } from '../../../kernel/time.ts'
import type { NetworkReply, NetworkRequest, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { seenIn, shown } from './probe-judge.ts'
import { callerOf, repeat } from './probe-people.ts'
import { touched } from './probe-rows.ts'

/** What happens to a permission as time goes by. */
export const stepUpClaims: readonly Claim[] = [
  {
    id: 'step-up',
    says: 'A sensitive route asks again who you are once your last proof is too old.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(7),
    exclusive: true,
    byHand: 'sign in, wait six minutes: curl -k -b cookies-of-an-owner -X PUT https://localhost:3443/admin/roles/any',
    prove: proveStepUp,
  },
]

async function proveStepUp(context: ProbeContext): Promise<void> {
  const routes = context.surface.routes.filter(
    (route) => route.access.kind !== 'public' && route.access.stepUp !== undefined,
  )
  if (routes.length === 0) throw new Unproved('no route asks for a recent proof')
  const longest = Math.max(...routes.map((route) => stepUpOf(route)))
  const { who, route } = findCallable(context, routes)
  const { as: _as, ...request } = await context.example(route, { as: who, object: 'own' })
  const caller = await callerOf(context, who)
  context.expect(
    'positive',
    `${route.method} ${route.path} right after signing in`,
    seenIn(await repeat(caller, request), route),
    'allowed',
  )

  const people = new Map([[who.accountId, caller]])
  for (const each of routes) {
    const person = holderOf(context, each)
    if (person !== undefined && !people.has(person.accountId))
      people.set(person.accountId, await callerOf(context, person))
  }

  await context.clock.advance((longest + 60) as Seconds)
  context.expect(
    'positive',
    'GET /auth/session a while later: still signed in',
    await caller.tell('GET', '/auth/session'),
    '200',
  )
  for (const each of routes) {
    const person = people.get(holderOf(context, each)?.accountId ?? '')
    if (person === undefined) throw new Unproved(`nobody may call ${each.method} ${each.path}`)
    const again = await unasked(context, each, person.identity)
    const before = await touched(context, again)
    const reply = shownOf(await repeat(person, again))
    const asked =
      each.schema.response['200'] === 'html' && each.method === 'GET' ? '303 to /confirm' : '403 step-up-required'
    context.expect('negative', `${each.method} ${each.path} then`, reply, asked)
    context.expect(
      'negative',
      'rows it names, after that',
      (await touched(context, again)) === before ? 'unchanged' : 'changed',
      'unchanged',
    )
  }

  const wrong = await caller.tell('POST', '/auth/step-up', { password: `not ${who.password}` })
  context.expect('negative', 'confirming with a wrong password', wrong.slice(0, 1), '4')
  context.expect(
    'negative',
    `${route.method} ${route.path} after that`,
    shown(await repeat(caller, request)),
    '403 step-up-required',
  )
  const right = await caller.tell('POST', '/auth/step-up', { password: who.password })
  if (who.passkey === undefined)
    context.expect('positive', 'confirming with the right password', right.slice(0, 1), '2')
  else {
    context.expect('negative', 'confirming with the password alone, of who has a passkey', right.slice(0, 1), '4')
    context.expect(
      'negative',
      `${route.method} ${route.path} after that`,
      shown(await repeat(caller, request)),
      '403 step-up-required',
    )
  }
  const proved = who.passkey === undefined ? caller : await callerOf(context, who)
  context.expect(
    'positive',
    `${route.method} ${route.path} once they proved who they are`,
    seenIn(await repeat(proved, request), route),
    'allowed',
  )
}

/** As {@link shown}, with the code that a page tells too. */
function shownOf(reply: NetworkReply): string {
  const told = /\(([a-z]+(?:-[a-z]+)+)\)<\/p>/.exec(reply.status === 403 ? reply.text() : '')?.[1]
  return [shown(reply), told].filter((part) => part !== undefined).join(' ')
}

/** The request of a route's example; without one whatever comes closest, since the question comes before anything of it is read. */
async function unasked(context: ProbeContext, route: SurfaceRoute, as: TwinIdentity): Promise<NetworkRequest> {
  if (route.examples !== undefined) {
    const { as: _as, ...request } = await context.example(route, { as, object: 'own' })
    return request
  }
  const path = route.path.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000')
  return { method: route.method, path, ...(route.accepts === 'json' ? { body: {} } : {}) }
}

const stepUpOf = (route: SurfaceRoute): number => (route.access.kind === 'public' ? 0 : (route.access.stepUp ?? 0))

/** An unsafe JSON route that can be called to success, and somebody who may. */
function findCallable(
  context: ProbeContext,
  routes: readonly SurfaceRoute[],
): { readonly route: SurfaceRoute; readonly who: TwinIdentity } {
  for (const route of routes) {
    const who = holderOf(context, route)
    const callable =
      route.examples !== undefined &&
      route.onlyRefusals === undefined &&
      route.accepts !== 'form' &&
      route.method === 'PUT'
    if (who !== undefined && callable) return { route, who }
  }
  throw new Unproved('no route that asks for a recent proof can be called to success')
}

/** The first identity in tenant A whose role holds what a route asks for, owners before others. */
function holderOf(context: ProbeContext, { access }: SurfaceRoute): TwinIdentity | undefined {
  const able = context.identities.filter(
    ({ role, tenant }) =>
      tenant === 'A' &&
      (access.kind !== 'permission' || context.surface.roles[role]?.[access.permission] !== undefined),
  )
  return able.find(({ role }) => role === 'owner') ?? able[0]
}
