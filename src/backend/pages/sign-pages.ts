import { readFileSync } from 'node:fs'
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
import { builtIn, Email, Name, Password, PUBLIC, SIGNED_IN, Token } from '../routes/route.ts'
import { FORM_RESPONSES, orAgain, problemNotice, type Shell } from './shell.ts'

const closed = { additionalProperties: false } as const

/** A path of this origin to go on to; nothing else fits. */
const ReturnPath = Type.String({ minLength: 1, maxLength: 512, pattern: '^/([!-.0-\\[\\]-~][!-\\[\\]-~]*)?$' })
const PasswordHint = 'At least 15 characters. A few unrelated words are easy to remember and hard to guess.'

/** The pages on which visitors become somebody. */
export function signPages(accounts: Accounts, definition: BackendDefinition, shell: Shell): readonly RouteDefinition[] {
  const signIn = (then: string | undefined, email = '', problem?: string): Html => html`<div>
<h1>Sign in</h1>
<p class="lead">Welcome back to ${definition.title}.</p>
</div>
${problemNotice(problem)}
<form class="card" method="post" action="/sign-in">
${field({ label: 'E-mail address', name: 'email', type: 'email', value: email, autocomplete: 'username' })}
${field({ label: 'Password', name: 'password', type: 'password', autocomplete: 'current-password', maxLength: 1024 })}
${then === undefined ? null : html`<input type="hidden" name="next" value="${then}">`}
<div class="row spread"><button>Sign in</button>${definition.signUp === 'open' ? html`<a href="/sign-up">Make an account</a>` : null}</div>
</form>`

  const newAccount = (options: {
    readonly title: string
    readonly lead: string
    readonly action: string
    readonly button: string
    readonly email?: string
    readonly name?: string
    readonly problem?: string | undefined
  }): Html => html`<div>
<h1>${options.title}</h1>
<p class="lead">${options.lead}</p>
</div>
${problemNotice(options.problem)}
<form class="card" method="post" action="${options.action}">
${field({ label: 'Your name', name: 'name', value: options.name ?? '', autocomplete: 'name', maxLength: 100 })}
${field({ label: 'E-mail address', name: 'email', type: 'email', value: options.email ?? '', autocomplete: 'username' })}
${field({ label: 'Password', name: 'password', type: 'password', autocomplete: 'new-password', hint: PasswordHint, maxLength: 1024 })}
<div class="row spread"><button>${options.button}</button><a href="/sign-in">I have an account</a></div>
</form>`

  const signUp = (problem?: string, input?: { readonly email: string; readonly name: string }): Html =>
    newAccount({
      title: 'Make an account',
      lead: `${definition.title} keeps what is yours to yourself until you share it.`,
      action: '/sign-up',
      button: 'Make account',
      problem,
      ...input,
    })

  const enrol = (token: string, problem?: string, input?: { readonly email: string; readonly name: string }): Html =>
    newAccount({
      title: 'Become the owner',
      lead: 'Nobody owns this backend yet. This link works once: the account you make here can do everything.',
      action: `/enrol/${token}`,
      button: 'Become owner',
      problem,
      ...input,
    })

  const invitation = (
    token: string,
    problem?: string,
    input?: { readonly email: string; readonly name: string },
  ): Html =>
    newAccount({
      title: 'You are invited',
      lead: `Make an account to join a workspace of ${definition.title}.`,
      action: `/invitation/${token}`,
      button: 'Join',
      problem,
      ...input,
    })

  const NewAccount = Type.Object({ name: Name, email: Email, password: Password }, closed)
  const TokenParams = Type.Object({ token: Token }, closed)

  return [
    builtIn({
      method: 'GET',
      path: '/sign-in',
      access: PUBLIC,
      query: Type.Object({ next: Type.Optional(ReturnPath) }, closed),
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) =>
        shell(context, { title: 'Sign in', current: '/sign-in', narrow: true, body: signIn(context.query.next) }),
    }),
    builtIn({
      method: 'POST',
      path: '/sign-in',
      access: PUBLIC,
      accepts: 'form',
      body: Type.Object({ email: Email, password: Password, next: Type.Optional(ReturnPath) }, closed),
      response: FORM_RESPONSES,
      examples: ({ caller }) => ({ body: { email: caller.email, password: caller.password } }),
      handler: (context) =>
        orAgain(
          async () => redirect(context.body.next ?? '/', (await accounts.signIn(context.body, context)).headers),
          (problem) =>
            shell(context, {
              title: 'Sign in',
              current: '/sign-in',
              narrow: true,
              body: signIn(context.body.next, context.body.email, problem),
            }),
        ),
    }),
    builtIn({
      method: 'GET',
      path: '/sign-up',
      access: PUBLIC,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) =>
        shell(context, { title: 'Make an account', current: '/sign-up', narrow: true, body: signUp() }),
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
          (problem) =>
            shell(context, {
              title: 'Make an account',
              current: '/sign-up',
              narrow: true,
              body: signUp(problem, context.body),
            }),
        ),
    }),
    builtIn({
      method: 'GET',
      path: '/enrol/:token',
      access: PUBLIC,
      params: TokenParams,
      response: { 200: 'html' },
      examples: () => ({ params: { token: 'A'.repeat(43) } }),
      handler: (context) =>
        shell(context, { title: 'Become the owner', current: '', narrow: true, body: enrol(context.params.token) }),
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
          (problem) =>
            shell(context, {
              title: 'Become the owner',
              current: '',
              narrow: true,
              body: enrol(context.params.token, problem, context.body),
            }),
        ),
    }),
    builtIn({
      method: 'GET',
      path: '/invitation/:token',
      access: PUBLIC,
      params: TokenParams,
      response: { 200: 'html' },
      examples: () => ({ params: { token: 'A'.repeat(43) } }),
      handler: (context) =>
        shell(context, {
          title: 'You are invited',
          current: '',
          narrow: true,
          body:
            context.principal === null
              ? invitation(context.params.token)
              : html`<div class="card"><h1>You are invited</h1><p>Join this workspace with the account you are signed in with.</p>
<form method="post" action="/join/${context.params.token}"><button>Join</button></form></div>`,
        }),
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
          async () =>
            redirect(
              '/',
              (await accounts.signUp({ ...context.body, invitation: context.params.token }, context)).headers,
            ),
          (problem) =>
            shell(context, {
              title: 'You are invited',
              current: '',
              narrow: true,
              body: invitation(context.params.token, problem, context.body),
            }),
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
      handler: async (context) => redirect('/', await accounts.join(context.params.token, context)),
    }),
    builtIn({
      method: 'POST',
      path: '/sign-out',
      access: SIGNED_IN,
      response: { 303: 'redirect' },
      onlyRefusals: 'ends the session the matrix is using',
      handler: async (context) => redirect('/sign-in', await accounts.signOut(context)),
    }),
    builtIn({
      method: 'GET',
      path: '/confirm',
      access: SIGNED_IN,
      query: Type.Object({ next: Type.Optional(ReturnPath) }, closed),
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) =>
        shell(context, { title: 'Confirm', current: '', narrow: true, body: confirm(context.query.next) }),
    }),
    builtIn({
      method: 'POST',
      path: '/confirm',
      access: SIGNED_IN,
      accepts: 'form',
      body: Type.Object({ password: Password, next: Type.Optional(ReturnPath) }, closed),
      response: FORM_RESPONSES,
      onlyRefusals: 'replaces the session the matrix is using',
      examples: ({ caller }) => ({ body: { password: caller.password } }),
      handler: (context) =>
        orAgain(
          async () => redirect(context.body.next ?? '/', await accounts.stepUp(context.body.password, context)),
          (problem) =>
            shell(context, { title: 'Confirm', current: '', narrow: true, body: confirm(context.body.next, problem) }),
        ),
    }),
    builtIn({
      method: 'GET',
      path: '/assets/holdfast.css',
      access: PUBLIC,
      response: { 200: 'css' },
      examples: () => ({}),
      handler: () => answer(200, STYLESHEET, { 'cache-control': 'public, max-age=300' }),
    }),
  ]
}

const confirm = (then: string | undefined, problem?: string): Html => html`<div>
<h1>Is it still you?</h1>
<p class="lead">What comes next asks for your password again.</p>
</div>
${problemNotice(problem)}
<form class="card" method="post" action="/confirm">
${field({ label: 'Password', name: 'password', type: 'password', autocomplete: 'current-password', maxLength: 1024 })}
${then === undefined ? null : html`<input type="hidden" name="next" value="${then}">`}
<div class="row"><button>Confirm</button></div>
</form>`

const STYLESHEET = readFileSync(new URL('../../platform/html/stylesheet.css', import.meta.url), 'utf8')
