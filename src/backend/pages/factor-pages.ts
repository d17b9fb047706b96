import { answer, type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import { qrCode } from '../../platform/html/qr.ts'
import { timeText } from '../../platform/html/time.ts'
import type { Accounts } from '../accounts.ts'
import { Code } from '../routes/factor-routes.ts'
import { builtIn, RECENTLY, RECENTLY_WITH_TWO, SIGNED_IN, signedInWith } from '../routes/route.ts'
import type { FactorState } from '../second-factor.ts'
import type { Words } from '../words/en/index.ts'
import { FORM_RESPONSES, orAgain, problemNotice, ReturnPath, type Shell, saidOf } from './shell.ts'

const closed = { additionalProperties: false } as const
/** Whoever changes how an account is signed in to has proved whose it is within this time. */
const RECENT = signedInWith(RECENTLY)
const WITH_TWO = signedInWith(RECENTLY_WITH_TWO)
const LIST = '/account/factors'
const APP = `${LIST}/totp`
const CODES = `${LIST}/recovery-codes`

/** One's own second factors: what there is, the app, the recovery codes. */
export function factorPages({ secondFactor, factorResets }: Accounts, shell: Shell): readonly RouteDefinition[] {
  const { factors: words } = shell.words
  const page = (title: string, body: Html): Html => shell(true, { title, current: '/account', narrow: true, body })

  /** The app's own page: to set it up or move it, and to remove it. */
  const app = ({ totp }: FactorState, problem?: string): Html =>
    page(
      words.state.app,
      html`<div><p><a href="${LIST}">${words.state.title}</a></p>
<h1>${words.state.app}</h1><p class="lead">${totp ? words.state.appOn : words.state.appOff}</p></div>
${problemNotice(problem)}
<form class="card" method="post" action="${APP}">
<p>${words.app.ready}</p>
<div class="row"><button>${totp ? words.state.replace : words.state.setUp}</button></div>
</form>
${
  totp
    ? html`<form class="card" method="post" action="${APP}/remove">
<p>${words.app.removeLead}</p>
<div class="row"><button class="danger">${words.state.remove}</button></div>
</form>`
    : null
}`,
    )

  const codes = (fresh: readonly string[]): Html =>
    page(
      words.codes.title,
      html`<div><h1>${words.codes.title}</h1><p class="lead">${words.codes.lead}</p></div>
<ol class="card codes" aria-label="${words.codes.list}">${fresh.map((code) => html`<li><code>${code}</code></li>`)}</ol>
<p class="row no-print"><a class="button" href="${LIST}?done=added">${words.codes.done}</a></p>`,
    )

  const confirmForm = html`<form class="card" method="post" action="${APP}/confirm">
<p>${words.app.after}</p>
${field({ label: words.code.label, name: 'code', autocomplete: 'one-time-code', inputMode: 'numeric', maxLength: 64, hint: words.code.appOnly })}
<div class="row spread"><button>${words.app.confirm}</button><a href="${LIST}">${words.app.cancel}</a></div>
</form>`

  return [
    builtIn({
      method: 'GET',
      path: LIST,
      access: SIGNED_IN,
      query: Type.Object(
        {
          next: Type.Optional(ReturnPath),
          done: Type.Optional(Type.Union(DONE.map((what) => Type.Literal(what)))),
        },
        closed,
      ),
      response: { 200: 'html' },
      examples: () => ({}),
      handler: async (context) =>
        page(
          words.state.title,
          overview(
            await secondFactor.state(context.principal),
            {
              next: context.query.next,
              done: context.query.done,
              proved: context.principal.assurance >= 2,
            },
            words,
          ),
        ),
    }),
    builtIn({
      method: 'GET',
      path: APP,
      access: RECENT,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: async (context) => app(await secondFactor.state(context.principal)),
    }),
    builtIn({
      method: 'POST',
      path: APP,
      access: RECENT,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: async (context) => {
        const { secret, uri } = await secondFactor.enrolTotp(context)
        return page(
          words.app.title,
          html`<div><h1>${words.app.title}</h1></div>
<section class="card"><p>${words.app.scan}</p>
${qrCode(uri, words.app.qr)}
<p>${words.app.orType}</p>
<p><code class="copy">${secret.replace(/(.{4})(?!$)/g, '$1 ')}</code></p></section>
${confirmForm}`,
        )
      },
    }),
    builtIn({
      method: 'POST',
      path: `${APP}/confirm`,
      access: RECENT,
      accepts: 'form',
      body: Type.Object({ code: Code }, closed),
      response: { 200: 'html', ...FORM_RESPONSES },
      onlyRefusals: 'takes a code of an app, which no example can give',
      examples: () => ({ body: { code: '123456' } }),
      handler: (context) =>
        orAgain(
          async () => {
            const typed = context.body.code.replace(/\s/g, '')
            const { recoveryCodes, headers } = await secondFactor.confirmTotp(typed, context)
            return recoveryCodes === null
              ? redirect(`${LIST}?done=added`, headers)
              : answer(200, codes(recoveryCodes), headers)
          },
          (refusal) =>
            page(
              words.app.title,
              html`<div><h1>${words.app.title}</h1></div>
${problemNotice(refusal.code === 'code-wrong' ? words.app.wrong : saidOf(refusal, shell.words))}
${confirmForm}
<form method="post" action="${APP}"><button class="quiet">${words.app.anew}</button></form>`,
            ),
        ),
    }),
    builtIn({
      method: 'POST',
      path: `${APP}/remove`,
      access: WITH_TWO,
      response: FORM_RESPONSES,
      onlyRefusals: 'is for who has an app',
      handler: (context) =>
        orAgain(
          async () => redirect(`${LIST}?done=removed`, await secondFactor.removeTotp(context)),
          async (refusal) => app(await secondFactor.state(context.principal), saidOf(refusal, shell.words)),
        ),
    }),
    builtIn({
      method: 'GET',
      path: CODES,
      access: RECENT,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: async (context) => {
        const { recoveryCodes } = await secondFactor.state(context.principal)
        return page(
          words.state.recovery,
          html`<div><p><a href="${LIST}">${words.state.title}</a></p>
<h1>${words.state.recovery}</h1><p class="lead">${words.state.recoveryLeft(recoveryCodes)}</p></div>
<form class="card" method="post" action="${CODES}"><p>${words.state.renewHint}</p>
<div class="row"><button>${words.state.renew}</button></div></form>`,
        )
      },
    }),
    builtIn({
      method: 'POST',
      path: CODES,
      access: WITH_TWO,
      response: { 200: 'html' },
      onlyRefusals: 'is for who has a second factor',
      handler: async (context) => codes(await secondFactor.renewRecoveryCodes(context)),
    }),
    builtIn({
      method: 'POST',
      path: `${LIST}/reset/cancel`,
      access: SIGNED_IN,
      response: { 303: 'redirect' },
      onlyRefusals: 'there is one only where an administrator started it',
      handler: async (context) => {
        await factorResets.cancelOwn(context)
        return redirect(`${LIST}?done=cancelled`)
      },
    }),
  ]
}

const DONE = ['added', 'removed', 'cancelled'] as const

interface Around {
  readonly next: string | undefined
  readonly done: (typeof DONE)[number] | undefined
  /** Whether this session is of two factors. */
  readonly proved: boolean
}

function overview(
  { totp, passkeys, recoveryCodes, required, reset }: FactorState,
  { next, done, proved }: Around,
  words: Words['factors'],
): Html {
  const some = totp || passkeys > 0
  return html`<div><p><a href="/account">${words.state.back}</a></p>
<h1>${words.state.title}</h1><p class="lead">${words.state.lead}</p></div>
${done === undefined ? null : html`<p class="notice good" role="status">${words.done[done]}</p>`}
${required && !proved ? html`<p class="notice warn" role="status">${words.state.required}</p>` : null}
${next !== undefined && !some && !required ? html`<p class="notice warn" role="status">${words.state.asked}</p>` : null}
${
  reset === null
    ? null
    : html`<form class="notice warn stack tight" method="post" action="${LIST}/reset/cancel"><p>${words.state.reset(timeText(Date.parse(reset.effectiveAt)))}</p>
<div class="row"><button class="danger small">${words.state.cancelReset}</button></div></form>`
}
${some && recoveryCodes === 0 ? html`<p class="notice warn" role="status">${words.state.recoveryGone}</p>` : null}
<div class="card flush"><ul class="list">
${entry(words.state.app, totp ? words.state.appOn : words.state.appOff, APP, totp ? words.state.change : words.state.setUp)}
${entry(words.state.passkeys, passkeys > 0 ? words.state.passkeysSome(passkeys) : words.state.passkeysNone, '/account/passkeys', words.state.passkeysOpen)}
${some ? entry(words.state.recovery, words.state.recoveryLeft(recoveryCodes), CODES, words.state.renew) : entry(words.state.recovery, words.state.recoveryNone)}
</ul></div>
${next === undefined || !some ? null : html`<p class="row"><a class="button" href="${proved ? next : `/confirm?next=${encodeURIComponent(next)}`}">${words.state.onward}</a></p>`}`
}

const entry = (title: string, text: string, href?: string, action?: string): Html =>
  html`<li><div><p><strong>${title}</strong></p><p class="meta">${text}</p></div>
${href === undefined || action === undefined ? null : html`<a class="button quiet small" href="${href}" aria-label="${title}: ${action}">${action}</a>`}</li>`
