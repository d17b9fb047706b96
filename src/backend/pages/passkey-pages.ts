import type { PasskeyView } from '../../checklist/authentication/strong-authentication/index.ts'
import { type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import { shownTime } from '../../platform/html/time.ts'
import type { PasskeyKeeping } from '../passkey-keeping.ts'
import { NO_ID, NO_PASSKEY } from '../routes/passkey-routes.ts'
import { builtIn, Name, RECENTLY, RECENTLY_WITH_TWO, SIGNED_IN, signedInWith, Uuid } from '../routes/route.ts'
import type { Words } from '../words/en/index.ts'
import { PASSKEY_ALERT, passkeyAttributes, passkeyScriptRoutes, passkeyScripts } from './passkey-parts.ts'
import { FORM_RESPONSES, orAgain, problemNotice, type Shell, saidOf } from './shell.ts'

const closed = { additionalProperties: false } as const
const RECENT = signedInWith(RECENTLY)
const WITH_TWO = signedInWith(RECENTLY_WITH_TWO)
const LIST = '/account/passkeys'

/** One's own passkeys: which there are, and adding, naming and removing them. */
export function passkeyPages(keeping: PasskeyKeeping, shell: Shell): readonly RouteDefinition[] {
  const {
    passkeys: words,
    factors: { codes },
  } = shell.words
  const page = (title: string, body: Html): Html => shell(true, { title, current: '/account', narrow: true, body })

  const change = (passkey: PasskeyView, problem?: string): Html =>
    page(
      words.change.title,
      html`<div><p><a href="${LIST}">${words.change.back}</a></p>
<h1>${passkey.name}</h1></div>
${problemNotice(problem)}
<form class="card" method="post" action="${LIST}/${passkey.id}/name">
${field({ label: words.add.name, name: 'name', value: passkey.name, maxLength: 100 })}
<div class="row"><button>${words.change.rename}</button></div>
</form>
<form class="card" method="post" action="${LIST}/${passkey.id}/remove">
<h2>${words.change.removeTitle}</h2>
<p>${words.change.removeLead}</p>
<div class="row"><button class="danger">${words.change.remove}</button></div>
</form>`,
    )

  return [
    builtIn({
      method: 'GET',
      path: LIST,
      access: SIGNED_IN,
      query: Type.Object({ done: Type.Optional(Type.Union(DONE.map((what) => Type.Literal(what)))) }, closed),
      response: { 200: 'html' },
      examples: () => ({}),
      handler: async (context) => {
        const { done } = context.query
        return page(
          words.list.title,
          html`<div><p><a href="/account">${words.list.back}</a></p>
<h1>${words.list.title}</h1><p class="lead">${words.list.lead}</p></div>
${done === undefined ? null : html`<p class="notice good" role="status">${words.done[done]}</p>`}
${listOf(await keeping.list(context), words.list)}
<div class="row"><a class="button" href="${LIST}/new">${words.list.add}</a><a class="button quiet" href="${LIST}/new?kind=security-key">${words.list.addKey}</a></div>`,
        )
      },
    }),
    builtIn({
      method: 'GET',
      path: `${LIST}/new`,
      access: RECENT,
      query: Type.Object({ kind: Type.Optional(Type.Literal('security-key')) }, closed),
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) => {
        const isKey = context.query.kind !== undefined
        const route = isKey ? '/auth/security-keys' : '/auth/passkeys'
        const next = `${LIST}?done=${isKey ? 'key-added' : 'added'}`
        const place = { kind: 'make', options: `${route}/options`, answer: route, next }
        const { title, lead, suggestion } = isKey ? words.addKey : words.add
        return page(
          title,
          html`<h1>${title}</h1>
<noscript><p class="notice warn">${words.add.noScript}</p></noscript>
<form class="card" hidden${passkeyAttributes(words, place)}>
<p class="lead">${lead}</p>
${PASSKEY_ALERT}
${field({ label: words.add.name, name: 'name', value: suggestion, hint: words.add.nameHint, maxLength: 100 })}
<div class="row spread"><button>${words.add.button}</button><a href="${LIST}">${words.notNow}</a></div>
</form>
<section class="stack" data-recovery-codes tabindex="-1" aria-labelledby="codes" hidden>
<div><h2 id="codes">${codes.title}</h2><p class="lead">${codes.lead}</p></div>
<ol class="card codes" aria-label="${codes.list}"></ol>
<p class="row no-print"><a class="button" href="${next}">${codes.done}</a></p>
</section>
${passkeyScripts(context.nonce)}`,
        )
      },
    }),
    builtIn({
      method: 'GET',
      path: `${LIST}/:id`,
      access: RECENT,
      params: Type.Object({ id: Uuid }, closed),
      response: { 200: 'html' },
      onlyRefusals: NO_PASSKEY,
      examples: () => ({ params: { id: NO_ID } }),
      handler: async (context) => change(await keeping.find(context.params.id, context)),
    }),
    builtIn({
      method: 'POST',
      path: `${LIST}/:id/name`,
      access: WITH_TWO,
      accepts: 'form',
      params: Type.Object({ id: Uuid }, closed),
      body: Type.Object({ name: Name }, closed),
      response: { 303: 'redirect' },
      onlyRefusals: NO_PASSKEY,
      examples: () => ({ params: { id: NO_ID }, body: { name: 'Phone' } }),
      handler: async (context) => {
        await keeping.rename(context.params.id, context.body.name, context)
        return redirect(`${LIST}?done=renamed`)
      },
    }),
    builtIn({
      method: 'POST',
      path: `${LIST}/:id/remove`,
      access: WITH_TWO,
      params: Type.Object({ id: Uuid }, closed),
      response: FORM_RESPONSES,
      onlyRefusals: NO_PASSKEY,
      examples: () => ({ params: { id: NO_ID } }),
      handler: (context) =>
        orAgain(
          async () => redirect(`${LIST}?done=removed`, await keeping.remove(context.params.id, context)),
          async (refusal) => change(await keeping.find(context.params.id, context), saidOf(refusal, shell.words)),
        ),
    }),
    ...passkeyScriptRoutes(),
  ]
}

const DONE = ['added', 'key-added', 'renamed', 'removed'] as const

const listOf = (passkeys: readonly PasskeyView[], words: Words['passkeys']['list']): Html =>
  passkeys.length === 0
    ? html`<p class="card">${words.none}</p>`
    : html`<div class="card flush"><ul class="list">${passkeys.map(
        (
          passkey,
        ) => html`<li><div><p><strong>${passkey.name}</strong>${passkey.kind === 'security-key' ? html` <span class="tag">${words.key}</span>` : null}${passkey.backedUp ? html` <span class="tag">${words.synced}</span>` : null}</p>
<p class="meta"><span>${words.made} ${shownTime(passkey.createdAt)}</span><span>${passkey.usedAt === null ? words.never : html`${words.used} ${shownTime(passkey.usedAt)}`}</span></p></div>
<a class="button quiet small" href="${LIST}/${passkey.id}" aria-label="${words.changeOf(passkey.name)}">${words.change}</a></li>`,
      )}</ul></div>`
