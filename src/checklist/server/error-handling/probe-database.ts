import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceTable } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { type Call, callsOf, expectServed, quoted } from './probe-calls.ts'
import { internalsIn, linesOf, problemIn, stillServes } from './probe-problem.ts'

/** A database that is there and does not do what it is asked. */
export const databaseClaims: readonly Claim[] = [
  {
    id: 'database-faults',
    says: 'Where the database has no room, or returns nothing, a write is answered with a problem and never with success.',
    level: 'required',
    needs: ['network', 'database', 'telemetry'],
    effect: 'writes',
    exclusive: true,
    keeps: days(1),
    byHand:
      'create a before-insert trigger that returns null, or raises 53100, on notes.note; then POST /api/notes and read the reply',
    prove: proveFaults,
  },
]

interface Fault {
  readonly what: string
  /** Body of a PL/pgSQL trigger before insert. */
  readonly body: string
  /** Statuses that say what happened. */
  readonly right: (status: number) => boolean
  readonly expected: string
}

/** As PostgreSQL says it where a disk is full, and as a view or rule does that takes a row and keeps none. */
const FAULTS: readonly Fault[] = [
  {
    what: 'on a full disk',
    body: `raise exception 'could not extend file "base/16384/24601": No space left on device' using errcode = '53100'`,
    right: (status) => status >= 500,
    expected: 'a problem, 5xx',
  },
  {
    what: 'to a database that returns nothing',
    body: 'return null',
    right: (status) => status >= 400,
    expected: 'a problem',
  },
]

async function proveFaults(context: ProbeContext): Promise<void> {
  const calls = await callsOf(context, 'POST')
  await expectServed(context, calls)
  for (const fault of FAULTS) {
    let met = 0
    for (const table of context.surface.tables) {
      met += await withTrigger(context, table, fault.body, () => writeInto(context, calls, fault))
      if (met > 0) break
    }
    if (met === 0) throw new Unproved('no route with an example inserts into a declared table')
  }
  await expectServed(context, await callsOf(context, 'POST'))
  await stillServes(context)
}

async function withTrigger(
  context: ProbeContext,
  { schema, name }: SurfaceTable,
  body: string,
  work: () => Promise<number>,
): Promise<number> {
  const { admin } = context.database
  // A sequence keeps its count when the transaction is rolled back; the definer may count, whoever inserts.
  await admin.query('create sequence public.probe_fault_met')
  await admin.query(
    `create function public.probe_fault() returns trigger language plpgsql security definer as $fault$
     begin perform nextval('public.probe_fault_met'); ${body}; end $fault$`,
  )
  try {
    await admin.query(
      `create trigger probe_fault before insert on ${quoted(schema)}.${quoted(name)} for each row execute function public.probe_fault()`,
    )
    return await work()
  } finally {
    await admin.query('drop function public.probe_fault() cascade')
    await admin.query('drop sequence public.probe_fault_met')
  }
}

/** How many calls met the fault: the others had nothing to do with the table. */
async function writeInto(context: ProbeContext, calls: readonly Call[], fault: Fault): Promise<number> {
  let met = 0
  for (const { name, request } of calls) {
    const before = await timesMet(context)
    const reply = await context.network.request(request)
    if ((await timesMet(context)) === before) continue
    met++
    const seen = problemIn(reply)
    const saw = seen.id !== '' && fault.right(seen.status) ? fault.expected : `${seen.status} ${seen.code}`
    context.expect('negative', `${name} ${fault.what}`, saw, fault.expected)
    const told = internalsIn(reply.text(), reply.headers) ?? 'nothing'
    context.expect('negative', `${name} ${fault.what}: told of the inside`, told, 'nothing')
    const lines = seen.id === '' ? [] : await linesOf(context, seen.id)
    context.expect(
      'negative',
      `${name} ${fault.what}: its id in the log`,
      lines.length > 0 ? 'there' : 'missing',
      'there',
    )
  }
  return met
}

async function timesMet(context: ProbeContext): Promise<number> {
  const { rows } = await context.database.admin.query(
    'select case when is_called then last_value else 0 end::integer as n from public.probe_fault_met',
  )
  return Number(rows[0]?.n)
}
