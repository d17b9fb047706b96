import type { Refusal } from '../../kernel/refusal.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Words } from '../words/en/index.ts'
import { CHALLENGED, challengeParts, challengeSaid } from './challenge-parts.ts'
import { problemNotice } from './shell.ts'

type PageWords = Words['mailFlows']['pages']

export interface EmailForm {
  readonly title: string
  readonly lead: string
  readonly action: string
  readonly button: string
  /** Beside the button: another way. */
  readonly aside: Html
  /** What was typed and why it did not do. */
  readonly again: { readonly email: string; readonly refusal: Refusal } | undefined
  /** Of the page, for the script that does a proof of work where one is asked for. */
  readonly nonce: string
}

/** Asks for an address and nothing else. */
export const emailForm = (words: Words, form: EmailForm): Html => html`<div>
<h1>${form.title}</h1>
<p class="lead">${form.lead}</p>
</div>
${problemNotice(challengeSaid(form.again?.refusal, words))}
<form class="card" method="post" action="${form.action}"${CHALLENGED}>
${field({ label: words.mailFlows.pages.email, name: 'email', type: 'email', value: form.again?.email ?? '', autocomplete: 'username' })}
<div class="row spread"><button>${form.button}</button>${form.aside}</div>
${challengeParts(words, form.nonce, form.again?.refusal)}
</form>`

/** One button. */
export const buttonForm = ({
  title,
  lead,
  about = '',
  action,
  button,
  again,
}: {
  readonly title: string
  readonly lead: string
  readonly about?: string
  readonly action: string
  readonly button: string
  /** Why it did not do. */
  readonly again: { readonly refusal: Refusal } | undefined
}): Html => html`${problemNotice(again?.refusal.message)}
<div class="card">
<div><h1>${title}</h1>
<p class="lead">${lead} ${about}</p></div>
<form class="row" method="post" action="${action}"><button>${button}</button></form>
</div>`

/** @param again - where to go for another. */
export const spentLink = (words: PageWords, advice: string, again: string): Html =>
  html`<div class="card"><h1>${words.spentLink.title}</h1>
<p>${words.spentLink.why} ${advice}</p>
<p class="row"><a href="${again}">${again === '/sign-in' ? words.toSignIn : words.askAgain}</a></p></div>`
