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
  /** The name shown beside "Account"; absent for visitors. */
  readonly person?: string | undefined
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
<div class="who">${options.person === undefined ? VISITOR_LINKS : memberLinks(options.person)}</div>
</div></header>
<main id="content"${options.narrow === true ? NARROW : null}>
${options.body}
</main>
<footer class="foot">Held fast by default: every control of the checklist is on.</footer>
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
  readonly required?: boolean
}

/** A labelled input whose hint and problem a screen reader reads with it. */
export function field(options: FieldOptions): Html {
  const described = `${options.name}-hint ${options.name}-problem`
  return html`<div class="field">
<label for="${options.name}">${options.label}</label>
<input id="${options.name}" name="${options.name}" type="${options.type ?? 'text'}" value="${options.value ?? ''}"
 autocomplete="${options.autocomplete ?? 'off'}" maxlength="${options.maxLength ?? 254}" aria-describedby="${described}"
 aria-invalid="${options.problem === undefined ? 'false' : 'true'}"${options.required === false ? null : REQUIRED}>
${options.hint === undefined ? null : html`<p class="hint" id="${options.name}-hint">${options.hint}</p>`}
${options.problem === undefined ? null : html`<p class="problem" id="${options.name}-problem">${options.problem}</p>`}
</div>`
}

const navigationLink = (link: { readonly href: string; readonly label: string }, current: string): Html =>
  html`<a href="${link.href}"${link.href === current ? CURRENT : null}>${link.label}</a>`

const memberLinks = (person: string): Html => html`<a href="/account">${person}</a>
<form method="post" action="/sign-out"><button class="quiet small">Sign out</button></form>`

const VISITOR_LINKS: Html = html`<a href="/sign-in">Sign in</a><a href="/sign-up">Sign up</a>`
const REQUIRED: Html = html` required`
const NARROW: Html = html` class="narrow"`
const CURRENT: Html = html` aria-current="page"`
const MARK: Html = html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M4 20c6-1 8-5 8-9s2-7 8-7"/><path d="M4 14c4 0 6-2 6-5"/><path d="M14 15c0-3 2-5 6-5"/><circle cx="12" cy="20" r="1.4" fill="currentColor"/></svg>`
