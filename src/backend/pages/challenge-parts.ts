import { readFileSync } from 'node:fs'
import type { ProblemCode } from '../../kernel/refusal.ts'
import { answer, type RouteDefinition } from '../../platform/declaration/definition.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { builtIn, PUBLIC } from '../routes/route.ts'
import { en } from '../words/en/index.ts'

/** What marks a form as one that may be asked for a proof of work: `<form${CHALLENGED} …>`. */
export const CHALLENGED: Html = html` data-challenge`

/**
 * What stands below such a form: the script that does the work, what it says meanwhile, and, where the work was asked for
 * and is missing, what there is to do without script.
 *
 * @param nonce - of the page.
 * @param refused - why the form came back, where it did.
 */
export const challengeParts = (nonce: string, refused?: { readonly code: ProblemCode }): Html =>
  html`<div role="status"><p class="notice" id="challenge-working" hidden>${en.challenge.working}</p>
<p class="notice warn" id="challenge-failed" hidden>${en.challenge.failed}</p></div>
${refused?.code === 'challenge-required' ? html`<noscript><p class="notice warn">${en.challenge.noScript}</p></noscript>` : null}
<script type="module" src="${SCRIPT_PATH}" nonce="${nonce}"></script>`

/** Why a form came back, as people are told. */
export const saidOf = (refusal?: { readonly code: ProblemCode; readonly message: string }): string | undefined =>
  refusal?.code === 'challenge-required' ? en.challenge.asked : refusal?.message

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
