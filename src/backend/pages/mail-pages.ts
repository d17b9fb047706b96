import type { RouteDefinition } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Accounts } from '../accounts.ts'
import { Password, PUBLIC } from '../routes/route.ts'
import { askingPages, linkPages, narrowIn } from './link-pages.ts'
import { buttonForm, emailForm } from './mail-forms.ts'
import { mailSentPage } from './mail-sent-page.ts'
import { onwardAfter, problemNotice, type Shell, saidOf, whosePassword } from './shell.ts'

/** A forgotten password, and signing in by a link. */
export function mailPages(
  { resets, signInLinks }: Pick<Accounts, 'resets' | 'signInLinks'>,
  shell: Shell,
): readonly RouteDefinition[] {
  const words = shell.words.mailFlows.pages
  const narrow = narrowIn(shell)
  const { reset, completeReset, signInLink, completeSignInLink } = words
  const aside = html`<a href="/sign-in">${words.toSignIn}</a>`

  return [
    mailSentPage(shell),
    ...askingPages({
      path: '/reset',
      access: PUBLIC,
      flow: 'reset',
      form: (visit, again) =>
        narrow(
          visit,
          reset.title,
          emailForm(shell.words, { ...reset, action: '/reset', aside, again, nonce: visit.nonce }),
        ),
      ask: (email, visit) => resets.ask(email, visit),
    }),
    ...linkPages(shell, {
      path: '/reset/:token',
      access: PUBLIC,
      body: Type.Object({ password: Password }, { additionalProperties: false }),
      title: completeReset.title,
      spent: { advice: completeReset.again, page: '/reset' },
      async form(visit, token, again) {
        const { title, lead, button } = completeReset
        const { email, secondFactor } = await resets.look(token, visit)
        return narrow(
          visit,
          title,
          html`<div><h1>${title}</h1><p class="lead">${words.forAddress(email)} ${lead}</p></div>
${problemNotice(again && saidOf(again.refusal, shell.words))}
<form class="card" method="post" action="/reset/${token}">
${whosePassword(email)}
${field({ label: words.newPassword, name: 'password', type: 'password', autocomplete: 'new-password', hint: secondFactor ? words.shorterHint : words.passwordHint, maxLength: 1024 })}
<div class="row"><button>${button}</button></div>
</form>`,
        )
      },
      use: async (sent, token, visit) => onwardAfter(await resets.complete({ ...sent, token }, visit)),
    }),
    ...askingPages({
      path: '/sign-in/link',
      access: PUBLIC,
      flow: 'sign-in',
      form: (visit, again) =>
        narrow(
          visit,
          signInLink.title,
          emailForm(shell.words, { ...signInLink, action: '/sign-in/link', aside, again, nonce: visit.nonce }),
        ),
      ask: (email, visit) => signInLinks.ask(email, visit),
    }),
    ...linkPages(shell, {
      path: '/sign-in/link/:token',
      access: PUBLIC,
      title: completeSignInLink.title,
      spent: { advice: completeSignInLink.again, page: '/sign-in/link' },
      async form(visit, token, again) {
        const { email } = await signInLinks.look(token, visit)
        const about = words.forAddress(email)
        const action = `/sign-in/link/${token}`
        return narrow(visit, completeSignInLink.title, buttonForm({ ...completeSignInLink, about, action, again }))
      },
      use: async (_sent, token, visit) => onwardAfter(await signInLinks.complete(token, visit)),
    }),
  ]
}
