import { setTimeout as sleep } from 'node:timers/promises'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'

/** A reply as status, code and id; the code says in words where it is no problem as RFC 9457 has it. */
export interface SeenProblem {
  readonly status: number
  readonly code: string
  readonly id: string
}

export function problemIn(reply: NetworkReply): SeenProblem {
  const { status, headers } = reply
  const type = headers['content-type'] ?? 'none'
  if (type !== 'application/problem+json') return { status, code: `content type ${type}`, id: '' }
  const body = jsonOf(reply.text())
  const { code, id, title, detail } = body
  if (typeof title !== 'string' || typeof detail !== 'string') return { status, code: 'no title or detail', id: '' }
  if (body.status !== status) return { status, code: `status ${String(body.status)} in the body`, id: '' }
  return { status, code: typeof code === 'string' ? code : 'no code', id: typeof id === 'string' ? id : '' }
}

/** The answer of a raw connection, read as far as it is one. */
export function problemInBytes(bytes: Buffer): SeenProblem {
  const text = bytes.toString('latin1')
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0)
  const end = text.indexOf('\r\n\r\n')
  if (status === 0 || end === -1) return { status, code: 'no HTTP reply', id: '' }
  const type = /\r\ncontent-type: ([^\r\n]*)/i.exec(text.slice(0, end))?.[1] ?? 'none'
  if (type !== 'application/problem+json') return { status, code: `content type ${type}`, id: '' }
  const { code, id } = jsonOf(text.slice(end + 4))
  return { status, code: typeof code === 'string' ? code : 'no code', id: typeof id === 'string' ? id : '' }
}

/** What a reply tells of the inside, or `null`. */
export function internalsIn(text: string, headers: Readonly<Record<string, string>> = {}): string | null {
  for (const name of BANNERS) if (headers[name] !== undefined) return `${name}: ${headers[name]}`
  for (const [what, pattern] of INTERNALS) if (pattern.test(text)) return what
  return null
}

/** Lines of the log with any of these ids; waits a moment until each has one. */
export async function linesOf(
  context: ProbeContext,
  ...ids: readonly string[]
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const deadline = performance.now() + LOG_TIMEOUT
  for (;;) {
    const lines = context.telemetry.logs().filter((line) => ids.some((id) => Object.values(line).includes(id)))
    const all = ids.every((id) => lines.some((line) => Object.values(line).includes(id)))
    if (all || performance.now() >= deadline) return lines
    await sleep(40)
  }
}

/** How long a line may take to reach the log, in milliseconds. */
const LOG_TIMEOUT = 2_000

/** The process answers a plain request. */
export async function stillServes(context: ProbeContext): Promise<void> {
  const reply = await context.network.request({ path: '/health/live' })
  context.expect('positive', 'GET /health/live afterwards', reply.status, 200)
}

const BANNERS = ['server', 'x-powered-by', 'via', 'x-aspnet-version', 'x-runtime']

const INTERNALS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a stack trace', /(?:\n|\\n|^)\s*at .{1,300}:\d+:\d+|"stack"/m],
  ['the name of an error class', /\b(?:Type|Range|Reference|Syntax|Database|Aggregate|Fastify|Postgres)Error\b/],
  ['a path of a file', /file:\/\/|node_modules|node:internal|\/(?:home|root|usr|var|etc|opt|tmp|srv|work|Users)\/\w/],
  ['an SQL statement', /\b(?:select|returning)\b.{1,300}"|\binsert into\b|\bset_config\b|\$\d\b/i],
  [
    'a message of the database',
    /SQLSTATE|\b(?:relation|column|constraint) \\?"|does not exist|terminating connection|42P01/i,
  ],
  [
    'a message of the system',
    /\bE(?:CONNREFUSED|CONNRESET|NOENT|PIPE|ACCES|TIMEDOUT)\b|connect(?:ion)? (?:refused|terminated)|127\.0\.0\.1|\/\.s\.PGSQL/i,
  ],
  [
    'the name of a library or its version',
    /\bFST_ERR|\bHPE_|\bfastify\b|\bnode\.js\b|\bopenssl\b|\bajv\b|\bkysely\b|postgres/i,
  ],
]

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
