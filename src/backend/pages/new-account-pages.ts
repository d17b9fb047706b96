import type { Refusal } from '../../kernel/refusal.ts'
import { type BackendDefinition, type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Accounts } from '../accounts.ts'
import { builtIn, Email, Name, Password, PUBLIC, SIGNED_IN, Token } from '../routes/route.ts'
import { FORM_RESPONSES, orAgain, problemNotice, type Shell } from './shell.ts'

const closed = { additionalProperties: false } as const
const NewAccount = Type.Object({ name: Name, email: Email, password: Password }, closed)
const TokenParams = Type.Object({ token: Token }, closed)

/** The pages on which visitors make an account: by themselves, as the first owner, with an invitation. */
export function newAccountPages(
  accounts: Accounts,
  definition: BackendDefinition,
  shell: Shell,
): readonly RouteDefinition[] {
  const signUp = (signedIn: boolean, again?: Again): Html =>
    shell(signedIn, {
      title: 'Make an account',
      current: '/sign-up',
      narrow: true,
      body:
        definition.signUp === 'open'
          ? accountForm({
              title: 'Make an account',
              lead: `${definition.title} keeps what is yours to yourself until you share it.`,
              action: '/sign-up',
              button: 'Make account',
              again,
            })
          : html`<div class="card"><h1>By invitation</h1><p>An account of ${definition.title} is made with an invitation. Ask somebody who is in for a link.</p>
<p><a href="/sign-in">I have an account</a></p></div>`,
    })

  const enrol = (signedIn: boolean, token: string, again?: Again): Html =>
    shell(signedIn, {
      title: 'Become the owner',
      current: '',
      narrow: true,
      body:
        again?.refusal.code === 'link-invalid'
          ? spentLink('While nobody owns this backend, its operator makes another with: holdfast user enrol.')
          : accountForm({
              title: 'Become the owner',
              lead: 'The account you make here can do everything. The link works once.',
              action: `/enrol/${token}`,
              button: 'Become owner',
              again,
            }),
    })

  const invitation = (signedIn: boolean, token: string, again?: Again): Html => {
    const join = html`<div class="card"><h1>You are invited</h1><p>Join a workspace of ${definition.title} with the account you are signed in with.</p>
<form class="row" method="post" action="/join/${token}"><button>Join</button><a href="/">Not now</a></form></div>`
    const form = (): Html =>
      again?.refusal.code === 'link-invalid'
        ? spentLink('Ask whoever invited you for another.')
        : accountForm({
            title: 'You are invited',
            lead: `Make an account to join a workspace of ${definition.title}.`,
            action: `/invitation/${token}`,
            button: 'Join',
            signInNext: `/invitation/${token}`,
            again,
          })
    return shell(signedIn, { title: 'You are invited', current: '', narrow: true, body: signedIn ? join : form() })
  }

  return [
    builtIn({
      method: 'GET',
      path: '/sign-up',
      access: PUBLIC,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) => signUp(context.principal !== null),
    }),
    builtIn({
      method: 'POST',
      path: '/sign-up',
      access: PUBLIC,
      accepts: 'form',
      body: NewAccount,
      response: FORM_RESPONSES,
      examples: ({ unique }) => ({
        body: { email: `${unique()}@example.test`, name: 'New Person', password: `lantern ${unique()} gravel` },
      }),
      handler: (context) =>
        orAgain(
          async () => redirect('/', (await accounts.signUp(context.body, context)).headers),
          (refusal) => signUp(context.principal !== null, { ...context.body, refusal }),
        ),
    }),
    builtIn({
      method: 'GET',
      path: '/enrol/:token',
      access: PUBLIC,
      params: TokenParams,
      response: { 200: 'html' },
      examples: () => ({ params: { token: 'A'.repeat(43) } }),
      handler: (context) => enrol(context.principal !== null, context.params.token),
    }),
    builtIn({
      method: 'POST',
      path: '/enrol/:token',
      access: PUBLIC,
      accepts: 'form',
      params: TokenParams,
      body: NewAccount,
      response: FORM_RESPONSES,
      onlyRefusals: 'works once, with the link printed at the first start',
      handler: (context) =>
        orAgain(
          async () =>
            redirect('/', (await accounts.enrol({ ...context.body, token: context.params.token }, context)).headers),
          (refusal) => enrol(context.principal !== null, context.params.token, { ...context.body, refusal }),
        ),
    }),
    builtIn({
      method: 'GET',
      path: '/invitation/:token',
      access: PUBLIC,
      params: TokenParams,
      response: { 200: 'html' },
      examples: () => ({ params: { token: 'A'.repeat(43) } }),
      handler: (context) => invitation(context.principal !== null, context.params.token),
    }),
    builtIn({
      method: 'POST',
      path: '/invitation/:token',
      access: PUBLIC,
      accepts: 'form',
      params: TokenParams,
      body: NewAccount,
      response: FORM_RESPONSES,
      onlyRefusals: 'works once, with an invitation somebody made',
      handler: (context) =>
        orAgain(
          async () => {
            const input = { ...context.body, invitation: context.params.token }
            return redirect('/', (await accounts.signUp(input, context)).headers)
          },
          (refusal) => invitation(context.principal !== null, context.params.token, { ...context.body, refusal }),
        ),
    }),
    builtIn({
      method: 'POST',
      path: '/join/:token',
      access: SIGNED_IN,
      params: TokenParams,
      response: { 303: 'redirect' },
      onlyRefusals: 'works once, with an invitation somebody made',
      examples: () => ({ params: { token: 'A'.repeat(43) } }),
      handler: async (context) => redirect('/', await accounts.tenants.join(context.params.token, context)),
    }),
  ]
}

/** What was sent and why it did not do. The password is typed anew. */
interface Again {
  readonly name: string
  readonly email: string
  readonly refusal: Refusal
}

interface AccountForm {
  readonly title: string
  readonly lead: string
  readonly action: string
  readonly button: string
  /** Where somebody who has an account goes on to after signing in. */
  readonly signInNext?: string
  readonly again: Again | undefined
}

const accountForm = ({ title, lead, action, button, signInNext, again }: AccountForm): Html => html`<div>
<h1>${title}</h1>
<p class="lead">${lead}</p>
</div>
${problemNotice(again?.refusal.message)}
<form class="card" method="post" action="${action}">
${field({ label: 'Your name', name: 'name', value: again?.name ?? '', autocomplete: 'name', maxLength: 100 })}
${field({ label: 'E-mail address', name: 'email', type: 'email', value: again?.email ?? '', autocomplete: 'username' })}
${field({ label: 'Password', name: 'password', type: 'password', autocomplete: 'new-password', hint: PASSWORD_HINT, maxLength: 1024 })}
<div class="row spread"><button>${button}</button><a href="/sign-in${signInNext === undefined ? '' : `?next=${encodeURIComponent(signInNext)}`}">I have an account</a></div>
</form>`

const spentLink = (advice: string): Html => html`<div class="card"><h1>This link is not valid</h1>
<p>It was used already, its time is over, or a part of it is missing. ${advice}</p>
<p><a href="/sign-in">I have an account</a></p></div>`

const PASSWORD_HINT = 'At least 15 characters. A few unrelated words are easy to remember and hard to guess.'
