import { readFileSync } from 'node:fs'
import type { ProblemCode, Refusal } from '../../kernel/refusal.ts'
import { answer, type RouteDefinition } from '../../platform/declaration/definition.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { builtIn, PUBLIC } from '../routes/route.ts'
import type { Words } from '../words/en/index.ts'
import { saidOf } from './shell.ts'

/** What marks a form as one that may be asked for a proof of work: `<form${CHALLENGED} …>`. */
export const CHALLENGED: Html = html` data-challenge`

/**
 * What ends such a form: where the work is told of while it is done, the script that does it, and, where it was asked for and is
 * missing, what there is to do without script.
 *
 * @param nonce - of the page.
 * @param refused - why the form came back, where it did.
 */
export const challengeParts = (
  { challenge: words }: Words,
  nonce: string,
  refused?: { readonly code: ProblemCode },
): Html =>
  html`<div class="work" data-working="${words.working}" data-still="${words.still}" data-done="${words.done}" data-failed="${words.failed}"${isAsked(refused) ? html` data-asked` : null}>
<p role="status"></p>
<progress max="1" value="0" aria-label="${words.progress}" hidden></progress>
</div>
${isAsked(refused) ? html`<noscript><p class="notice warn">${words.noScript}</p></noscript>` : null}
<script type="module" src="${SCRIPT_PATH}" nonce="${nonce}"></script>`

/** Why a form came back that may be asked for a proof of work, as people are told. */
export const challengeSaid = (
  refusal: Pick<Refusal, 'code' | 'message'> | undefined,
  words: Words,
): string | undefined =>
  isAsked(refusal) ? words.challenge.asked : refusal === undefined ? undefined : saidOf(refusal, words)

const isAsked = (refusal: { readonly code: ProblemCode } | undefined): boolean => refusal?.code === 'challenge-required'

const SCRIPT_PATH = '/assets/challenge.js'
const SCRIPT = readFileSync(new URL('challenge.js', import.meta.url), 'utf8')

export const CHALLENGE_SCRIPT_ROUTE: RouteDefinition = builtIn({
  method: 'GET',
  path: SCRIPT_PATH,
  access: PUBLIC,
  response: { 200: 'script' },
  examples: () => ({}),
  handler: () => answer(200, SCRIPT, { 'cache-control': 'public, max-age=300' }), // seconds
})
