import type { Refusal } from '../../kernel/refusal.ts'
import {
  answer,
  type BackendDefinition,
  type RouteDefinition,
  redirect,
} from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Accounts } from '../accounts.ts'
import type { Caller } from '../caller.ts'
import { builtIn, Email, Name, Password, PUBLIC, SIGNED_IN, Token } from '../routes/route.ts'
import type { Words } from '../words/en/index.ts'
import { emailForm, spentLink } from './mail-forms.ts'
import { mailSentPath } from './mail-sent-page.ts'
import { FORM_RESPONSES, onwardAfter, orAgain, problemNotice, type Shell, whosePassword } from './shell.ts'

const closed = { additionalProperties: false } as const
const Address = Type.Object({ email: Email }, closed)
const TokenParams = Type.Object({ token: Token }, closed)
const ONLY_BY_MAIL = 'works once, with a link that was sent by mail'
const NO_TOKEN = { params: { token: 'A'.repeat(43) } } as const

/** The pages on which visitors make an account: by themselves or with an invitation, by a mail, and as the first owner. */
export function newAccountPages(
  accounts: Accounts,
  definition: BackendDefinition,
  shell: Shell,
  words: Words['mailFlows']['pages'],
): readonly RouteDefinition[] {
  const narrow = (context: Shown, title: string, body: Html, current = ''): Html =>
    shell(context.principal !== null, { title, current, narrow: true, body })

  const signUp = (context: Shown, again?: AgainAddress): Html =>
    narrow(
      context,
      words.signUp.title,
      definition.signUp === 'open'
        ? emailForm(words, {
            title: words.signUp.title,
            lead: `${words.signUp.lead(definition.title)} ${words.signUp.next}`,
            action: '/sign-up',
            button: words.signUp.button,
            aside: html`<a href="/sign-in">${words.haveAccount}</a>`,
            again,
            nonce: context.nonce,
          })
        : html`<div class="card"><h1>${words.signUp.byInvitation}</h1><p>${words.signUp.invitationOnly(definition.title)}</p>
<p><a href="/sign-in">${words.haveAccount}</a></p></div>`,
      '/sign-up',
    )

  const complete = async (context: Shown, token: string, again?: AgainPerson): Promise<Html> => {
    const title = words.completeSignUp.title
    if (again?.refusal.code === 'link-invalid')
      return narrow(context, title, spentLink(words, words.completeSignUp.again, '/sign-up'))
    const { email } = await accounts.made.look(token, context)
    return narrow(
      context,
      title,
      html`<div><h1>${title}</h1><p class="lead">${words.forAddress(email)}</p></div>
${problemNotice(again?.refusal.message)}
<form class="card" method="post" action="/sign-up/${token}">
${whosePassword(email)}
${nameAndPassword(words, again?.name)}
<div class="row"><button>${words.completeSignUp.button}</button></div>
</form>`,
    )
  }

  const enrol = (context: Shown, token: string, again?: AgainOwner): Html =>
    narrow(
      context,
      words.enrol.title,
      again?.refusal.code === 'link-invalid'
        ? spentLink(words, words.enrol.spent, '/sign-in')
        : html`<div><h1>${words.enrol.title}</h1><p class="lead">${words.enrol.lead}</p></div>
${problemNotice(again?.refusal.message)}
<form class="card" method="post" action="/enrol/${token}">
${field({ label: words.email, name: 'email', type: 'email', value: again?.email ?? '', autocomplete: 'username' })}
${nameAndPassword(words, again?.name)}
<div class="row"><button>${words.enrol.button}</button></div>
</form>`,
    )

  const invitation = (context: Shown, token: string, again?: AgainAddress): Html => {
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
      emailForm(words, {
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
    builtIn({
      method: 'GET',
      path: '/sign-up',
      access: PUBLIC,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) => signUp(context),
    }),
    builtIn({
      method: 'POST',
      path: '/sign-up',
      access: PUBLIC,
      accepts: 'form',
      body: Address,
      response: FORM_RESPONSES,
      examples: ({ unique }) => ({ body: { email: `${unique()}@example.test` } }),
      handler: (context) =>
        orAgain(
          async () => {
            await accounts.made.ask(context.body, context)
            return redirect(mailSentPath('sign-up'))
          },
          (refusal) => signUp(context, { ...context.body, refusal }),
        ),
    }),
    builtIn({
      method: 'GET',
      path: '/sign-up/:token',
      access: PUBLIC,
      params: TokenParams,
      response: { 200: 'html', 410: 'html' },
      onlyRefusals: ONLY_BY_MAIL,
      examples: () => NO_TOKEN,
      handler: (context) =>
        orAgain(
          async () => answer(200, await complete(context, context.params.token)),
          (refusal) => complete(context, context.params.token, { name: '', refusal }),
        ),
    }),
    builtIn({
      method: 'POST',
      path: '/sign-up/:token',
      access: PUBLIC,
      accepts: 'form',
      params: TokenParams,
      body: Type.Object({ name: Name, password: Password }, closed),
      response: FORM_RESPONSES,
      onlyRefusals: ONLY_BY_MAIL,
      handler: (context) =>
        orAgain(
          async () => onwardAfter(await accounts.made.complete({ ...context.body, ...context.params }, context)),
          (refusal) => complete(context, context.params.token, { name: context.body.name, refusal }),
        ),
    }),
    builtIn({
      method: 'GET',
      path: '/enrol/:token',
      access: PUBLIC,
      params: TokenParams,
      response: { 200: 'html' },
      examples: () => NO_TOKEN,
      handler: (context) => enrol(context, context.params.token),
    }),
    builtIn({
      method: 'POST',
      path: '/enrol/:token',
      access: PUBLIC,
      accepts: 'form',
      params: TokenParams,
      body: Type.Object({ name: Name, email: Email, password: Password }, closed),
      response: FORM_RESPONSES,
      onlyRefusals: 'works once, with the link printed at the first start',
      handler: (context) =>
        orAgain(
          // An owner's role is of no effect before there is a second factor.
          async () =>
            onwardAfter(await accounts.made.enrol({ ...context.body, ...context.params }, context), '/account/factors'),
          (refusal) => enrol(context, context.params.token, { ...context.body, refusal }),
        ),
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

/** What was sent and why it did not do. The password is typed anew. */
interface AgainAddress {
  readonly email: string
  readonly refusal: Refusal
}
interface AgainPerson {
  readonly name: string
  readonly refusal: Refusal
}
type AgainOwner = AgainAddress & AgainPerson

const nameAndPassword = (words: Words['mailFlows']['pages'], name = ''): Html =>
  html`${field({ label: words.yourName, name: 'name', value: name, autocomplete: 'name', maxLength: 100 })}
${field({ label: words.password, name: 'password', type: 'password', autocomplete: 'new-password', hint: words.passwordHint, maxLength: 1024 })}`

/** Whom a page is shown to. */
type Shown = Caller & { readonly nonce: string }
