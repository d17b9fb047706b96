import { answer, type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Addresses } from '../addresses.ts'
import { builtIn, PUBLIC, RECENTLY, SIGNED_IN, signedInWith } from '../routes/route.ts'
import { askingPages, linkPages, narrowIn } from './link-pages.ts'
import { buttonForm } from './mail-forms.ts'
import { problemNotice, type Shell, saidOf } from './shell.ts'

const RECENT = signedInWith(RECENTLY)

/** Confirming one's address, and taking another. */
export function addressPages(addresses: Addresses, shell: Shell): readonly RouteDefinition[] {
  const words = shell.words.mailFlows.pages
  const narrow = narrowIn(shell)
  const { verify, change } = words

  return [
    ...linkPages(shell, {
      path: '/verify/:token',
      access: PUBLIC,
      title: verify.title,
      spent: { advice: verify.again, page: '/sign-in' },
      async form(visit, token, again) {
        const { email } = await addresses.lookAtVerification(token, visit)
        const action = `/verify/${token}`
        return narrow(visit, verify.title, buttonForm({ ...verify, about: words.forAddress(email), action, again }))
      },
      async use(_sent, token, visit) {
        await addresses.verify(token, visit)
        const { done, doneBody } = verify
        return answer(
          200,
          narrow(visit, done, html`<div class="card" role="status"><h1>${done}</h1><p>${doneBody}</p></div>`),
        )
      },
      response: { 200: 'html' },
    }),
    builtIn({
      method: 'POST',
      path: '/account/verify',
      access: SIGNED_IN,
      response: { 303: 'redirect' },
      onlyRefusals: 'sends a mail each time, of which an address gets few',
      handler: async (context) => {
        await addresses.sendVerification(context)
        return redirect('/account?done=verification')
      },
    }),
    ...askingPages({
      path: '/account/email',
      access: RECENT,
      flow: 'email',
      form: (visit, again) =>
        narrow(
          visit,
          change.title,
          html`<div><h1>${change.title}</h1><p class="lead">${change.lead}</p></div>
${problemNotice(again && saidOf(again.refusal, shell.words))}
<form class="card" method="post" action="/account/email">
${field({ label: change.field, name: 'email', type: 'email', value: again?.email ?? '', autocomplete: 'email' })}
<div class="row"><button>${change.button}</button><a href="/account">${words.notNow}</a></div>
</form>`,
        ),
      ask: (email, visit) => addresses.askForChange(email, visit),
    }),
    ...linkPages(shell, {
      path: '/account/email/:token',
      access: SIGNED_IN,
      title: change.confirmTitle,
      spent: { advice: change.again, page: '/account/email' },
      async form(visit, token, again) {
        const { email } = await addresses.lookAtChange(token, visit)
        const { confirmTitle: title, confirmLead, confirmButton: button } = change
        const action = `/account/email/${token}`
        return narrow(visit, title, buttonForm({ title, lead: confirmLead(email), action, button, again }))
      },
      use: async (_sent, token, visit) => redirect('/account?done=email', await addresses.change(token, visit)),
    }),
  ]
}
