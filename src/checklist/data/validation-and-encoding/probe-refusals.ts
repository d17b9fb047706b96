import { randomInt } from 'node:crypto'
import { Unproved } from '../../../kernel/claim.ts'
import type { NetworkReply, NetworkRequest, ProbeContext } from '../../../kernel/vantage.ts'
import { requestOf, type Subject } from './probe-routes.ts'

/** One spoilt request, and what it is about: `POST /notes body/title`. */
export interface Attempt {
  readonly about: string
  /** What was put there, for the report. */
  readonly what: string
  readonly request: NetworkRequest
}

/**
 * Sends spoilt requests, some at a time, and records how many were refused for what they are: a problem of status 4xx
 * whose code says that the input was not taken. A refusal for another reason means that the input got further than it should.
 *
 * @param least - how many there must be for each thing they are about.
 */
export async function expectRefused(
  context: ProbeContext,
  kind: string,
  attempts: readonly Attempt[],
  least: number,
): Promise<void> {
  if (attempts.length === 0) throw new Unproved(`no ${kind} could be made`)
  const counts = new Map<string, number>()
  let refused = 0
  let shown = 0
  await eachOf(attempts, async ({ about, what, request }) => {
    counts.set(about, (counts.get(about) ?? 0) + 1)
    const saw = outcomeOf(await context.network.request(request))
    if (saw === REFUSED) refused++
    else if (shown++ < MOST_SHOWN) {
      context.record({ side: 'negative', tried: `${about}: ${what}`, saw, expected: REFUSED, ok: false })
    }
  })
  const fewest = Math.min(...counts.values())
  const tried = `${attempts.length} ${kind} in ${counts.size} places, at least ${fewest} each`
  context.expect('negative', tried, `${refused} ${REFUSED}`, `${attempts.length} ${REFUSED}`)
  if (fewest < least) {
    const [place] = [...counts].find(([, count]) => count === fewest) ?? ['']
    context.expect('negative', `spoilt requests for ${place}`, fewest, `at least ${least}`)
  }
}

/** Sends the valid requests: a server that refuses everything proves nothing. */
export async function expectTaken(context: ProbeContext, subjects: readonly Subject[]): Promise<void> {
  const callable = subjects.filter((subject) => subject.callable)
  if (callable.length === 0) throw new Unproved('no route it is about can be called to success')
  let taken = 0
  await eachOf(callable, async (subject) => {
    const request = requestOf(context, subject)
    const first = await context.network.request(request)
    // Other claims may have used up what one client may ask for: so it comes from another one.
    const reply = first.status === 429 ? await context.network.request({ ...request, from: elsewhere() }) : first
    // What other rows refer to can't be removed: the request was taken, and the database said no.
    const held = reply.status === 409 && subject.route.method === 'DELETE'
    if ((reply.status >= 200 && reply.status < 400) || held) taken++
    else context.expect('positive', `${subject.name} with its example`, outcomeOf(reply), 'taken')
  })
  context.expect('positive', `the examples of ${callable.length} routes`, `${taken} taken`, `${callable.length} taken`)
}

/** What came of a request, in a word or two. */
export function outcomeOf(reply: NetworkReply): string {
  const { status, headers } = reply
  if (status < 400) return `${status}: it was taken`
  const type = headers['content-type'] ?? 'none'
  if (!type.startsWith('application/problem+json')) return `${status} of type ${type}`
  const { code, id } = problemIn(reply)
  if (typeof code !== 'string' || typeof id !== 'string' || id === '') return `${status} without code and id`
  return status < 500 && CODES.has(code) ? REFUSED : `${status} ${code}`
}

/** Works on everything, {@link AT_ONCE} at a time. */
export async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const rest = all.values()
  const lane = async (): Promise<void> => {
    for (const one of rest) await work(one)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

export function problemIn(reply: NetworkReply): { readonly code?: unknown; readonly id?: unknown } {
  try {
    const value = reply.json()
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

/** An address of this machine that nobody else is likely to use. */
const elsewhere = (): string => `127.${randomInt(1, 255)}.${randomInt(255)}.${randomInt(1, 255)}`

export const REFUSED = 'refused'
const MOST_SHOWN = 20
const AT_ONCE = 16

/** Codes that say the input itself was not taken. */
const CODES: ReadonlySet<string> = new Set([
  'request-malformed',
  'uri-too-long',
  'headers-too-large',
  'body-malformed',
  'body-too-deep',
  'body-too-large',
  'content-type-unsupported',
  'input-invalid',
])
