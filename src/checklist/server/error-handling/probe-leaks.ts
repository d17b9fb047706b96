import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import { Misbehaviour, type NetworkReply, type ProbeContext, type TelemetryEvent } from '../../../kernel/vantage.ts'
import { type Call, callsOf } from './probe-calls.ts'
import { linesOf, problemIn, stillServes } from './probe-problem.ts'

/** Replies that carry the inside out, and whether they are stopped. */
export const leakClaims: readonly Claim[] = [
  {
    id: 'leaks-stopped',
    says: 'A stack, statement, path, error of database or system, or key in a reply is replaced by a problem that tells nothing, and reported.',
    level: 'required',
    needs: ['network', 'telemetry'],
    effect: 'writes',
    exclusive: true,
    keeps: days(1),
    byHand:
      "throw new Refusal('conflict', error.stack) in a handler; curl it; then `select * from holdfast.event_staging order by n desc limit 5`",
    prove: proveStopped,
  },
]

async function proveStopped(context: ProbeContext): Promise<void> {
  const calls = await callsOf(context, 'GET')
  const [call] = calls
  if (call === undefined) return
  const before = await context.network.request(call.request)
  context.expect(
    'positive',
    `${call.name} as it is`,
    before.status < 400 ? 'served' : `status ${before.status}`,
    'served',
  )
  try {
    await letsPass(context, call)
    const stopped: Stopped[] = []
    for (const how of ['refuses', 'sends'] as const) {
      for (const [what, text] of LEAKS) stopped.push(await tryLeak(context, call, how, what, text))
    }
    await expectReported(context, stopped)
    await context.faults.results(new Misbehaviour('throws', INSIDE))
    const thrown = await context.network.request(call.request)
    expectSilent(context, 'an error that a handler throws', thrown, INSIDE)
  } finally {
    await context.faults.results(null)
  }
  const after = await context.network.request(call.request)
  context.expect('positive', `${call.name} afterwards`, after.status, before.status)
  await stillServes(context)
}

/** What a handler says in plain words is for the sender: a watch that stops everything is none. */
async function letsPass(context: ProbeContext, call: Call): Promise<void> {
  for (const text of ['somebody else changed it at 10:30', 'choose another name from the list']) {
    await context.faults.results(new Misbehaviour('refuses', text))
    const reply = await context.network.request(call.request)
    const told = reply.text().includes(text) ? 'told' : 'not told'
    context.expect('positive', `a refusal that says "${text}"`, `${problemIn(reply).code}, ${told}`, 'conflict, told')
  }
}

interface Stopped {
  readonly what: string
  /** Of the problem that took its place; empty where there was none. */
  readonly id: string
}

async function tryLeak(
  context: ProbeContext,
  call: Call,
  how: Misbehaviour['how'],
  leak: string,
  text: string,
): Promise<Stopped> {
  await context.faults.results(new Misbehaviour(how, text))
  const reply = await context.network.request(call.request)
  const made = await context.faults.results(null)
  const what = how === 'sends' ? `${leak} sent past the contract` : `${leak} in a refusal`
  context.expect('positive', `${what}: handlers that did so`, made, 1)
  return { what, id: expectSilent(context, what, reply, text) }
}

async function expectReported(context: ProbeContext, stopped: readonly Stopped[]): Promise<void> {
  const ids = stopped.flatMap(({ id }) => (id === '' ? [] : [id]))
  const lines = await linesOf(context, ...ids)
  for (const { what, id } of stopped) {
    const logged = id !== '' && lines.some((line) => Object.values(line).includes(id))
    context.expect('negative', `${what}: its id in the log`, logged ? 'there' : 'missing', 'there')
  }
  // Equal events within a second are one that counts them.
  const reported = (all: readonly TelemetryEvent[]): number =>
    all.filter((event) => event.name === 'sys_leak_stopped').reduce((sum, { count }) => sum + count, 0)
  const events = await context.telemetry.events((all) => reported(all) >= stopped.length)
  context.expect('negative', 'leaks that events tell of', reported(events), stopped.length)
}

/** Returns the problem's id. */
function expectSilent(context: ProbeContext, what: string, reply: NetworkReply, text: string): string {
  const seen = problemIn(reply)
  context.expect('negative', what, `${seen.status} ${seen.code}`, '500 unexpected')
  // Any line of it, as it is or as JSON would carry it.
  const told = text.split('\n').some((line) => reply.text().includes(JSON.stringify(line.trim()).slice(1, -1)))
  context.expect('negative', `${what}: in the reply`, told ? 'told' : 'not told', 'not told')
  return seen.id
}

const INSIDE = 'the inside: table ledger_of_2019, host db-7'

/** What replies of other servers have told; put together where a scan of this tree would find a secret. */
const LEAKS: readonly (readonly [what: string, text: string])[] = [
  ['a stack', 'it failed\n    at handle (server.js:12:5)\n    at run (server.js:80:1)'],
  ['an error of the runtime', "TypeError: Cannot read properties of undefined (reading 'owner')"],
  ['a path', 'could not open /srv/app/uploads/7.bin'],
  ['a statement', 'select "title" from "note" where "owner" = $1'],
  ['an error of the database', 'relation "note" does not exist'],
  ['an error of the system', 'connect ECONNREFUSED 10.0.0.5:5432'],
  ['a hash of a password', `it was ${'$argon2'}id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA`],
  ['a private key', `${'-----BEGIN'} PRIVATE KEY-----`],
]
