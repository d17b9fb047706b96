import type { Refusal } from '../../kernel/refusal.ts'
import { answer, type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Accounts } from '../accounts.ts'
import type { Caller } from '../caller.ts'
import { builtIn, Email, Password, PUBLIC, Token } from '../routes/route.ts'
import type { Words } from '../words/en/index.ts'
import { buttonForm, emailForm, spentLink } from './mail-forms.ts'
import { mailSentPage, mailSentPath } from './mail-sent-page.ts'
import { FORM_RESPONSES, onwardAfter, orAgain, problemNotice, type Shell, whosePassword } from './shell.ts'

const closed = { additionalProperties: false } as const
const Address = Type.Object({ email: Email }, closed)
const TokenParams = Type.Object({ token: Token }, closed)
const ONLY_BY_MAIL = 'works once, with a link that was sent by mail'
const NO_TOKEN = { params: { token: 'A'.repeat(43) } } as const

/** A forgotten password, and signing in by a link: what a link in a mail leads to does nothing before a button is pressed. */
export function mailPages(
  accounts: Accounts,
  shell: Shell,
  words: Words['mailFlows']['pages'],
): readonly RouteDefinition[] {
  return [mailSentPage(shell, words), ...resetPages(accounts, shell, words), ...signInLinkPages(accounts, shell, words)]
}

function resetPages(
  { resets }: Accounts,
  shell: Shell,
  words: Words['mailFlows']['pages'],
): readonly RouteDefinition[] {
  const narrow = narrowIn(shell)

  const ask = (context: Shown, again?: Again): Html =>
    narrow(
      context,
      words.reset.title,
      emailForm(words, {
        ...words.reset,
        action: '/reset',
        aside: html`<a href="/sign-in">${words.toSignIn}</a>`,
        again,
        nonce: context.nonce,
      }),
    )

  const complete = async (context: Shown, token: string, refusal?: Refusal): Promise<Html> => {
    const { title, lead, button, again } = words.completeReset
    if (refusal?.code === 'link-invalid') return narrow(context, title, spentLink(words, again, '/reset'))
    const { email, secondFactor } = await resets.look(token, context)
    return narrow(
      context,
      title,
      html`<div><h1>${title}</h1><p class="lead">${words.forAddress(email)} ${lead}</p></div>
${problemNotice(refusal?.message)}
<form class="card" method="post" action="/reset/${token}">
${whosePassword(email)}
${field({ label: words.newPassword, name: 'password', type: 'password', autocomplete: 'new-password', hint: secondFactor ? words.shorterHint : words.passwordHint, maxLength: 1024 })}
<div class="row"><button>${button}</button></div>
</form>`,
    )
  }

  return [
    builtIn({
      method: 'GET',
      path: '/reset',
      access: PUBLIC,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) => ask(context),
    }),
    builtIn({
      method: 'POST',
      path: '/reset',
      access: PUBLIC,
      accepts: 'form',
      body: Address,
      response: FORM_RESPONSES,
      examples: ({ unique }) => ({ body: { email: `${unique()}@example.test` } }),
      handler: (context) =>
        orAgain(
          async () => {
            await resets.ask(context.body.email, context)
            return redirect(mailSentPath('reset'))
          },
          (refusal) => ask(context, { ...context.body, refusal }),
        ),
    }),
    builtIn({
      method: 'GET',
      path: '/reset/:token',
      access: PUBLIC,
      params: TokenParams,
      response: LINK_RESPONSES,
      onlyRefusals: ONLY_BY_MAIL,
      examples: () => NO_TOKEN,
      handler: (context) =>
        orAgain(
          async () => answer(200, await complete(context, context.params.token)),
          (refusal) => complete(context, context.params.token, refusal),
        ),
    }),
    builtIn({
      method: 'POST',
      path: '/reset/:token',
      access: PUBLIC,
      accepts: 'form',
      params: TokenParams,
      body: Type.Object({ password: Password }, closed),
      response: FORM_RESPONSES,
      onlyRefusals: ONLY_BY_MAIL,
      handler: (context) =>
        orAgain(
          async () => onwardAfter(await resets.complete({ ...context.body, ...context.params }, context)),
          (refusal) => complete(context, context.params.token, refusal),
        ),
    }),
  ]
}

function signInLinkPages(
  { signInLinks }: Accounts,
  shell: Shell,
  words: Words['mailFlows']['pages'],
): readonly RouteDefinition[] {
  const narrow = narrowIn(shell)

  const ask = (context: Shown, again?: Again): Html =>
    narrow(
      context,
      words.signInLink.title,
      emailForm(words, {
        ...words.signInLink,
        action: '/sign-in/link',
        aside: html`<a href="/sign-in">${words.toSignIn}</a>`,
        again,
        nonce: context.nonce,
      }),
    )

  const complete = async (context: Shown, token: string, refusal?: Refusal): Promise<Html> => {
    const { title, lead, button, again } = words.completeSignInLink
    if (refusal !== undefined) return narrow(context, title, spentLink(words, again, '/sign-in/link'))
    const { email } = await signInLinks.look(token, context)
    const about = words.forAddress(email)
    return narrow(context, title, buttonForm({ title, lead, about, action: `/sign-in/link/${token}`, button }))
  }

  return [
    builtIn({
      method: 'GET',
      path: '/sign-in/link',
      access: PUBLIC,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) => ask(context),
    }),
    builtIn({
      method: 'POST',
      path: '/sign-in/link',
      access: PUBLIC,
      accepts: 'form',
      body: Address,
      response: FORM_RESPONSES,
      examples: ({ unique }) => ({ body: { email: `${unique()}@example.test` } }),
      handler: (context) =>
        orAgain(
          async () => {
            await signInLinks.ask(context.body.email, context)
            return redirect(mailSentPath('sign-in'))
          },
          (refusal) => ask(context, { ...context.body, refusal }),
        ),
    }),
    builtIn({
      method: 'GET',
      path: '/sign-in/link/:token',
      access: PUBLIC,
      params: TokenParams,
      response: LINK_RESPONSES,
      onlyRefusals: ONLY_BY_MAIL,
      examples: () => NO_TOKEN,
      handler: (context) =>
        orAgain(
          async () => answer(200, await complete(context, context.params.token)),
          (refusal) => complete(context, context.params.token, refusal),
        ),
    }),
    builtIn({
      method: 'POST',
      path: '/sign-in/link/:token',
      access: PUBLIC,
      params: TokenParams,
      response: FORM_RESPONSES,
      onlyRefusals: ONLY_BY_MAIL,
      examples: () => NO_TOKEN,
      handler: (context) =>
        orAgain(
          async () => onwardAfter(await signInLinks.complete(context.params.token, context)),
          (refusal) => complete(context, context.params.token, refusal),
        ),
    }),
  ]
}

const narrowIn =
  (shell: Shell) =>
  (context: Shown, title: string, body: Html): Html =>
    shell(context.principal !== null, { title, current: '', narrow: true, body })

/** What was sent and why it did not do. */
interface Again {
  readonly email: string
  readonly refusal: Refusal
}

/** What a link in a mail leads to: the form, or why there is none. */
const LINK_RESPONSES = { 200: 'html', 410: 'html' } as const

/** Whom a page is shown to. */
type Shown = Caller & { readonly nonce: string }
