import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceTable } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { type Call, callsOf, expectServed, quoted, recovers } from './probe-calls.ts'
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
  const calls = await callsOf(context, 'GET')
  const working = await expectServed(context, calls)
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
  const calls = await callsOf(context, 'GET')
  const working = await expectServed(context, calls)
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

/** Refusals without a database that are looked at; each takes as long as the server waits for it. */
const ENOUGH = 3
