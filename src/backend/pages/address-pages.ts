import type { Refusal } from '../../kernel/refusal.ts'
import { minutes } from '../../kernel/time.ts'
import { answer, type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Addresses } from '../addresses.ts'
import type { Caller, Member } from '../caller.ts'
import { builtIn, Email, PUBLIC, SIGNED_IN, signedInWithin, Token } from '../routes/route.ts'
import type { Words } from '../words/en/index.ts'
import { buttonForm, spentLink } from './mail-forms.ts'
import { mailSentPath } from './mail-sent-page.ts'
import { FORM_RESPONSES, orAgain, problemNotice, type Shell } from './shell.ts'

const closed = { additionalProperties: false } as const
const TokenParams = Type.Object({ token: Token }, closed)
const RECENT = signedInWithin(minutes(5))
const ONLY_BY_MAIL = 'works once, with a link that was sent by mail'
const NO_TOKEN = { params: { token: 'A'.repeat(43) } } as const

/** Confirming one's address, and taking another. */
export function addressPages(
  addresses: Addresses,
  shell: Shell,
  words: Words['mailFlows']['pages'],
): readonly RouteDefinition[] {
  const narrow = (context: Caller, title: string, body: Html): Html =>
    shell(context.principal !== null, { title, current: '', narrow: true, body })

  const verify = async (context: Caller, token: string, refusal?: Refusal): Promise<Html> => {
    const { title, lead, button, again } = words.verify
    if (refusal !== undefined) return narrow(context, title, spentLink(words, again, '/sign-in'))
    const { email } = await addresses.lookAtVerification(token, context)
    const about = words.forAddress(email)
    return narrow(context, title, buttonForm({ title, lead, about, action: `/verify/${token}`, button }))
  }

  const ask = (context: Member, again?: { readonly email: string; readonly refusal: Refusal }): Html => {
    const { title, lead, button } = words.change
    return narrow(
      context,
      title,
      html`<div><h1>${title}</h1><p class="lead">${lead}</p></div>
${problemNotice(again?.refusal.message)}
<form class="card" method="post" action="/account/email">
${field({ label: words.change.field, name: 'email', type: 'email', value: again?.email ?? '', autocomplete: 'email' })}
<div class="row"><button>${button}</button><a href="/account">${words.notNow}</a></div>
</form>`,
    )
  }

  const change = async (context: Member, token: string, refusal?: Refusal): Promise<Html> => {
    const { confirmTitle: title, confirmLead, confirmButton: button, again } = words.change
    if (refusal?.code === 'link-invalid') return narrow(context, title, spentLink(words, again, '/account/email'))
    if (refusal !== undefined) return narrow(context, title, html`${problemNotice(refusal.message)}`)
    const { email } = await addresses.lookAtChange(token, context)
    const lead = confirmLead(email)
    return narrow(context, title, buttonForm({ title, lead, about: '', action: `/account/email/${token}`, button }))
  }

  return [
    builtIn({
      method: 'GET',
      path: '/verify/:token',
      access: PUBLIC,
      params: TokenParams,
      response: { 200: 'html', 410: 'html' },
      onlyRefusals: ONLY_BY_MAIL,
      examples: () => NO_TOKEN,
      handler: (context) =>
        orAgain(
          async () => answer(200, await verify(context, context.params.token)),
          (refusal) => verify(context, context.params.token, refusal),
        ),
    }),
    builtIn({
      method: 'POST',
      path: '/verify/:token',
      access: PUBLIC,
      params: TokenParams,
      response: { ...FORM_RESPONSES, 200: 'html' },
      onlyRefusals: ONLY_BY_MAIL,
      examples: () => NO_TOKEN,
      handler: (context) =>
        orAgain(
          async () => {
            await addresses.verify(context.params.token, context)
            const { done, doneBody } = words.verify
            return answer(
              200,
              narrow(context, done, html`<div class="card" role="status"><h1>${done}</h1><p>${doneBody}</p></div>`),
            )
          },
          (refusal) => verify(context, context.params.token, refusal),
        ),
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
    builtIn({
      method: 'GET',
      path: '/account/email',
      access: RECENT,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) => ask(context),
    }),
    builtIn({
      method: 'POST',
      path: '/account/email',
      access: RECENT,
      accepts: 'form',
      body: Type.Object({ email: Email }, closed),
      response: FORM_RESPONSES,
      examples: ({ unique }) => ({ body: { email: `${unique()}@example.test` } }),
      handler: (context) =>
        orAgain(
          async () => {
            await addresses.askForChange(context.body.email, context)
            return redirect(mailSentPath('email'))
          },
          (refusal) => ask(context, { ...context.body, refusal }),
        ),
    }),
    builtIn({
      method: 'GET',
      path: '/account/email/:token',
      access: SIGNED_IN,
      params: TokenParams,
      response: { 200: 'html', 410: 'html' },
      onlyRefusals: ONLY_BY_MAIL,
      examples: () => NO_TOKEN,
      handler: (context) =>
        orAgain(
          async () => answer(200, await change(context, context.params.token)),
          (refusal) => change(context, context.params.token, refusal),
        ),
    }),
    builtIn({
      method: 'POST',
      path: '/account/email/:token',
      access: SIGNED_IN,
      params: TokenParams,
      response: FORM_RESPONSES,
      onlyRefusals: ONLY_BY_MAIL,
      examples: () => NO_TOKEN,
      handler: (context) =>
        orAgain(
          async () => redirect('/account?done=email', await addresses.change(context.params.token, context)),
          (refusal) => change(context, context.params.token, refusal),
        ),
    }),
  ]
}
