import { setTimeout as sleep } from 'node:timers/promises'
import { Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import type { NetworkRequest, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'

/** A request of somebody who may make it. */
export interface Call {
  readonly name: string
  readonly request: NetworkRequest
}

/** Requests that need a permission, with their examples, as JSON; a few. */
export async function callsOf(context: ProbeContext, method: 'GET' | 'POST'): Promise<readonly Call[]> {
  const calls: Call[] = []
  for (const route of context.surface.routes) {
    const as = route.method === method ? callerOf(context, route) : undefined
    if (as === undefined || calls.length === MOST_CALLS) continue
    const request = await context.example(route, { as, object: 'own' })
    calls.push({
      name: `${route.method} ${route.path}`,
      request: { ...request, headers: { ...request.headers, accept: 'application/json' } },
    })
  }
  if (calls.length === 0) throw new Unproved(`no ${method} route needs a permission and has an example`)
  return calls
}

function callerOf(context: ProbeContext, route: SurfaceRoute): TwinIdentity | undefined {
  const { access, examples, onlyRefusals } = route
  if (examples === undefined || onlyRefusals !== undefined) return undefined
  if (access.kind !== 'permission' || access.stepUp !== undefined) return undefined
  return context.identities.find(
    ({ role, tenant }) => tenant === 'A' && context.surface.roles[role]?.[access.permission] !== undefined,
  )
}

export const statusesOf = (context: ProbeContext, calls: readonly Call[]): Promise<number[]> =>
  Promise.all(calls.map(async ({ request }) => (await context.network.request(request)).status))

/** At least one of them is served: the positive side of a fault that follows. */
export async function expectServed(context: ProbeContext, calls: readonly Call[]): Promise<readonly number[]> {
  const working = await statusesOf(context, calls)
  context.record({
    side: 'positive',
    tried: `${calls.length} routes, before`,
    saw: `${working.filter((status) => status < 400).length} served`,
    expected: 'at least one served',
    ok: working.some((status) => status < 400),
  })
  return working
}

/** The same calls answer as they did before, within a few seconds. */
export async function recovers(
  context: ProbeContext,
  calls: readonly Call[],
  before: readonly number[],
): Promise<void> {
  let after: number[] = []
  for (let tries = 0; tries < RECOVERY_TRIES; tries++) {
    after = await statusesOf(context, calls)
    if (after.join() === before.join()) break
    await sleep(100)
  }
  context.expect('positive', 'the same calls afterwards', after.join(' '), before.join(' '))
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const MOST_CALLS = 12
const RECOVERY_TRIES = 100
