import { setTimeout as sleep } from 'node:timers/promises'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute, SurfaceTable } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkRequest, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { internalsIn, linesOf, problemIn, stillServes } from './probe-problem.ts'

/** Errors that are made behind a handler. */
export const faultClaims: readonly Claim[] = [
  {
    id: 'unexpected-error',
    says: 'An error that nobody foresaw, thrown in a handler by the database, is a problem that tells nothing; its cause is in the log.',
    level: 'required',
    needs: ['network', 'database', 'telemetry'],
    effect: 'writes',
    exclusive: true,
    keeps: days(1),
    byHand:
      'psql -c "alter table notes.note rename to gone"; curl -i -b "$COOKIE" $ORIGIN/api/notes; then rename it back',
    prove: proveUnexpected,
  },
  {
    id: 'database-gone',
    says: 'While the database is gone, requests that need it get 503 and nothing of the inside; when it is back, so is the service.',
    level: 'required',
    needs: ['network', 'telemetry'],
    effect: 'writes',
    exclusive: true,
    keeps: days(1),
    byHand: 'stop PostgreSQL; curl -i -b "$COOKIE" $ORIGIN/api/notes; start it; the same again',
    prove: proveDatabaseGone,
  },
]

/** Takes a table away under the running server: what comes of it is an error as no handler expects it. */
async function proveUnexpected(context: ProbeContext): Promise<void> {
  const calls = await readCalls(context)
  const working = await statusesOf(context, calls)
  context.record({
    side: 'positive',
    tried: `${calls.length} routes that read`,
    saw: `${working.filter((status) => status < 400).length} served`,
    expected: 'at least one served',
    ok: working.some((status) => status < 400),
  })
  let thrown = 0
  for (const table of context.surface.tables) {
    await withoutTable(context, table, async () => {
      for (const call of calls) thrown += await seeError(context, call)
    })
    if (thrown > 0) break
  }
  if (thrown === 0) throw new Unproved('no route reads a table that could be taken away')
  await recovers(context, calls, working)
  await stillServes(context)
}

async function withoutTable(
  context: ProbeContext,
  { schema, name }: SurfaceTable,
  work: () => Promise<void>,
): Promise<void> {
  const { admin } = context.database
  await admin.query(`alter table ${quoted(schema)}.${quoted(name)} rename to ${quoted(`${name}_gone`)}`)
  try {
    await work()
  } finally {
    await admin.query(`alter table ${quoted(schema)}.${quoted(`${name}_gone`)} rename to ${quoted(name)}`)
  }
}

/** 1 when the call met an unexpected error, 0 when it had nothing to do with the table. */
async function seeError(context: ProbeContext, { name, request }: Call): Promise<number> {
  const reply = await context.network.request(request)
  if (reply.status < 500) return 0
  const seen = problemIn(reply)
  context.expect('negative', `${name} without its table`, `${seen.status} ${seen.code}`, '500 unexpected')
  context.expect(
    'negative',
    `${name}: told of the inside`,
    internalsIn(reply.text(), reply.headers) ?? 'nothing',
    'nothing',
  )
  const lines = seen.id === '' ? [] : await linesOf(context, seen.id)
  const cause = lines.some(
    (line) => JSON.stringify(line).includes('does not exist') || JSON.stringify(line).includes('42P01'),
  )
  context.expect('negative', `${name}: the cause in the log under its id`, cause ? 'there' : 'missing', 'there')
  return 1
}

async function proveDatabaseGone(context: ProbeContext): Promise<void> {
  const calls = await readCalls(context)
  const working = await statusesOf(context, calls)
  context.record({
    side: 'positive',
    tried: `${calls.length} routes that read, before`,
    saw: `${working.filter((status) => status < 400).length} served`,
    expected: 'at least one served',
    ok: working.some((status) => status < 400),
  })
  await context.faults.database('down')
  try {
    let refused = 0
    for (const { name, request } of calls) {
      const reply = await context.network.request({ ...request, timeout: 20_000 })
      if (reply.status < 400) continue // needs no database
      refused++
      const seen = problemIn(reply)
      context.expect(
        'negative',
        `${name} without a database`,
        `${seen.status} ${seen.code}`,
        '503 database-unavailable',
      )
      context.expect(
        'negative',
        `${name}: told of the inside`,
        internalsIn(reply.text(), reply.headers) ?? 'nothing',
        'nothing',
      )
      context.expect(
        'negative',
        `${name}: Retry-After`,
        /^\d+$/.test(reply.headers['retry-after'] ?? '') ? 'seconds' : 'absent',
        'seconds',
      )
      const lines = seen.id === '' ? [] : await linesOf(context, seen.id)
      context.expect('negative', `${name}: its id in the log`, lines.length > 0 ? 'there' : 'missing', 'there')
      if (refused === ENOUGH) break
    }
    if (refused === 0) throw new Unproved('no route needs the database')
    await stillServes(context)
  } finally {
    await context.faults.database('up')
  }
  await recovers(context, calls, working)
}

interface Call {
  readonly name: string
  readonly request: NetworkRequest
}

/** Requests that read and need a permission, with their examples, as JSON; a few. */
async function readCalls(context: ProbeContext): Promise<readonly Call[]> {
  const calls: Call[] = []
  for (const route of context.surface.routes) {
    const as = callerOf(context, route)
    if (as === undefined || calls.length === MOST_CALLS) continue
    const request = await context.example(route, { as, object: 'own' })
    calls.push({
      name: `${route.method} ${route.path}`,
      request: { ...request, headers: { accept: 'application/json' } },
    })
  }
  if (calls.length === 0) throw new Unproved('no route reads with a permission and has an example')
  return calls
}

function callerOf(context: ProbeContext, route: SurfaceRoute): TwinIdentity | undefined {
  const { access, examples, method, onlyRefusals } = route
  if (method !== 'GET' || examples === undefined || onlyRefusals !== undefined) return undefined
  if (access.kind !== 'permission' || access.stepUp !== undefined) return undefined
  return context.identities.find(
    ({ role, tenant }) => tenant === 'A' && context.surface.roles[role]?.[access.permission] !== undefined,
  )
}

const statusesOf = (context: ProbeContext, calls: readonly Call[]): Promise<number[]> =>
  Promise.all(calls.map(async ({ request }) => (await context.network.request(request)).status))

/** The same calls answer as they did before, within a few seconds. */
async function recovers(context: ProbeContext, calls: readonly Call[], before: readonly number[]): Promise<void> {
  let after: number[] = []
  for (let tries = 0; tries < RECOVERY_TRIES; tries++) {
    after = await statusesOf(context, calls)
    if (after.join() === before.join()) break
    await sleep(100)
  }
  context.expect('positive', 'the same calls afterwards', after.join(' '), before.join(' '))
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const MOST_CALLS = 12
/** Refusals without a database that are looked at; each takes as long as the server waits for it. */
const ENOUGH = 3
const RECOVERY_TRIES = 100
