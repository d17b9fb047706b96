import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext, StartAttempt, TelemetryEvent } from '../../../kernel/vantage.ts'
import { ownPort } from './probe-port.ts'

/** Settings: the process itself is started with each, and says what comes of it. */
export const settingClaims: readonly Claim[] = [
  {
    id: 'refused-settings',
    says: 'A setting that is weak, unknown, or not for a server refuses to start, in one line that names it.',
    level: 'required',
    needs: ['host'],
    effect: 'writes',
    keeps: days(1),
    byHand: "HOLDFAST_ALLOWED_ORIGINS='*' npm start; echo $?   # one line, 3",
    prove: async (context) => {
      const settings = { HOLDFAST_ALLOWED_ORIGINS: 'https://a.example', ...(await ownPort()) }
      const good = await context.host.start(settings, 'start')
      const saw = good.outcome === 'started' ? 'started' : `exit ${good.outcome}: ${lastLine(good)}`
      context.expect('positive', 'the backend with settings as they should be', saw, 'started')
      await inTurns(REFUSED, async ([mode, variable, value, advice]) => {
        const attempt = await context.host.start({ [variable]: value }, mode)
        expectRefusal(context, attempt, variable, `${variable}=${value.slice(0, 60)} in ${mode}`)
        if (advice === undefined) return
        const advised = String(attempt.stderr.includes(advice))
        context.expect('negative', `the line about ${variable} says ${advice}`, advised, 'true')
      })
    },
  },
  {
    id: 'weak-at-work',
    says: 'What runs believes no proxy that was not named and lets no other origin in.',
    level: 'required',
    needs: ['network', 'database', 'telemetry'],
    effect: 'writes',
    keeps: days(1),
    byHand:
      "curl -ki -H 'Origin: https://stranger.example' -H 'X-Forwarded-For: 203.0.113.9' https://localhost:3443/health/live",
    prove: proveAtWork,
  },
]

/** What must not start, and in which mode. */
const REFUSED: readonly (readonly ['dev' | 'start', variable: string, value: string, advice?: string])[] = [
  ['dev', 'HOLDFAST_HOST', '0.0.0.0'],
  ['dev', 'NODE_TLS_REJECT_UNAUTHORIZED', '0'],
  ['start', 'HOLDFAST_ALLOWED_ORIGINS', '*'],
  ['start', 'HOLDFAST_TRUSTED_PROXIES', '0.0.0.0/0'],
  ['start', 'HOLDFAST_PUBLIC_ORIGIN', 'http://app.example'],
  ['start', 'HOLDFAST_LOG_LEVEL', 'debug'],
  ['start', 'HOLDFAST_SESSION_ABSOLUTE_SECONDS', '31536000'],
  ['start', 'HOLDFAST_ARGON2_MEMORY_KIB', '1024'],
  ['start', 'HOLDFAST_PEPPER', Buffer.alloc(32, 'a').toString('base64')],
  ['start', 'DATABASE_URL', ['postgresql://postgres', 'postgres@db.example/notes'].join(':')],
  ['start', 'DATABASE_URL', 'postgresql://db.example/notes?sslmode=disable'],
  ['start', 'HOLDFAST_ADMIN_DATABASE_URL', 'postgresql://db.example/notes'],
  ['start', 'HOLDFAST_ALOWED_ORIGINS', 'https://a.example', 'HOLDFAST_ALLOWED_ORIGINS'],
]

function expectRefusal(context: ProbeContext, attempt: StartAttempt, variable: string, what: string): void {
  const lines = attempt.stderr.trim().split('\n')
  const named = lines.length === 1 && lines[0]?.startsWith(`${variable}: `)
  const saw =
    attempt.outcome === 'started'
      ? 'started'
      : `exit ${attempt.outcome}, ${named ? 'one line that names it' : lastLine(attempt)}`
  context.expect('negative', what, saw, 'exit 3, one line that names it')
}

const lastLine = (attempt: StartAttempt): string =>
  (attempt.stderr || attempt.stdout).trim().split('\n').at(-1)?.slice(0, 200) ?? ''

async function proveAtWork(context: ProbeContext): Promise<void> {
  const stranger = 'https://stranger.example'
  const page = await context.network.request({ path: '/health/live', headers: { origin: stranger } })
  context.expect('positive', 'GET /health/live from another origin is answered', page.status, 200)
  const allowed = page.headers['access-control-allow-origin'] ?? 'nobody'
  context.expect('negative', 'which origins may read the reply', allowed, 'nobody')

  const member = context.identity('member')
  const claimed = '203.0.113.9'
  const reply = await context.network.request({
    method: 'POST',
    path: '/auth/sign-in',
    headers: { 'x-forwarded-for': claimed },
    body: { email: member.email, password: 'not the password of anybody' },
  })
  const requestId = (reply.json() as { readonly id?: unknown }).id
  const isIt = ({ name, accountId }: TelemetryEvent): boolean =>
    name === 'authn_login_fail' && accountId === member.accountId
  const events = await context.telemetry.events((all) => all.some(isIt))
  context.expect('positive', 'their failed sign-in becomes an event', String(events.some(isIt)), 'true')
  const { rows } = await context.database.admin.query(
    `select count(*) filter (where address = $1)::integer as forged, count(*) filter (where address is not null)::integer as told
     from holdfast.event_staging where name = 'authn_login_fail' and account_id = $2`,
    [claimed, member.accountId],
  )
  context.expect('positive', 'the event says where it came from', String(Number(rows[0]?.told) > 0), 'true')
  context.expect(
    'negative',
    `events that took the address of X-Forwarded-For: ${claimed} from a visitor (request ${String(requestId ?? 'without id').slice(0, 40)})`,
    Number(rows[0]?.forged),
    0,
  )
}

/** Two processes at a time: more would only wait for each other. */
async function inTurns<T>(list: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...list]
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one)
  }
  await Promise.all([worker(), worker()])
}
