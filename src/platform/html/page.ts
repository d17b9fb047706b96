import { type Html, html } from './html.ts'
import { PAGE_WORDS, type PageWords } from './page-words.ts'

/** What every page shows around its body. */
export interface PageOptions {
  /** The document's title: what is on this page. */
  readonly title: string
  /** The application's name, in the bar. */
  readonly application: string
  readonly navigation: readonly { readonly href: string; readonly label: string }[]
  /** The path of this page, to mark it in the navigation. */
  readonly current: string
  /** What leads to the account of whoever is signed in; absent for visitors. */
  readonly person?: string | undefined
  /** Whether visitors are offered to make an account. Default true. */
  readonly signUp?: boolean
  /** A single column as wide as a form. */
  readonly narrow?: boolean
  readonly body: Html
  /** What stands around the body. Default English. */
  readonly words?: PageWords
}

/** A whole HTML document: bar, navigation, body, foot. Its look is `stylesheet.css`, served at {@link STYLESHEET_PATH}. */
export function page(options: PageOptions): Html {
  const { words = PAGE_WORDS } = options
  return html`<!doctype html>
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${options.title} · ${options.application}</title>
<link rel="stylesheet" href="${STYLESHEET_PATH}">
<link rel="icon" href="data:,">
</head>
<body>
<a class="skip" href="#content">${words.skip}</a>
<header class="bar"><div class="bar-inner">
<a class="brand" href="/">${MARK}<span>${options.application}</span></a>
<nav aria-label="${words.navigation}">${options.person === undefined ? null : options.navigation.map((link) => navigationLink(link, options.current))}</nav>
<div class="who">${options.person === undefined ? visitorLinks(options, words) : memberLinks(options, words)}</div>
</div></header>
<main id="content"${options.narrow === true ? NARROW : null}>
${options.body}
</main>
<footer class="foot">${words.made}</footer>
</body>
</html>`
}

/** Where the backend serves the stylesheet. */
export const STYLESHEET_PATH = '/assets/holdfast.css'

export interface FieldOptions {
  readonly label: string
  readonly name: string
  readonly type?: 'text' | 'email' | 'password' | 'search'
  readonly value?: string
  readonly autocomplete?: string
  readonly hint?: string
  /** What was wrong with what was sent. */
  readonly problem?: string | undefined
  readonly maxLength?: number
  /** Which keys a phone shows. */
  readonly inputMode?: 'numeric'
  readonly required?: boolean
  /** Said beside the label of what may be left out. Default `(optional)`. */
  readonly optional?: string
}

/** A labelled input whose hint and problem a screen reader reads with it. */
export function field(options: FieldOptions): Html {
  const { name, hint, problem } = options
  const describedBy = [hint === undefined ? '' : `${name}-hint`, problem === undefined ? '' : `${name}-problem`]
    .filter(Boolean)
    .join(' ')
  return html`<div class="field">
<label for="${name}">${options.label}${options.required === false ? html` <span class="hint">${options.optional ?? PAGE_WORDS.optional}</span>` : null}</label>
<input id="${name}" name="${name}" type="${options.type ?? 'text'}" value="${options.value ?? ''}"
 autocomplete="${options.autocomplete ?? 'off'}" maxlength="${options.maxLength ?? 254}"${options.inputMode === undefined ? null : html` inputmode="${options.inputMode}"`}${describedBy === '' ? null : html` aria-describedby="${describedBy}"`}${problem === undefined ? null : INVALID}${options.required === false ? null : REQUIRED}>
${hint === undefined ? null : html`<p class="hint" id="${name}-hint">${hint}</p>`}
${problem === undefined ? null : html`<p class="problem" id="${name}-problem">${problem}</p>`}
</div>`
}

const navigationLink = (link: { readonly href: string; readonly label: string }, current: string): Html =>
  html`<a href="${link.href}"${link.href === current ? CURRENT : null}>${link.label}</a>`

const memberLinks = (
  { person, current }: PageOptions,
  words: PageWords,
): Html => html`<a href="/account"${current === '/account' ? CURRENT : null}>${person}</a>
<form method="post" action="/sign-out"><button class="quiet small">${words.signOut}</button></form>`

const visitorLinks = ({ signUp = true, current }: PageOptions, words: PageWords): Html =>
  html`${navigationLink({ href: '/sign-in', label: words.signIn }, current)}${signUp ? navigationLink({ href: '/sign-up', label: words.signUp }, current) : null}`

const REQUIRED: Html = html` required`
const INVALID: Html = html` aria-invalid="true"`
const NARROW: Html = html` class="narrow"`
const CURRENT: Html = html` aria-current="page"`
const MARK: Html = html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M4 20c6-1 8-5 8-9s2-7 8-7"/><path d="M4 14c4 0 6-2 6-5"/><path d="M14 15c0-3 2-5 6-5"/><circle cx="12" cy="20" r="1.4" fill="currentColor"/></svg>`
