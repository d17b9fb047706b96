import { Refusal } from '../../kernel/refusal.ts'
import { answer, type RouteDefinition } from '../../platform/declaration/definition.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { shownTime } from '../../platform/html/time.ts'
import { type KeptMail, linkOf } from '../../platform/mail/index.ts'
import { builtIn, PUBLIC } from '../routes/route.ts'
import type { Words } from '../words/en/index.ts'
import type { Shell } from './shell.ts'

/**
 * Shows a developer the mails that were kept instead of sent. Whoever sees it could use every link in it: it is composed in
 * development alone, and answers only what comes from this machine by the name of this machine, since a page of another site may
 * have its name lead here.
 *
 * @param hosts - as browsers name this backend: `localhost:3443`.
 */
export function outboxRoutes(
  read: () => readonly KeptMail[],
  hosts: readonly string[],
  shell: Shell,
): readonly RouteDefinition[] {
  return [
    builtIn({
      method: 'GET',
      path: '/dev/outbox',
      access: PUBLIC,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: ({ address, headers, principal }) => {
        const { host } = headers as { readonly host?: string }
        if (!LOOPBACK.test(address) || host === undefined || !hosts.includes(host)) throw new Refusal('not-found')
        const { outbox: words } = shell.words
        const body = outboxPage(read(), words)
        return answer(200, shell(principal !== null, { title: words.title, current: '/dev/outbox', body }), {
          'cache-control': 'no-store',
        })
      },
    }),
  ]
}

function outboxPage(mails: readonly KeptMail[], words: Words['outbox']): Html {
  const newest = mails.map(linkOf).find((link) => link !== null)
  return html`<div><h1>${words.title}</h1><p class="lead">${words.about}</p></div>
${newest === undefined ? null : html`<p><a class="button" href="${newest}">${words.newest}</a></p>`}
${mails.length === 0 ? html`<p class="hint">${words.empty}</p>` : mails.map((mail, index) => shown(mail, index, words))}`
}

/** The plain text, and its link to click: the HTML form is for mail readers. */
function shown(mail: KeptMail, index: number, words: Words['outbox']): Html {
  const link = linkOf(mail)
  return html`<details class="card fold"${index === 0 ? OPEN : null}>
<summary><strong>${mail.subject}</strong> <span class="hint">${words.to} ${mail.to} · ${shownTime(mail.at)}</span></summary>
<pre class="mail">${mail.text}</pre>
${link === null ? null : html`<p><a href="${link}">${link}</a></p>`}
</details>`
}

const OPEN: Html = html` open`
const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/
