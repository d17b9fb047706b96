import { randomBytes } from 'node:crypto'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkRequest, ProbeContext } from '../../../kernel/vantage.ts'
import { linesOf, problemIn, problemInBytes, stillServes } from './probe-problem.ts'

/** What is kept of an error. */
export const recordedClaims: readonly Claim[] = [
  {
    id: 'recorded',
    says: 'The id of every refusal is in the log with its code, malformed requests are security events, and no input can forge a line.',
    level: 'required',
    needs: ['network', 'telemetry'],
    effect: 'writes',
    keeps: days(1),
    byHand:
      'curl -s "$ORIGIN/%zz"; then look for the id in the log and in `select * from holdfast.event_staging order by n desc limit 5`',
    prove: proveRecorded,
  },
]

async function proveRecorded(context: ProbeContext): Promise<void> {
  const wanted: { readonly id: string; readonly code: string; readonly event: string | null }[] = []
  for (const [request, event] of requests(context)) {
    const reply = await context.network.request(request)
    if (reply.status < 400) continue // whether it is taken is the question of another item
    const { id, code } = problemIn(reply)
    wanted.push({ id, code, event })
  }
  const raw = problemInBytes(await context.network.raw('NONSENSE\r\n\r\n'))
  wanted.push({ id: raw.id, code: raw.code, event: 'malformed_request' })

  const lines = await linesOf(context, ...wanted.map(({ id }) => id))
  for (const { id, code } of wanted) {
    const own = lines.filter((line) => id !== '' && Object.values(line).includes(id))
    const saw = own.some((line) => Object.values(line).includes(code)) ? 'with its code' : 'missing'
    context.expect('negative', `the log line of a ${code}`, saw, 'with its code')
  }
  const names = wanted.flatMap(({ event }) => (event === null ? [] : [event]))
  const events = await context.telemetry.events((all) =>
    names.every((name) => all.some((event) => event.name === name)),
  )
  for (const name of new Set(names)) {
    const seen = events.some((event) => event.name === name && event.result === 'failure')
    context.expect('negative', `the event ${name}`, seen ? 'there' : 'missing', 'there')
  }
  await proveWholeLines(context)
  await stillServes(context)
}

function requests(context: ProbeContext): readonly (readonly [NetworkRequest, string | null])[] {
  const headers = { accept: 'application/json', origin: context.network.origin, 'content-type': 'application/json' }
  const signIn = (body: string): NetworkRequest => ({ method: 'POST', path: '/auth/sign-in', headers, body })
  return [
    [{ path: '/nothing-here', headers: { accept: 'application/json' } }, null],
    [{ path: '/%zz', headers: { accept: 'application/json' } }, 'malformed_request'],
    [signIn('{'), 'malformed_request'],
    [signIn('{"email":1,"password":2}'), 'input_validation_fail'],
    [{ path: `/${'a'.repeat(9_000)}` }, 'malformed_request'],
  ]
}

/** Line ends followed by what looks like a line of the log, wherever a text can be put. */
async function proveWholeLines(context: ProbeContext): Promise<void> {
  const marker = `forged${randomBytes(6).toString('hex')}`
  const line = JSON.stringify({ level: 'error', time: '2026-01-01T00:00:00.000Z', forged: marker, msg: marker })
  const headers = { accept: 'application/json', origin: context.network.origin, 'content-type': 'application/json' }
  const tricks = ['\n', '\r\n', '\r', '\u2028', '\u0085'].map((end) => `x${end}${line}${end}`)
  for (const trick of tricks) {
    const text = encodeURIComponent(trick)
    await context.network.request({ path: `/health/${text}` })
    await context.network.request({ path: `/health/live?${text}=${text}` })
    const body = JSON.stringify({ email: trick, password: trick, [trick]: 1 })
    await context.network.request({ method: 'POST', path: '/auth/sign-in', headers, body })
  }
  await context.network.request({
    path: '/health/live?x=1',
    headers: { 'user-agent': line, 'x-request-id': marker, referer: line },
  })
  const lines = context.telemetry.logs()
  const forged = lines.filter((one) => one.forged === marker || one.msg === marker)
  context.expect(
    'negative',
    `${tricks.length * 3 + 1} attempts at a line of one's own, in ${lines.length} lines`,
    `${forged.length} forged`,
    '0 forged',
  )
  const broken = lines.filter((one) => typeof one.level !== 'string' || typeof one.time !== 'string')
  context.expect('negative', 'lines that are no whole records', broken.length, 0)
}
