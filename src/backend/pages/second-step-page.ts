import type { Factors } from '../../checklist/authentication/multi-factor/index.ts'
import { Refusal } from '../../kernel/refusal.ts'
import { answer, type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Accounts } from '../accounts.ts'
import { Code } from '../routes/factor-routes.ts'
import { type BuiltInContext, builtIn, PUBLIC } from '../routes/route.ts'
import { readCode } from '../second-factor.ts'
import type { Words } from '../words/en/index.ts'
import { passkeySecond } from './passkey-parts.ts'
import { FORM_RESPONSES, orAgain, problemNotice, ReturnPath, type Shell, saidOf } from './shell.ts'

const closed = { additionalProperties: false } as const
const PATH = '/sign-in/second-factor'

/** The second step of a sign-in, whichever way it began. Shows nothing of the account: nobody is signed in yet. */
export function secondStepPage({ secondFactor }: Accounts, shell: Shell): readonly RouteDefinition[] {
  const { factors: words, passkeys } = shell.words

  /** Of a sign-in that does not wait, or no longer: it begins anew. */
  const over = (context: Shown): Html =>
    shell(context.principal !== null, {
      title: words.second.title,
      current: '/sign-in',
      narrow: true,
      body: html`<div class="card"><h1>${words.second.title}</h1>
<p>${words.second.over}</p>
<p><a class="button" href="/sign-in">${words.second.again}</a></p></div>`,
    })

  const show = (context: Shown, factors: Factors, then: string | undefined, problem?: string): Html =>
    shell(context.principal !== null, {
      title: words.second.title,
      current: '/sign-in',
      narrow: true,
      body: html`<div>
<h1>${words.second.title}</h1>
<p class="lead">${words.second.lead}</p>
</div>
${problemNotice(problem)}
${factors.passkeys > 0 ? passkeySecond(passkeys, { nonce: context.nonce, next: then ?? '/' }) : null}
<form class="card" method="post" action="${PATH}">
${codeField(factors, words)}
${then === undefined ? null : html`<input type="hidden" name="next" value="${then}">`}
<div class="row spread"><button>${words.second.button}</button><a href="/sign-in">${words.second.again}</a></div>
</form>
<p class="hint">${words.second.lost}</p>`,
    })

  return [
    builtIn({
      method: 'GET',
      path: PATH,
      access: PUBLIC,
      query: Type.Object({ next: Type.Optional(ReturnPath) }, closed),
      response: { 200: 'html' },
      examples: () => ({}),
      handler: async (context) => {
        const factors = await secondFactor.awaited(context).catch(none)
        return factors === null ? over(context) : show(context, factors, context.query.next)
      },
    }),
    builtIn({
      method: 'POST',
      path: PATH,
      access: PUBLIC,
      accepts: 'form',
      body: Type.Object({ code: Code, next: Type.Optional(ReturnPath) }, closed),
      response: FORM_RESPONSES,
      onlyRefusals: 'belongs to a sign-in that waits for its second step',
      examples: () => ({ body: { code: '123456' } }),
      handler: async (context) => {
        const factors = await secondFactor.awaited(context).catch(none)
        if (factors === null) return answer(410, over(context))
        return orAgain(
          async () => {
            const { headers } = await secondFactor.second(readCode(context.body.code), context)
            return redirect(context.body.next ?? '/', headers)
          },
          (refusal) => show(context, factors, context.body.next, saidOf(refusal, shell.words)),
        )
      },
    }),
  ]
}

/** The field for a code of either kind, with the hint that fits what somebody has. */
export const codeField = ({ totp, passkeys, recoveryCodes }: Factors, words: Words['factors']): Html =>
  field({
    label: words.code.label,
    name: 'code',
    autocomplete: 'one-time-code',
    maxLength: 64,
    hint: totp
      ? recoveryCodes > 0
        ? words.code.hint
        : words.code.appOnly
      : passkeys > 0
        ? words.second.passkeyOnly
        : words.code.recoveryOnly,
  })

type Shown = Pick<BuiltInContext, 'principal' | 'nonce'>

/** Nothing, where no sign-in waits. */
function none(error: unknown): null {
  if (error instanceof Refusal && error.code === 'authentication-required') return null
  throw error
}
