import { type Choices, choicesOf } from '../../../kernel/choices.ts'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkReply, NetworkRequest, ProbeContext } from '../../../kernel/vantage.ts'
import { changedBytes, changedJson, changedText } from './probe-change.ts'
import { eachOf, expectTaken, outcomeOf, REFUSED } from './probe-refusals.ts'
import { formOf, pathOf, requestOf, type Subject, subjectsOf } from './probe-routes.ts'
import { fits, propertiesOf } from './probe-schema.ts'
import { fitsAsText } from './probe-values.ts'

/** What nobody thought of: requests changed at random, each judged by what can be said of it for certain. */
export const fuzzClaims: readonly Claim[] = [
  {
    id: 'generated-input',
    says: 'Input that is changed at random is refused where it does not fit its declaration, and never breaks the server.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(1),
    // What fits is taken: wrong passwords are counted, mails are sent, and nobody else should meet that.
    exclusive: true,
    count: 'fuzzed-requests',
    byHand: 'holdfast torture --only fuzz --seed SEED   # the seed that the evidence names',
    prove: proveGenerated,
  },
]

async function proveGenerated(context: ProbeContext): Promise<void> {
  const { seed, times, over } = context.effort
  const subjects = await subjectsOf(context, takesSomething)
  await expectTaken(context, subjects)
  const seen = { unfit: 0, sent: 0, undecided: 0, wrong: 0 }
  const cases = Array.from({ length: times('fuzzed-requests') }, (_, index) => index)
  await eachOf(cases, async (index) => {
    if (over()) return
    const choices = choicesOf(seed, index)
    const subject = choices.of(subjects)
    const generated = generate(context, subject, choices)
    if (!generated.unfit && endsWhatIsTried(subject.route)) return
    const reply = await context.network.request(generated.request)
    seen.sent++
    if (generated.unfit) seen.unfit++
    const outcome = judge(subject, reply, generated.unfit)
    if (outcome === 'undecided') seen.undecided++
    if (outcome === 'sound' || outcome === 'undecided') return
    seen.wrong++
    const tried = `seed ${seed}, case ${index}: ${subject.name} ${generated.what}: ${shown(generated.request)}`
    if (seen.wrong <= MOST_SHOWN)
      context.record({ side: 'negative', tried, saw: outcome, expected: generated.unfit ? REFUSED : SOUND, ok: false })
  })
  if (seen.unfit - seen.undecided < seen.sent / 4)
    throw new Unproved(`of ${seen.sent} requests, only ${seen.unfit - seen.undecided} could be said not to fit`)
  const alive = await context.network.request({ path: '/health/live' })
  context.expect('positive', 'GET /health/live after all of them', alive.status, 200)
  const tried = `${seen.sent} requests changed at random from seed ${seed}, ${seen.unfit} of which do not fit`
  context.expect('negative', tried, `${seen.wrong} answered wrongly`, '0 answered wrongly')
}

interface Generated {
  readonly request: NetworkRequest
  /** Whether it does not fit for certain; else it may be taken or not. */
  readonly unfit: boolean
  /** Where it was changed. */
  readonly what: string
}

function generate(context: ProbeContext, subject: Subject, choices: Choices): Generated {
  const { body, query, params } = subject.route.schema
  const places = [
    // A body has more in it than the others.
    ...(body === undefined ? [] : (['body', 'body', 'body', 'bytes'] as const)),
    ...(hasProperties(query) ? (['query'] as const) : []),
    ...(hasProperties(params) ? (['params'] as const) : []),
  ]
  const place = choices.of(places)
  if (place === 'query') return generatedQuery(context, subject, choices)
  if (place === 'params') return generatedParams(context, subject, choices)
  if (subject.route.accepts === 'form') return generatedForm(context, subject, choices)
  return place === 'bytes' ? generatedBytes(context, subject, choices) : generatedBody(context, subject, choices)
}

function generatedBody(context: ProbeContext, subject: Subject, choices: Choices): Generated {
  const text = JSON.stringify(changedJson(subject.body, choices)) ?? 'null'
  return { request: requestOf(context, subject, { body: text }), unfit: isUnfit(subject, text), what: 'body' }
}

function generatedBytes(context: ProbeContext, subject: Subject, choices: Choices): Generated {
  const bytes = changedBytes(Buffer.from(JSON.stringify(subject.body)), choices)
  return { request: requestOf(context, subject, { body: bytes }), unfit: isUnfit(subject, bytes), what: 'bytes' }
}

function generatedForm(context: ProbeContext, subject: Subject, choices: Choices): Generated {
  const fields = subject.body as Readonly<Record<string, string>>
  const { name, text, known } = changedField(fields, subject.route.schema.body, choices)
  return {
    request: requestOf(context, subject, { body: formOf({ ...fields, [name]: text }) }),
    // An empty field may count as not filled in, and a text without its surrogates is another one.
    unfit: text !== '' && text.isWellFormed() && !(known && fitsAs(subject.route.schema.body, name, text, 'form')),
    what: `body/${name}`,
  }
}

function generatedQuery(context: ProbeContext, subject: Subject, choices: Choices): Generated {
  const { name, text, known } = changedField(subject.query, subject.route.schema.query, choices)
  return {
    request: requestOf(context, subject, { query: formOf({ ...subject.query, [name]: text }) }),
    unfit: text.isWellFormed() && !(known && fitsAs(subject.route.schema.query, name, text, 'query')),
    what: `query/${name}`,
  }
}

function generatedParams(context: ProbeContext, subject: Subject, choices: Choices): Generated {
  const { params: schema } = subject.route.schema
  const name = choices.of(Object.keys(propertiesOf(schema ?? {})))
  const changed = changedText(subject.params[name] ?? '', choices).toWellFormed()
  // An empty step, and one of dots, is another path.
  const text = /^\.{0,2}$/.test(changed) ? `a${changed}` : changed
  const path = pathOf(subject.route, subject.params, { [name]: encodeURIComponent(text.slice(0, LONGEST_PARAMETER)) })
  return {
    request: requestOf(context, subject, { path }),
    unfit: !fitsAs(schema, name, text.slice(0, LONGEST_PARAMETER), 'params'),
    what: `params/${name}`,
  }
}

/** One of the declared fields with another text, or a field that nobody declared. */
function changedField(
  fields: Readonly<Record<string, string>>,
  schema: SurfaceRoute['schema']['query'],
  choices: Choices,
): { readonly name: string; readonly text: string; readonly known: boolean } {
  const names = Object.keys(propertiesOf(schema ?? {}))
  const declared = choices.of(names)
  const name = choices.onceIn(8) ? changedText(declared, choices).toWellFormed() || 'a' : declared
  return { name, text: changedText(String(fields[name] ?? 'a'), choices), known: names.includes(name) }
}

const fitsAs = (
  schema: SurfaceRoute['schema']['query'],
  name: string,
  text: string,
  source: 'query' | 'params' | 'form',
): boolean => fitsAsText(propertiesOf(schema ?? {})[name] ?? {}, text, source)

/** Whether the body does not fit for certain: it is no JSON in UTF-8, or its value is not what is declared. */
function isUnfit({ route }: Subject, body: string | Uint8Array): boolean {
  try {
    const text = typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body)
    return !fits(route.schema.body ?? {}, JSON.parse(text))
  } catch {
    return true
  }
}

/** `sound`, `undecided` where it was refused before anybody looked at it, or what is wrong. */
function judge({ route }: Subject, reply: NetworkReply, unfit: boolean): string {
  const outcome = outcomeOf(reply)
  if (outcome === REFUSED) return 'sound'
  if (BEFORE.has(outcome) || leadsOn(reply)) return unfit ? 'undecided' : 'sound'
  if (unfit) return outcome
  const { status } = reply
  // What fits may be taken, or be refused for what it asks, also by a page that is declared; it must not break anything.
  const declared = route.schema.response[status] === 'html' && outcome.includes('text/html')
  return status < 400 || (status < 500 && (declared || /^4\d\d [a-z-]+$/.test(outcome))) ? 'sound' : outcome
}

/** Refusals that don't depend on the input: who asks, how often, and a machine that is busy. */
const BEFORE: ReadonlySet<string> = new Set([
  '401 authentication-required',
  '403 second-factor-required',
  '403 step-up-required',
  '429 too-many-attempts',
  '503 database-unavailable',
  '503 overloaded',
])

/** Whether what it takes may cost the caller the session, the password or the account: then it gets what does not fit alone. */
const endsWhatIsTried = ({ onlyRefusals, builtIn, access }: SurfaceRoute): boolean =>
  onlyRefusals !== undefined || (builtIn && access.kind !== 'public')

/** A page that asks who it is answers by leading there, and comes back to what was asked for. */
const leadsOn = ({ status, headers }: NetworkReply): boolean =>
  status === 303 && /^\/[a-z/-]+\?next=/.test(headers.location ?? '')

const takesSomething = ({ schema }: SurfaceRoute): boolean =>
  schema.body !== undefined || hasProperties(schema.query) || hasProperties(schema.params)

const hasProperties = (schema: SurfaceRoute['schema']['query']): boolean =>
  Object.keys(propertiesOf(schema ?? {})).length > 0

const shown = ({ path, body }: NetworkRequest): string =>
  body === undefined
    ? path
    : Buffer.from(body as string | Uint8Array)
        .toString()
        .slice(0, 200)

const SOUND = 'taken, or a problem or declared page of status 4xx'
const MOST_SHOWN = 20
/** Characters, so that the target is not too long to be looked at. */
const LONGEST_PARAMETER = 500
