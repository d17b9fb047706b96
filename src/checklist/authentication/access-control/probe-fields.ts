import { randomBytes } from 'node:crypto'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkReply, NetworkRequest, ProbeContext } from '../../../kernel/vantage.ts'
import { namesSentBy } from './probe-expectation.ts'
import { closedTo, namesOf, unwritable } from './probe-field-rules.ts'
import { seenIn, shown } from './probe-judge.ts'
import { expectedOf, send } from './probe-matrix.ts'
import { callerOf, repeat, rolePaths } from './probe-people.ts'
import { touched } from './probe-rows.ts'

/** Which columns somebody reads and writes, tried on every route that names a table with rules. */
export const fieldClaims: readonly Claim[] = [
  {
    id: 'fields',
    says: 'A column that a role may not read is in no reply to it, and one it may not write is refused and stays as it was.',
    level: 'where-present',
    present: async (context) => ruled(context).length > 0 || 'no route is about a table with field rules',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(7),
    byHand: 'curl -k -b cookies-of-an-auditor https://localhost:3443/api/notes/ID # and look for the column',
    async prove(context) {
      const missing = ruled(context).filter(({ route }) => route.examples === undefined)
      await proveReadable(context)
      await proveWritable(context)
      if (missing.length > 0)
        throw new Unproved(`no example: ${missing.map(({ route }) => `${route.method} ${route.path}`).join(', ')}`)
    },
  },
]

interface Ruled {
  readonly route: SurfaceRoute
  readonly table: string
}

const ruled = ({ surface }: ProbeContext): readonly Ruled[] =>
  surface.routes.flatMap((route) =>
    route.object !== undefined && surface.fields !== undefined && Object.hasOwn(surface.fields, route.object)
      ? [{ route, table: route.object }]
      : [],
  )

const callable = ({ route: { examples, onlyRefusals } }: Ruled): boolean =>
  examples !== undefined && onlyRefusals === undefined

const holdersOf = ({ surface }: ProbeContext, { access }: SurfaceRoute): readonly string[] =>
  Object.keys(surface.roles).filter(
    (role) => access.kind !== 'permission' || surface.roles[role]?.[access.permission] !== undefined,
  )

async function proveReadable(context: ProbeContext): Promise<void> {
  for (const { route, table } of ruled(context).filter(callable)) {
    const name = `${route.method} ${route.path}`
    if (!Object.values(route.schema.response).some((contract) => typeof contract === 'object')) continue
    for (const role of holdersOf(context, route)) {
      const who = context.identity(role)
      // Who may not write what the example sends is refused: that is the other half.
      if (expectedOf(context, route, who) !== 'allowed') continue
      const request = await context.example(route, { as: who, object: 'own' })
      const reply = await send(context, request)
      if (seenIn(reply, route) !== 'allowed') {
        context.expect('positive', `${name} as ${who.name}`, shown(reply), 'allowed')
        continue
      }
      const there = namesIn(reply)
      const closed = closedTo(context.surface, table, role, 'readable')
      if (closed.length > 0) {
        const leaked = closed.filter((column) => there.has(column)).join(', ')
        context.expect(
          'negative',
          `${name} as ${who.name}, who may not read ${closed.join(', ')}`,
          leaked || 'none',
          'none',
        )
      } else
        context.expect('positive', `${name} as ${who.name}, who may read all of it`, shown(reply), String(reply.status))
    }
  }
}

async function proveWritable(context: ProbeContext): Promise<void> {
  const writing = ruled(context).filter((one) => callable(one) && one.route.schema.body !== undefined)
  const [first] = writing
  if (first === undefined) return
  for (const { route } of writing) {
    for (const role of holdersOf(context, route)) {
      const who = context.identity(role)
      const request = await context.example(route, { as: who, object: 'own' })
      const used = unwritable(context.surface, route, role, namesSentBy(route))
      const name = `${route.method} ${route.path} as ${who.name}`
      if (used.length > 0) await expectRefused(context, `${name}, who may not write ${used.join(', ')}`, request, send)
      else if (expectedOf(context, route, who) === 'allowed')
        context.expect('positive', name, seenIn(await send(context, request), route), 'allowed')
    }
  }
  // A body that names no column is nobody's to refuse.
  await proveUnnamed(
    context,
    writing.filter(({ route }) => unwritable(context.surface, route, '', namesSentBy(route)).length > 0),
  )
}

/** A role that was made later, which no rule names: it writes nothing, whatever permission it holds. */
async function proveUnnamed(context: ProbeContext, writing: readonly Ruled[]): Promise<void> {
  const path = rolePaths(context)
  const owner = await callerOf(context, context.identity('owner'))
  const whoIs = context.identity('member', 'A', 2)
  const held = context.surface.roles.owner ?? {}
  const grants = [
    ...new Set(
      writing.flatMap(({ route: { access } }) =>
        access.kind === 'permission' && Object.hasOwn(held, access.permission) ? [access.permission] : [],
      ),
    ),
  ]
  const role = `unnamed-${randomBytes(4).toString('hex')}`
  context.expect(
    'positive',
    'a role that no rule names is made',
    await owner.tell('PUT', path.role(role), { grants, inherits: [] }),
    '204',
  )
  context.expect('positive', 'it is granted', await owner.tell('PUT', path.held(whoIs, role)), '204')
  context.expect('positive', 'the other one is taken', await owner.tell('DELETE', path.held(whoIs, 'member')), '204')
  const who = await callerOf(context, whoIs)
  for (const { route } of writing) {
    if (route.access.kind !== 'permission' || !grants.includes(route.access.permission)) continue
    const request = await context.example(route, { as: whoIs, object: 'own' })
    await expectRefused(context, `${route.method} ${route.path} as a role that no rule names`, request, (_, asked) =>
      repeat(who, asked),
    )
  }
}

async function expectRefused(
  context: ProbeContext,
  tried: string,
  request: NetworkRequest,
  ask: (context: ProbeContext, request: NetworkRequest) => Promise<NetworkReply>,
): Promise<void> {
  const before = await touched(context, request)
  const saw = shown(await ask(context, request))
  context.expect('negative', tried, saw, '403 permission-missing')
  context.expect(
    'negative',
    `${tried}: the rows after it`,
    (await touched(context, request)) === before ? 'as before' : 'changed',
    'as before',
  )
}

const namesIn = (reply: NetworkReply): ReadonlySet<string> =>
  new Set(reply.body.length > 0 ? namesOf(reply.json()) : [])
