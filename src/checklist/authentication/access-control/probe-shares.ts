import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkRequest, ProbeContext } from '../../../kernel/vantage.ts'
import { objectsOf } from './probe-expectation.ts'
import { seenIn, shown } from './probe-judge.ts'
import { send } from './probe-matrix.ts'

/** What was lent, through the routes that lend and take back. */
export const shareClaims: readonly Claim[] = [
  {
    id: 'shares',
    says: 'What is lent is seen by whom it was lent to, from then on and until it is taken back, on every node.',
    level: 'where-present',
    present: async (context) => lendingOf(context) !== undefined || 'no routes lend a row and take it back',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(7),
    byHand: 'lend a note, take it back, and open it as the one it was lent to',
    prove: proveShares,
  },
]

interface Lending {
  readonly lend: SurfaceRoute
  readonly takeBack: SurfaceRoute
  readonly read: SurfaceRoute
}

/** A path that is put and deleted and names a row that can be lent, and a route that reads such a row. */
function lendingOf({ surface }: ProbeContext): Lending | undefined {
  const lent = new Set(surface.tables.filter((table) => table.sharedThrough !== undefined).map(({ name }) => name))
  const about = (route: SurfaceRoute): string | undefined => {
    if (route.builtIn || route.examples === undefined) return undefined
    const { names, inAddress } = objectsOf(route)
    return inAddress && names.length === 1 ? names.find((name) => lent.has(name)) : undefined
  }
  for (const lend of surface.routes.filter(({ method }) => method === 'PUT')) {
    const takeBack = surface.routes.find(({ method, path }) => method === 'DELETE' && path === lend.path)
    const table = about(lend)
    if (table === undefined || takeBack === undefined || parametersOf(lend) !== 2) continue
    const read = surface.routes.find(
      (route) => route.method === 'GET' && about(route) === table && parametersOf(route) === 1,
    )
    if (read !== undefined) return { lend, takeBack, read }
  }
  return undefined
}

const parametersOf = ({ path }: SurfaceRoute): number => path.match(/:\w+/g)?.length ?? 0

async function proveShares(context: ProbeContext): Promise<void> {
  const lending = lendingOf(context)
  if (lending === undefined) throw new Unproved('no routes lend a row and take it back')
  const { lend, takeBack, read } = lending
  const me = context.identity('member')
  const lendIt = await context.example(lend, { as: me, object: 'own' })
  const other = context.identities.find(({ accountId }) => lendIt.path.includes(accountId))
  const id = lendIt.path.split('/').find((part) => UUID.test(part) && part !== other?.accountId)
  if (other === undefined || id === undefined) throw new Unproved(`no example: ${lend.path} lends to nobody here`)
  const path = read.path.replace(/:\w+/, id)
  const look = async (side: 'positive' | 'negative', when: string, expected: string): Promise<void> => {
    for (const node of [0, 1] as const) {
      const reply = await send(context, { path, as: other, node, headers: { accept: 'application/json' } })
      context.expect(side, `GET ${read.path} as ${other.name}, ${when}, node ${node}`, shown(reply), expected)
    }
  }
  const back: NetworkRequest = { method: takeBack.method, path: lendIt.path, as: me }
  await look('negative', 'before it is lent', '404 not-found')
  context.expect(
    'positive',
    `${lend.method} ${lend.path} as ${me.name}`,
    seenIn(await send(context, lendIt), lend),
    'allowed',
  )
  await look('positive', 'lent', '200')
  context.expect(
    'positive',
    `${back.method} ${takeBack.path} as ${me.name}`,
    seenIn(await send(context, back), takeBack),
    'allowed',
  )
  await look('negative', 'taken back', '404 not-found')
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
