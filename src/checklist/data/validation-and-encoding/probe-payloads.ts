import { randomBytes } from 'node:crypto'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { JsonSchema, ResponseContract } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { eachOf } from './probe-refusals.ts'
import { formOf, requestOf, type Subject, subjectsOf } from './probe-routes.ts'
import { fits, propertiesOf, typesOf } from './probe-schema.ts'

/** What is stored as text comes out as text. */
export const payloadClaims: readonly Claim[] = [
  {
    id: 'page-escaping',
    says: 'Markup that somebody stored, or put into an address, stands escaped in every page that shows it.',
    level: 'where-present',
    present: async ({ surface }) => hasResponse(surface.routes, 'html') || 'no route shows a page',
    needs: ['network'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'save a note titled "><script>alert(1)</script> and open the list of notes',
    prove: provePages,
  },
  {
    id: 'csv-formulas',
    says: 'A stored text that a spreadsheet would take for a formula is exported as text.',
    level: 'where-present',
    present: async ({ surface }) => hasResponse(surface.routes, 'csv') || 'no route exports CSV',
    needs: ['network'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'save a note titled =1+1 and look at the export: the cell begins with an apostrophe',
    prove: proveTables,
  },
]

async function provePages(context: ProbeContext): Promise<void> {
  const marker = `hf${randomBytes(5).toString('hex')}`
  const payload = `'"><script>${marker}()</script>`
  const stored = await plant(context, [payload])
  const pages = await readers(context, 'html')
  let escaped = 0
  let raw = 0
  await eachOf(pages, async (subject) => {
    for (const query of [undefined, ...reflected(subject, payload)]) {
      const request = requestOf(context, subject, query === undefined ? {} : { query })
      const text = (await context.network.request({ ...request, headers: { accept: 'text/html' } })).text()
      if (text.includes(`<script>${marker}`) || text.includes(`"><script`)) {
        raw++
        context.expect('negative', `${subject.name}: stored markup`, 'as markup', 'escaped')
      } else if (text.includes(marker)) escaped++
    }
  })
  if (raw + escaped === 0) throw new Unproved('no page shows what was stored')
  context.expect(
    'negative',
    `markup stored in ${stored} fields, on ${pages.length} pages`,
    `${raw} unescaped`,
    '0 unescaped',
  )
  context.record({
    side: 'positive',
    tried: 'pages that show what was stored',
    saw: `${escaped} show it, escaped`,
    expected: 'at least one',
    ok: escaped > 0,
  })
}

async function proveTables(context: ProbeContext): Promise<void> {
  const marker = `hf${randomBytes(5).toString('hex')}`
  const formulas = [
    `=1+${marker}`,
    `+${marker}`,
    `-${marker}`,
    `@${marker}`,
    ` =${marker}`,
    `=HYPERLINK("${marker}","a,b")`,
  ]
  const stored = await plant(context, formulas)
  let harmless = 0
  let running = 0
  await eachOf(await readers(context, 'csv'), async (subject) => {
    const reply = await context.network.request(requestOf(context, subject))
    for (const cell of cellsOf(reply.text())) {
      if (!cell.includes(marker)) continue
      if (/^\s*[=+\-@]/.test(cell)) {
        running++
        context.expect('negative', `${subject.name}: the cell of a stored formula`, cell.slice(0, 8), 'text')
      } else harmless++
    }
  })
  if (harmless + running === 0) throw new Unproved('no export holds what was stored')
  context.expect('negative', `formulas stored in ${stored} places`, `${running} would run`, '0 would run')
  context.record({
    side: 'positive',
    tried: 'cells with what was stored',
    saw: `${harmless} as text`,
    expected: 'at least one',
    ok: harmless > 0,
  })
}

/** Puts payloads into every free text field that a route stores; returns how many were taken. */
async function plant(context: ProbeContext, payloads: readonly string[]): Promise<number> {
  const writers = (
    await subjectsOf(
      context,
      ({ access, method, schema }) => access.kind !== 'public' && method !== 'GET' && schema.body !== undefined,
    )
  ).filter((subject) => subject.callable)
  const attempts = writers.flatMap((subject) =>
    Object.entries(propertiesOf(subject.route.schema.body ?? {})).flatMap(([name, schema]) =>
      payloads.filter((payload) => isFree(schema, payload)).map((payload) => ({ subject, name, payload })),
    ),
  )
  let taken = 0
  await eachOf(attempts, async ({ subject, name, payload }) => {
    const body = { ...(subject.body as Record<string, unknown>), [name]: payload }
    const sent = subject.route.accepts === 'form' ? formOf(body) : body
    const reply = await context.network.request(requestOf(context, subject, { body: sent }))
    if (reply.status < 400) taken++
  })
  if (taken === 0) throw new Unproved('no route stores a free text')
  return taken
}

/** Whether a field takes a text as it is, and others: a choice and a format don't. */
function isFree(schema: JsonSchema, text: string): boolean {
  const branches = (schema.anyOf ?? schema.oneOf) as readonly JsonSchema[] | undefined
  if (branches !== undefined) return branches.some((branch) => isFree(branch, text))
  const bound = ['format', 'enum', 'const'].some((keyword) => keyword in schema)
  return typesOf(schema).includes('string') && !bound && fits(schema, text)
}

/** Queries of a page that have the payload in one of their texts. */
const reflected = ({ route, query }: Subject, payload: string): readonly string[] =>
  Object.entries(propertiesOf(route.schema.query ?? {}))
    .filter(([, schema]) => isFree(schema, payload))
    .map(([name]) => new URLSearchParams({ ...query, [name]: payload }).toString())

const readers = async (context: ProbeContext, contract: ResponseContract): Promise<readonly Subject[]> =>
  (
    await subjectsOf(
      context,
      ({ method, schema }) => method === 'GET' && Object.values(schema.response).includes(contract),
    )
  ).filter((subject) => subject.callable)

const hasResponse = (routes: ProbeContext['surface']['routes'], contract: ResponseContract): boolean =>
  routes.some(({ schema }) => Object.values(schema.response).includes(contract))

/** The cells of a CSV text (RFC 4180). */
function* cellsOf(text: string): Generator<string> {
  for (const [, quoted, plain] of text.matchAll(/(?:^|,|\r\n)(?:"((?:[^"]|"")*)"|([^,\r\n]*))/g)) {
    yield quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"')
  }
}
