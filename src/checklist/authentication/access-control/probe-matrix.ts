import { Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import type { NetworkReply, NetworkRequest, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import {
  type Expected,
  expectationOf,
  namesSentBy,
  type ObjectKind,
  objectsOf,
  type RouteObjects,
} from './probe-expectation.ts'
import { unwritable } from './probe-field-rules.ts'
import { codeOf, faceOf, isAsExpected, isHeldBack, seenIn, shown } from './probe-judge.ts'
import { isReferredTo, touched } from './probe-rows.ts'

/** One call of the matrix: a route, who calls it, whose object it is about, what must come. */
export interface Cell {
  readonly route: SurfaceRoute
  /** `null`: nobody is signed in. */
  readonly caller: TwinIdentity | null
  readonly object: ObjectKind
  readonly objects: RouteObjects
  readonly expected: Expected
}

/** The matrix of the running backend: every route for every caller and, where it is about an object, every object. */
export function cellsOf(
  context: ProbeContext,
  callers: readonly (TwinIdentity | null)[],
  kinds: readonly ObjectKind[],
): readonly Cell[] {
  return context.surface.routes.flatMap((route) => {
    const objects = objectsOf(route)
    const relevant = objects.names.length > 0 ? kinds : kinds.filter((kind) => kind === 'own')
    return callers.flatMap((caller) =>
      relevant.map((object) => ({
        route,
        caller,
        object,
        objects,
        expected: expectedOf(context, route, caller, object),
      })),
    )
  })
}

/** What somebody must be answered by a route; `null` is nobody. */
export function expectedOf(
  { surface }: Pick<ProbeContext, 'surface'>,
  route: SurfaceRoute,
  who: Pick<TwinIdentity, 'role' | 'passkey'> | null,
  object: ObjectKind = 'own',
): Expected {
  const { roles, tables } = surface
  const role = who?.role ?? null
  const held = role === null ? null : (roles[role] ?? {})
  const expected = expectationOf(route, held, object, objectsOf(route), tables, roles)
  const asksForTwo = route.access.kind !== 'public' && route.access.stepUp?.assurance !== undefined
  if (asksForTwo && who !== null && who.passkey === undefined && expected !== 'forbidden') return 'factor'
  if (expected === 'unauthenticated' || unwritable(surface, route, role ?? '', namesSentBy(route)).length === 0)
    return expected
  return route.access.kind === 'public' ? 'untested' : 'forbidden'
}

/** The first identity of each role in tenant A. @throws Unproved where a role has none. */
export function oneOfEachRole(context: ProbeContext): readonly TwinIdentity[] {
  return Object.keys(context.surface.roles).map((role) => context.identity(role))
}

/**
 * Calls the cells, refusals first and eight at a time: what must change nothing is done before anything changes. Records one
 * line a route and caller, and each cell that came out otherwise.
 *
 * @throws Unproved behind everything else where a call that must succeed has no example.
 */
export async function runCells(context: ProbeContext, cells: readonly Cell[]): Promise<void> {
  const tally = new Map<string, { side: 'positive' | 'negative'; calls: number; expected: Set<Expected> }>()
  const without: string[] = []
  let mismatches = 0
  const take = async (cell: Cell): Promise<void> => {
    const request = await requestOf(context, cell)
    if (request === null) {
      without.push(`${cell.route.method} ${cell.route.path}`)
      return
    }
    const flaw = await flawOf(context, cell, request)
    const side =
      cell.expected === 'allowed' || cell.expected === 'open' || cell.expected === 'judged' ? 'positive' : 'negative'
    if (flaw === null) {
      const name = `${nameOf(cell)}|${side}`
      const line = tally.get(name) ?? { side, calls: 0, expected: new Set() }
      line.calls++
      line.expected.add(cell.expected)
      tally.set(name, line)
    } else if (++mismatches <= MOST_MISMATCHES) {
      const about = cell.objects.names.length > 0 ? `, ${cell.object} ${cell.objects.names.join(' and ')}` : ''
      context.record({ side, tried: `${nameOf(cell)}${about}`, saw: flaw, expected: cell.expected, ok: false })
    }
  }

  const tested = cells.filter((cell) => cell.expected !== 'untested')
  const changing = (cell: Cell): boolean => ['allowed', 'judged'].includes(cell.expected) && cell.route.method !== 'GET'
  await inTurns(
    tested.filter((cell) => !changing(cell)),
    take,
  )
  await inTurns(tested.filter(changing), take)

  for (const [name, { side, calls, expected }] of tally) {
    const what = [...expected].join(', ')
    context.record({
      side,
      tried: `${name.split('|')[0]}, ${calls} call${calls === 1 ? '' : 's'}`,
      saw: what,
      expected: what,
      ok: true,
    })
  }
  if (without.length > 0) throw new Unproved(`no example: ${[...new Set(without)].join(', ')}`)
}

/**
 * Asks for the head of what a caller is refused: it comes from a route of its own, which must refuse them as well. Records one line.
 */
export async function expectHeadsRefused(context: ProbeContext, cells: readonly Cell[]): Promise<void> {
  const refused = cells.filter(
    ({ route, expected }) => route.method === 'GET' && ['unauthenticated', 'forbidden'].includes(expected),
  )
  let sound = 0
  await inTurns(refused, async (cell) => {
    const request = await requestOf(context, cell)
    if (request === null) return
    const reply = await send(context, { ...request, method: 'HEAD' })
    const seen = seenIn(reply, cell.route)
    if (seen === cell.expected) sound++
    else context.expect('negative', `HEAD of ${nameOf(cell)}`, shown(reply), cell.expected)
  })
  const tried = `HEAD of ${refused.length} routes and callers that GET refuses`
  if (refused.length > 0) context.expect('negative', tried, `${sound} refused`, `${refused.length} refused`)
}

const nameOf = (cell: Cell): string => `${cell.route.method} ${cell.route.path} as ${cell.caller?.name ?? 'nobody'}`

/** The request of a cell; `null` where it needs an example and there is none. */
async function requestOf(
  context: ProbeContext,
  { route, caller, object, expected }: Cell,
): Promise<NetworkRequest | null> {
  if (route.examples !== undefined) {
    const { as: _as, ...request } = await context.example(route, { as: caller ?? context.identity('member'), object })
    return caller === null ? request : { ...request, as: caller }
  }
  // Who is refused is refused before anything of the request is read.
  if (expected !== 'unauthenticated' && expected !== 'forbidden' && /:/.test(route.path)) return null
  if (expected === 'allowed' && route.method !== 'GET') return null
  const path = route.path.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000')
  const request = { method: route.method, path, ...(caller === null ? {} : { as: caller }) }
  return route.accepts === 'json' ? { ...request, body: {} } : request
}

/** What is wrong with what came of a cell, or `null`. */
async function flawOf(context: ProbeContext, cell: Cell, request: NetworkRequest): Promise<string | null> {
  const { route, expected, objects } = cell
  const mustNotChange =
    route.method !== 'GET' && ['unauthenticated', 'forbidden', 'factor', 'not-there'].includes(expected)
  const before = mustNotChange || route.method === 'DELETE' ? await touched(context, request) : ''
  const reply = await send(context, request)
  if (isHeldBack(expected, route, reply) && (await isReferredTo(context, request, objects.names)))
    return (await touched(context, request)) === before ? null : `${shown(reply)}, but rows changed`
  if (!isAsExpected(expected, seenIn(reply, route), reply, objects.inAddress)) return shown(reply)
  if (mustNotChange && (await touched(context, request)) !== before) return `${shown(reply)}, but rows changed`
  if (expected !== 'not-there' || cell.object === 'absent' || cell.caller === null) return null

  const absent = await context.example(route, { as: cell.caller, object: 'absent' })
  const nothing = await send(context, absent)
  const told = faceOf(reply, request) !== faceOf(nothing, absent)
  return told ? `${shown(reply)}, told apart from one that does not exist (${shown(nothing)})` : null
}

/**
 * Sends a request; where it is answered with a question for who somebody is, they sign in again and ask once more: another
 * claim may have ended their session, or it was long ago that they proved who they are.
 */
export async function send(context: ProbeContext, request: NetworkRequest): Promise<NetworkReply> {
  const reply = await context.network.request(request)
  const { as, ...rest } = request
  const asked = codeOf(reply) === 'step-up-required' || /^\/(confirm|sign-in)\b/.test(reply.headers.location ?? '')
  if (!asked || as === undefined) return reply
  return context.network.request({ ...rest, token: await context.network.signIn(as) })
}

async function inTurns(cells: readonly Cell[], take: (cell: Cell) => Promise<void>): Promise<void> {
  const waiting = cells.values()
  const worker = async (): Promise<void> => {
    for (const cell of waiting) await take(cell)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

const AT_ONCE = 8
const MOST_MISMATCHES = 20
