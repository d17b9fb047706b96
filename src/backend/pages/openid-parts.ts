import { type Html, html } from '../../platform/html/html.ts'
import type { OpenIdSignIn } from '../openid.ts'
import type { Words } from '../words/en/index.ts'
import type { Shell } from './shell.ts'

/** For the sign-in page: a way to each provider. Links, since a form may not lead to another site. */
export function openIdSignIn(
  { providers }: Pick<OpenIdSignIn, 'providers'>,
  next: string | undefined,
  { openid: words }: Words,
): Html | null {
  if (providers.length === 0) return null
  const query = next === undefined ? '' : `?next=${encodeURIComponent(next)}`
  return html`<div class="card"><div class="row">${providers.map(
    ({ id, label }) =>
      html`<a class="button quiet" href="/auth/openid/${id}/start${query}">${words.signIn.button(label)}</a>`,
  )}</div></div>`
}

/** For the account's page: what there is, and where it is kept in order. */
export const openIdSection = ({ providers }: Pick<OpenIdSignIn, 'providers'>, { openid: words }: Words): Html | null =>
  providers.length === 0
    ? null
    : html`<section class="stack tight" aria-labelledby="openid-title">
<h2 id="openid-title">${words.account.title}</h2>
<p>${providers.map(({ label }) => label).join(', ')} · <a href="/account/openid">${words.account.open}</a></p>
</section>`

/** Leads on by itself, and by hand. */
export function onwardPage(shell: Shell, to: string): Html {
  const { openid: words } = shell.words
  return shell(false, {
    title: words.onward.title,
    current: '/sign-in',
    narrow: true,
    body: html`<div class="card"><h1>${words.onward.title}</h1><p>${words.onward.lead}</p>
<div class="row"><a class="button" href="${to}">${words.onward.button}</a></div></div>`,
  })
}
