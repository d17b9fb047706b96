import { randomBytes } from 'node:crypto'
import { findPerson } from '../backend/explained-person.ts'
import { composeStanding } from '../backend/standing-backend.ts'
import type { Explanation } from '../checklist/authentication/access-control/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import type { SurfaceRoute } from '../kernel/surface.ts'
import { systemClock } from '../kernel/time.ts'
import { createEvents } from '../platform/events/index.ts'
import { readArguments } from './arguments.ts'
import { type Command, stateDirectoryOf } from './command.ts'
import { type Operated, operate } from './operated.ts'

/** Why somebody may or may not. */
export const permissions: Command = {
  help: `holdfast permissions explain USER ROUTE [APPLICATION] [--json]

Says why somebody may or may not call a route, step by step as a request is judged: the permission it asks for, their roles and
who gave them, the way by which the permission is inherited, second factor, step-up, and which objects and columns it
reaches.

USER is an address, or nobody. ROUTE is a method and a path: 'GET /notes/:id', or an address it answers: 'GET /notes/42'.

The backend must be running on this machine's state directory.

  --state DIRECTORY   where it runs (default HOLDFAST_STATE, else .holdfast)
  --json              { user, route, allowed, refusal, lines }

Exit codes: 0 they may · 1 they may not · 3 could not run.
`,
  async run(argv) {
    const { values, positionals } = readArguments(argv, {
      command: 'permissions',
      options: { state: { type: 'string' }, json: { type: 'boolean' } },
      most: 4,
    })
    const [action, user, route, application] = positionals
    if (action !== 'explain' || user === undefined || route === undefined) {
      throw new StartRefusal(
        'permissions',
        "say what: holdfast permissions explain ada@example.org 'GET /notes/:id' backend.ts",
      )
    }
    return operate(application, stateDirectoryOf(values.state, process.env), async (operated) => {
      const { name, explanation } = await explained(operated, user, route)
      const { refusal, lines } = explanation
      process.stdout.write(
        values.json
          ? `${JSON.stringify({ user, route: name, allowed: refusal === null, refusal, lines }, null, 2)}\n`
          : `${lines.join('\n')}\n`,
      )
      return refusal === null ? 0 : 1
    })
  },
}

async function explained(
  { definition, accounts, runtime, sealer }: Operated,
  user: string,
  wanted: string,
): Promise<{ readonly name: string; readonly explanation: Explanation }> {
  const events = createEvents({ database: accounts, clock: systemClock, random: randomBytes, onLoss: () => {} })
  try {
    const backend = await composeStanding({ definition, accounts, runtime: await runtime(), sealer, events })
    const route = routeOf(backend.surface.routes, wanted)
    const name = `${route.method} ${route.path}`
    const access = backend.controls['authentication/access-control']
    if (user === 'nobody') return { name, explanation: access.explain(null, route) }
    const found = await findPerson(accounts, backend.controls, user, systemClock.now())
    if (found === null) throw new StartRefusal(user, 'nobody has an account with this address')
    if (found === 'disabled') {
      const { lines } = access.explain(null, route)
      const out = `The account of ${user} is out of use: nobody is signed in as them.`
      return { name, explanation: { refusal: access.explain(null, route).refusal, lines: [out, ...lines] } }
    }
    const { refusal, lines } = access.explain(found.person, route)
    return { name, explanation: { refusal, lines: route.access.kind === 'public' ? lines : [found.as, ...lines] } }
  } finally {
    await events.close()
  }
}

/** The route as it is declared, else the first one that answers such an address. */
function routeOf(routes: readonly SurfaceRoute[], wanted: string): SurfaceRoute {
  const [method = '', path = ''] = wanted.trim().split(/\s+/)
  const sameMethod = routes.filter((route) => route.method === method.toUpperCase())
  const parts = path.split('?', 1)[0]?.split('/') ?? []
  // Fixed parts before named ones, as the router prefers them.
  const answering = sameMethod
    .filter((route) => {
      const own = route.path.split('/')
      return own.length === parts.length && own.every((part, index) => part.startsWith(':') || part === parts[index])
    })
    .toSorted((one, other) => one.path.split(':').length - other.path.split(':').length)
  const found = sameMethod.find((route) => route.path === path) ?? answering[0]
  if (found !== undefined) return found
  const near = sameMethod.map((route) => route.path).join(', ')
  throw new StartRefusal(
    wanted,
    near === ''
      ? "is no route; write it as 'GET /notes/:id'"
      : `is no route; with ${method.toUpperCase()} there are ${near}`,
  )
}
