import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { StepUp, SurfaceRoute } from '../../../kernel/surface.ts'
import { days, type Seconds } from '../../../kernel/time.ts'
import type { NetworkRequest, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { codeOf, seenIn, shown } from './probe-judge.ts'
import { type Caller, callerOf, repeat } from './probe-people.ts'
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
  {
    id: 'assurance',
    says: 'A route that asks for two factors answers nobody who proved one, however recently, and says what to do.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(7),
    byHand: 'sign in without a second factor: curl -k -b cookies -X DELETE https://localhost:3443/auth/factors/totp',
    prove: proveAssurance,
  },
]

async function proveStepUp(context: ProbeContext): Promise<void> {
  const routes = context.surface.routes.filter(
    (route) => route.access.kind !== 'public' && route.access.stepUp !== undefined,
  )
  if (routes.length === 0) throw new Unproved('no route asks for a recent proof')
  const longest = Math.max(...routes.map((route) => stepUpOf(route)?.within ?? 0))
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
    const reply = shown(await repeat(person, again))
    const noFactor = stepUpOf(each)?.assurance !== undefined && person.identity.passkey === undefined
    context.expect(
      'negative',
      `${each.method} ${each.path} then`,
      reply,
      noFactor ? told(each, ADD_ONE) : told(each, CONFIRM),
    )
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

/** The request of a route's example; without one whatever comes closest, since the question comes before anything of it is read. */
async function unasked(context: ProbeContext, route: SurfaceRoute, as: TwinIdentity): Promise<NetworkRequest> {
  if (route.examples !== undefined) {
    const { as: _as, ...request } = await context.example(route, { as, object: 'own' })
    return request
  }
  const path = route.path.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000')
  return { method: route.method, path, ...(route.accepts === 'json' ? { body: {} } : {}) }
}

const stepUpOf = ({ access }: SurfaceRoute): StepUp | undefined =>
  access.kind === 'public' ? undefined : access.stepUp

/** How a route says it: a program is told the code, who looks at a page or sends its form is led on. */
function told({ method, accepts, schema }: SurfaceRoute, { code, place }: typeof CONFIRM): string {
  const kinds = Object.values(schema.response)
  const page = method === 'GET' ? schema.response['200'] === 'html' : accepts !== 'json'
  return page && (kinds.includes('html') || kinds.includes('redirect')) ? `303 to ${place}` : `403 ${code}`
}

const CONFIRM = { code: 'step-up-required', place: '/confirm' }
const ADD_ONE = { code: 'second-factor-required', place: '/account/factors' }

async function proveAssurance(context: ProbeContext): Promise<void> {
  const routes = context.surface.routes.filter((route) => stepUpOf(route)?.assurance !== undefined)
  const owner = context.identity('owner')
  if (owner.passkey === undefined) throw new Unproved('the owner has no second factor')
  const alone = context.identities.find(({ tenant, passkey }) => tenant === 'A' && passkey === undefined)
  if (alone === undefined) throw new Unproved('everybody has a second factor')
  const oneFactor = await callerOf(context, alone)
  const lowered = await callerOf(context, owner)
  // As a sign-in with the password alone would have left it, were there a way in that forgot to ask for more.
  const { accountId } = owner
  const { rowCount } = await context.database.admin.query(
    `update holdfast.session set assurance = 1 where id =
      (select id from holdfast.session where account_id = $1 and ended_at is null order by created_at desc limit 1)`,
    [accountId],
  )
  if (rowCount !== 1) throw new Unproved('the session of the owner is not in the database')

  for (const route of routes) {
    const { access } = route
    const name = `${route.method} ${route.path}`
    // Whoever holds nothing of it is refused before anybody asks how well they proved who they are.
    if (access.kind === 'signed-in') {
      await expectUnmoved(context, route, oneFactor, `${name} as ${alone.name}, who has one factor`, [
        told(route, ADD_ONE),
      ])
      await expectUnmoved(context, route, lowered, `${name} as ${owner.name}, who proved one`, [told(route, CONFIRM)])
    } else if (access.kind === 'permission') {
      const asked = `${name} as ${owner.name}, who proved one`
      await expectUnmoved(context, route, lowered, asked, [
        told(route, CONFIRM),
        told(route, { ...ADD_ONE, place: '/confirm' }),
      ])
      if (context.surface.roles[alone.role]?.[access.permission] !== undefined)
        await expectUnmoved(context, route, oneFactor, `${name} as ${alone.name}, who has one factor`, [
          told(route, ADD_ONE),
        ])
    }
  }

  const { route, who } = findCallable(context, routes)
  const { as: _as, ...request } = await context.example(route, { as: who, object: 'own' })
  const proved = await callerOf(context, who)
  const tried = `${route.method} ${route.path} as ${who.name}, who proved both`
  context.expect('positive', tried, seenIn(await repeat(proved, request), route), 'allowed')
}

/** Calls a route that must refuse in one of these ways, and looks at the rows it names. */
async function expectUnmoved(
  context: ProbeContext,
  route: SurfaceRoute,
  caller: Caller,
  tried: string,
  expected: readonly string[],
): Promise<void> {
  const request = await unasked(context, route, caller.identity)
  const before = await touched(context, request)
  const reply = await repeat(caller, request)
  const saw = shown(reply)
  const told = expected.includes(saw) ? saw : (codeOf(reply) ?? saw)
  const changed = (await touched(context, request)) === before ? '' : ', but rows changed'
  context.expect('negative', tried, `${told}${changed}`, expected.includes(saw) ? saw : expected.join(' or '))
}

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
  return able.find(({ role }) => role === 'owner') ?? able.find(({ passkey }) => passkey !== undefined) ?? able[0]
}
