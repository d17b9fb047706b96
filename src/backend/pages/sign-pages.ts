import type { Refusal } from '../../kernel/refusal.ts'
import { type BackendDefinition, type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Accounts } from '../accounts.ts'
import type { Member } from '../caller.ts'
import { Code } from '../routes/factor-routes.ts'
import { type BuiltInContext, builtIn, Email, Password, PUBLIC, SIGNED_IN } from '../routes/route.ts'
import { readCode } from '../second-factor.ts'
import { CHALLENGED, challengeParts, challengeSaid } from './challenge-parts.ts'
import { openIdSignIn } from './openid-parts.ts'
import { passkeyConfirm, passkeySignIn } from './passkey-parts.ts'
import { codeField } from './second-step-page.ts'
import {
  FORM_RESPONSES,
  orAgain,
  passwordProblem,
  problemNotice,
  ReturnPath,
  type Shell,
  whosePassword,
} from './shell.ts'

const closed = { additionalProperties: false } as const

/** What of a request a page shows. */
type Shown = Pick<BuiltInContext, 'principal' | 'nonce'>

/** The pages on which people say who they are, once more, and no longer. */
export function signPages(accounts: Accounts, definition: BackendDefinition, shell: Shell): readonly RouteDefinition[] {
  const { words: all } = shell
  const { sign, mailFlows } = all

  const signIn = (context: Shown, then: string | undefined, email = '', refusal?: Refusal): Html =>
    shell(context.principal !== null, {
      title: sign.title,
      current: '/sign-in',
      narrow: true,
      body: html`<div>
<h1>${sign.title}</h1>
<p class="lead">${sign.lead(definition.title)}</p>
</div>
${problemNotice(challengeSaid(refusal, all))}
<form class="card" method="post" action="/sign-in"${CHALLENGED}>
${field({ label: sign.email, name: 'email', type: 'email', value: email, autocomplete: 'username webauthn' })}
${field({ label: sign.password, name: 'password', type: 'password', autocomplete: 'current-password', maxLength: 1024 })}
${onward(then)}
<div class="row spread"><button>${sign.button}</button>${definition.signUp === 'open' ? html`<a href="/sign-up">${sign.signUp}</a>` : null}</div>
${challengeParts(all, context.nonce, refusal)}
</form>
<p class="row spread"><a href="/reset">${mailFlows.pages.forgot}</a><a href="/sign-in/link">${mailFlows.pages.byLink}</a></p>
${openIdSignIn(accounts.openid, then, all)}
${passkeySignIn(all.passkeys, { nonce: context.nonce, next: then ?? '/' })}`,
    })

  const confirm = async (
    context: Member & Pick<Shown, 'nonce'>,
    { next: then, form, with: wanted }: Onward,
    problem?: string,
  ): Promise<Html> => {
    const [{ account }, factors] = await Promise.all([
      accounts.describe(context.principal),
      accounts.secondFactor.state(context.principal),
    ])
    const asked = factors.totp || factors.passkeys > 0
    const words = all.factors.confirm
    const onDevice = wanted === 'device'
    return shell(true, {
      title: sign.confirm.title,
      current: '',
      narrow: true,
      body: html`<div>
<h1>${sign.confirm.heading}</h1>
<p class="lead">${onDevice ? words.leadDevice : asked ? words.leadCode : words.lead}</p>
</div>
${form === undefined ? null : html`<p class="notice warn" role="status">${words.unsent}</p>`}
${problemNotice(problem)}
${factors.passkeys > 0 ? passkeyConfirm(all.passkeys, { nonce: context.nonce, next: then ?? '/', password: 'password' }) : null}
${
  onDevice
    ? html`<p class="row"><a href="/account/passkeys/new">${words.addDevice}</a><a href="/">${sign.confirm.notNow}</a></p>`
    : html`<form class="card" method="post" action="/confirm">
${whosePassword(account.email)}
${field({ label: sign.password, name: 'password', type: 'password', autocomplete: 'current-password', maxLength: 1024 })}
${asked ? codeField(factors, all.factors) : null}
${onward(then)}${form === undefined ? null : html`<input type="hidden" name="form" value="${form}">`}
<div class="row"><button>${sign.confirm.button}</button><a href="/">${sign.confirm.notNow}</a></div>
</form>`
}`,
    })
  }

  return [
    builtIn({
      method: 'GET',
      path: '/sign-in',
      access: PUBLIC,
      query: Type.Object({ next: Type.Optional(ReturnPath) }, closed),
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) => signIn(context, context.query.next),
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
          async () => {
            const result = await accounts.signIn(context.body, context)
            return redirect(
              result.kind === 'signed-in'
                ? (context.body.next ?? '/')
                : onwardTo('/sign-in/second-factor', context.body.next),
              result.headers,
            )
          },
          (refusal) => signIn(context, context.body.next, context.body.email, refusal),
        ),
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
      query: Type.Object({ next: Type.Optional(ReturnPath), form: Unsent, with: OnDevice }, closed),
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) => confirm(context, context.query),
    }),
    builtIn({
      method: 'POST',
      path: '/confirm',
      access: SIGNED_IN,
      accepts: 'form',
      body: Type.Object(
        { password: Password, code: Type.Optional(Code), next: Type.Optional(ReturnPath), form: Unsent },
        closed,
      ),
      response: FORM_RESPONSES,
      onlyRefusals: 'replaces the session the matrix is using',
      examples: ({ caller }) => ({ body: { password: caller.password } }),
      handler: (context) =>
        orAgain(
          async () => {
            const { password, code, next } = context.body
            const typed = code === undefined ? undefined : readCode(code)
            return redirect(next ?? '/', await accounts.stepUp(password, typed, context))
          },
          (refusal) => confirm(context, context.body, passwordProblem(refusal, all)),
        ),
    }),
  ]
}

/** Where to go on to from the page that asks once more. */
interface Onward {
  readonly next?: string | undefined
  /** A form was sent and not done. */
  readonly form?: 'unsent' | undefined
  /** Nothing but a passkey that stays on one device will do. */
  readonly with?: 'device' | undefined
}
const Unsent = Type.Optional(Type.Literal('unsent'))
const OnDevice = Type.Optional(Type.Literal('device'))

/** A page on the way, which takes along where to go on to. */
const onwardTo = (path: string, then: string | undefined): string =>
  then === undefined ? path : `${path}?next=${encodeURIComponent(then)}`

/** Where to go on to afterwards, carried through the form. */
const onward = (then: string | undefined): Html | null =>
  then === undefined ? null : html`<input type="hidden" name="next" value="${then}">`
