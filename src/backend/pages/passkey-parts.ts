import { readFileSync } from 'node:fs'
import { answer, type RouteDefinition } from '../../platform/declaration/definition.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { browserScript } from '../../platform/webauthn/index.ts'
import { builtIn, PUBLIC } from '../routes/route.ts'
import type { Words } from '../words/en/index.ts'

type PasskeyWords = Words['passkeys']

/** A page that asks for a passkey. */
export interface PasskeyPage {
  /** The id of the field whose password goes along, where it is filled in: a security key is one factor. */
  readonly password?: string
  /** Of the page's Content-Security-Policy. */
  readonly nonce: string
  /** Where to go on to. */
  readonly next: string
}

/** For the sign-in page, whose field for the address says `autocomplete="username webauthn"`: a button, and the browser's offer. */
export const passkeySignIn = (words: PasskeyWords, page: PasskeyPage): Html =>
  asking(words, page, {
    kind: 'offer',
    button: words.signIn.button,
    options: '/auth/passkey/options',
    answer: '/auth/passkey/sign-in',
  })

/** For the page of the second step. */
export const passkeySecond = (words: PasskeyWords, page: PasskeyPage): Html =>
  asking(words, page, {
    kind: 'ask',
    button: words.signIn.second,
    options: '/auth/second-factor/passkey/options',
    answer: '/auth/second-factor/passkey',
  })

/** For the page that asks once more who somebody is. */
export const passkeyConfirm = (words: PasskeyWords, page: PasskeyPage): Html =>
  asking(words, page, {
    kind: 'ask',
    button: words.signIn.confirm,
    options: '/auth/step-up/passkey/options',
    answer: '/auth/step-up/passkey',
  })

/** Attributes of a place that the script works in: what it says, and where it goes. */
export const passkeyAttributes = (
  { problems }: PasskeyWords,
  place: {
    readonly kind: string
    readonly options: string
    readonly answer: string
    readonly next: string
    readonly password?: string | undefined
  },
): Html => html` data-passkey="${place.kind}"${place.password === undefined ? null : html` data-password="${place.password}"`} data-options="${place.options}" data-answer="${place.answer}" data-next="${place.next}"
 ${Object.entries(problems).map(([name, sentence]) => html` data-${name}="${sentence}"`)}`

/** The scripts. Without them a place stays hidden. */
export const passkeyScripts = (nonce: string): Html =>
  html`<script src="${LIBRARY_PATH}" nonce="${nonce}" defer></script>
<script type="module" src="${SCRIPT_PATH}" nonce="${nonce}"></script>`

/** Where the script says what went wrong. */
export const PASSKEY_ALERT: Html = html`<p class="notice warn" role="alert" hidden></p>`

const asking = (
  words: PasskeyWords,
  { nonce, next, password }: PasskeyPage,
  place: { readonly kind: string; readonly button: string; readonly options: string; readonly answer: string },
): Html => html`<div class="card" hidden${passkeyAttributes(words, { ...place, next, password })}>
${PASSKEY_ALERT}
<div class="row"><button type="button" class="quiet">${place.button}</button></div>
</div>
${passkeyScripts(nonce)}`

const LIBRARY_PATH = '/assets/webauthn.js'
const SCRIPT_PATH = '/assets/passkeys.js'

const script = (path: string, text: string): RouteDefinition =>
  builtIn({
    method: 'GET',
    path,
    access: PUBLIC,
    response: { 200: 'script' },
    examples: () => ({}),
    handler: () => answer(200, text, { 'cache-control': 'public, max-age=300' }), // seconds
  })

/** The scripts as the pages load them. */
export const passkeyScriptRoutes = (): readonly RouteDefinition[] => [
  script(LIBRARY_PATH, browserScript()),
  script(SCRIPT_PATH, readFileSync(new URL('passkeys.js', import.meta.url), 'utf8')),
]
