import { type BackendDefinition, type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Accounts } from '../accounts.ts'
import { builtIn, Email, Name, Password, PUBLIC, SIGNED_IN } from '../routes/route.ts'
import type { Words } from '../words/en/index.ts'
import { Address, askingPages, linkPages, NO_TOKEN, narrowIn, TokenParams, type Visit } from './link-pages.ts'
import { type EmailForm, emailForm, spentLink } from './mail-forms.ts'
import { mailSentPath } from './mail-sent-page.ts'
import { FORM_RESPONSES, onwardAfter, orAgain, problemNotice, type Shell, saidOf, whosePassword } from './shell.ts'

const closed = { additionalProperties: false } as const

/** The pages on which visitors make an account: by themselves or with an invitation, by a mail, and as the first owner. */
export function newAccountPages(
  accounts: Accounts,
  definition: BackendDefinition,
  shell: Shell,
): readonly RouteDefinition[] {
  const words = shell.words.mailFlows.pages
  const narrow = narrowIn(shell)
  const { signUp, completeSignUp, enrol } = words

  const invitation = (context: Visit<typeof PUBLIC>, token: string, again?: EmailForm['again']): Html => {
    const { title, join, joinButton, lead, spent } = words.invitation
    if (context.principal !== null)
      return narrow(
        context,
        title,
        html`<div class="card"><h1>${title}</h1><p>${join(definition.title)}</p>
<form class="row" method="post" action="/join/${token}"><button>${joinButton}</button><a href="/">${words.notNow}</a></form></div>`,
      )
    if (again?.refusal.code === 'link-invalid') return narrow(context, title, spentLink(words, spent, '/sign-in'))
    const here = `/invitation/${token}`
    return narrow(
      context,
      title,
      emailForm(shell.words, {
        title,
        lead: `${lead(definition.title)} ${words.signUp.next}`,
        action: here,
        button: words.signUp.button,
        aside: html`<a href="/sign-in?next=${encodeURIComponent(here)}">${words.haveAccount}</a>`,
        again,
        nonce: context.nonce,
      }),
    )
  }

  return [
    ...askingPages({
      path: '/sign-up',
      access: PUBLIC,
      flow: 'sign-up',
      form: (visit, again) =>
        narrow(
          visit,
          signUp.title,
          definition.signUp === 'open'
            ? emailForm(shell.words, {
                title: signUp.title,
                lead: `${signUp.lead(definition.title)} ${signUp.next}`,
                action: '/sign-up',
                button: signUp.button,
                aside: html`<a href="/sign-in">${words.haveAccount}</a>`,
                again,
                nonce: visit.nonce,
              })
            : html`<div class="card"><h1>${signUp.byInvitation}</h1><p>${signUp.invitationOnly(definition.title)}</p>
<p><a href="/sign-in">${words.haveAccount}</a></p></div>`,
          '/sign-up',
        ),
      ask: (email, visit) => accounts.made.ask({ email }, visit),
    }),
    ...linkPages(shell, {
      path: '/sign-up/:token',
      access: PUBLIC,
      body: Type.Object({ name: Name, password: Password }, closed),
      title: completeSignUp.title,
      spent: { advice: completeSignUp.again, page: '/sign-up' },
      async form(visit, token, again) {
        const { title, button } = completeSignUp
        const { email } = await accounts.made.look(token, visit)
        return narrow(
          visit,
          title,
          html`<div><h1>${title}</h1><p class="lead">${words.forAddress(email)}</p></div>
${problemNotice(again && saidOf(again.refusal, shell.words))}
<form class="card" method="post" action="/sign-up/${token}">
${whosePassword(email)}
${nameAndPassword(words, again?.sent?.name)}
<div class="row"><button>${button}</button></div>
</form>`,
        )
      },
      use: async (sent, token, visit) => onwardAfter(await accounts.made.complete({ ...sent, token }, visit)),
    }),
    ...linkPages(shell, {
      path: '/enrol/:token',
      access: PUBLIC,
      body: Type.Object({ name: Name, email: Email, password: Password }, closed),
      title: enrol.title,
      spent: { advice: enrol.spent, page: '/sign-in' },
      async form(visit, token, again) {
        await accounts.made.lookAtEnrolment(token)
        return narrow(
          visit,
          enrol.title,
          html`<div><h1>${enrol.title}</h1><p class="lead">${enrol.lead}</p></div>
${problemNotice(again && saidOf(again.refusal, shell.words))}
<form class="card" method="post" action="/enrol/${token}">
${field({ label: words.email, name: 'email', type: 'email', value: again?.sent?.email ?? '', autocomplete: 'username' })}
${nameAndPassword(words, again?.sent?.name)}
<div class="row"><button>${enrol.button}</button></div>
</form>`,
        )
      },
      // An owner's role is of no effect before there is a second factor.
      use: async (sent, token, visit) =>
        onwardAfter(await accounts.made.enrol({ ...sent, token }, visit), '/account/factors'),
      onlyRefusals: 'works once, with the link printed at the first start',
    }),
    builtIn({
      method: 'GET',
      path: '/invitation/:token',
      access: PUBLIC,
      params: TokenParams,
      response: { 200: 'html' },
      examples: () => NO_TOKEN,
      handler: (context) => invitation(context, context.params.token),
    }),
    builtIn({
      method: 'POST',
      path: '/invitation/:token',
      access: PUBLIC,
      accepts: 'form',
      params: TokenParams,
      body: Address,
      response: FORM_RESPONSES,
      onlyRefusals: 'works once, with an invitation somebody made',
      handler: (context) =>
        orAgain(
          async () => {
            await accounts.made.ask({ ...context.body, invitation: context.params.token }, context)
            return redirect(mailSentPath('sign-up'))
          },
          (refusal) => invitation(context, context.params.token, { ...context.body, refusal }),
        ),
    }),
    builtIn({
      method: 'POST',
      path: '/join/:token',
      access: SIGNED_IN,
      params: TokenParams,
      response: { 303: 'redirect' },
      onlyRefusals: 'works once, with an invitation somebody made',
      examples: () => NO_TOKEN,
      handler: async (context) => redirect('/', await accounts.tenants.join(context.params.token, context)),
    }),
  ]
}

const nameAndPassword = (words: Words['mailFlows']['pages'], name = ''): Html =>
  html`${field({ label: words.yourName, name: 'name', value: name, autocomplete: 'name', maxLength: 100 })}
${field({ label: words.password, name: 'password', type: 'password', autocomplete: 'new-password', hint: words.passwordHint, maxLength: 1024 })}`
