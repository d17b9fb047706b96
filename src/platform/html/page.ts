import { type Html, html } from './html.ts'

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
}

/** A whole HTML document: bar, navigation, body, foot. Its look is `stylesheet.css`, served at {@link STYLESHEET_PATH}. */
export function page(options: PageOptions): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${options.title} · ${options.application}</title>
<link rel="stylesheet" href="${STYLESHEET_PATH}">
<link rel="icon" href="data:,">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header class="bar"><div class="bar-inner">
<a class="brand" href="/">${MARK}<span>${options.application}</span></a>
<nav aria-label="Main">${options.person === undefined ? null : options.navigation.map((link) => navigationLink(link, options.current))}</nav>
<div class="who">${options.person === undefined ? visitorLinks(options) : memberLinks(options)}</div>
</div></header>
<main id="content"${options.narrow === true ? NARROW : null}>
${options.body}
</main>
<footer class="foot">Made with Holdfast</footer>
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
}

/** A labelled input whose hint and problem a screen reader reads with it. */
export function field(options: FieldOptions): Html {
  const { name, hint, problem } = options
  const describedBy = [hint === undefined ? '' : `${name}-hint`, problem === undefined ? '' : `${name}-problem`]
    .filter(Boolean)
    .join(' ')
  return html`<div class="field">
<label for="${name}">${options.label}${options.required === false ? OPTIONAL : null}</label>
<input id="${name}" name="${name}" type="${options.type ?? 'text'}" value="${options.value ?? ''}"
 autocomplete="${options.autocomplete ?? 'off'}" maxlength="${options.maxLength ?? 254}"${options.inputMode === undefined ? null : html` inputmode="${options.inputMode}"`}${describedBy === '' ? null : html` aria-describedby="${describedBy}"`}${problem === undefined ? null : INVALID}${options.required === false ? null : REQUIRED}>
${hint === undefined ? null : html`<p class="hint" id="${name}-hint">${hint}</p>`}
${problem === undefined ? null : html`<p class="problem" id="${name}-problem">${problem}</p>`}
</div>`
}

const navigationLink = (link: { readonly href: string; readonly label: string }, current: string): Html =>
  html`<a href="${link.href}"${link.href === current ? CURRENT : null}>${link.label}</a>`

const memberLinks = ({
  person,
  current,
}: PageOptions): Html => html`<a href="/account"${current === '/account' ? CURRENT : null}>${person}</a>
<form method="post" action="/sign-out"><button class="quiet small">Sign out</button></form>`

const visitorLinks = ({ signUp = true, current }: PageOptions): Html =>
  html`${navigationLink({ href: '/sign-in', label: 'Sign in' }, current)}${signUp ? navigationLink({ href: '/sign-up', label: 'Sign up' }, current) : null}`

const REQUIRED: Html = html` required`
const INVALID: Html = html` aria-invalid="true"`
const OPTIONAL: Html = html` <span class="hint">(optional)</span>`
const NARROW: Html = html` class="narrow"`
const CURRENT: Html = html` aria-current="page"`
const MARK: Html = html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M4 20c6-1 8-5 8-9s2-7 8-7"/><path d="M4 14c4 0 6-2 6-5"/><path d="M14 15c0-3 2-5 6-5"/><circle cx="12" cy="20" r="1.4" fill="currentColor"/></svg>`
