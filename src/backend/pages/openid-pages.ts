import { Refusal } from '../../kernel/refusal.ts'
import { type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { shownTime } from '../../platform/html/time.ts'
import type { Member } from '../caller.ts'
import type { OpenIdSignIn, ProviderView } from '../openid.ts'
import { NO_IDENTITY, Provider, RECENT } from '../routes/openid-routes.ts'
import { builtIn, SIGNED_IN } from '../routes/route.ts'
import type { Words } from '../words/en/index.ts'
import { FORM_RESPONSES, orAgain, problemNotice, type Shell, saidOf } from './shell.ts'

const closed = { additionalProperties: false } as const
const LIST = '/account/openid'

/** One's identities at other services: which there are, adding and removing them. None where no provider is configured. */
export function openIdPages(openid: OpenIdSignIn, shell: Shell): readonly RouteDefinition[] {
  const [first] = openid.providers
  if (first === undefined) return []
  const { openid: words } = shell.words
  const page = (title: string, body: Html): Html => shell(true, { title, current: '/account', narrow: true, body })

  const list = async (context: Pick<Member, 'principal'>, said: Said = {}): Promise<Html> =>
    page(
      words.account.title,
      html`<div><p><a href="/account">${words.account.back}</a></p>
<h1>${words.account.title}</h1><p class="lead">${words.account.lead}</p></div>
${problemNotice(said.problem)}
${said.good === undefined ? null : html`<p class="notice good" role="status">${said.good}</p>`}
<div class="card flush"><ul class="list">${(await openid.list(context)).map((one) => entry(one, words))}</ul></div>
<p class="hint">${words.account.noPassword} <a href="/reset">${words.account.setPassword}</a></p>`,
    )

  return [
    builtIn({
      method: 'GET',
      path: LIST,
      access: SIGNED_IN,
      query: Type.Object({ done: Type.Optional(Type.Union(DONE.map((what) => Type.Literal(what)))) }, closed),
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) =>
        list(context, context.query.done === undefined ? {} : { good: words.done[context.query.done] }),
    }),
    builtIn({
      method: 'GET',
      path: `${LIST}/:provider`,
      access: RECENT,
      params: Provider,
      response: { 200: 'html' },
      examples: () => ({ params: { provider: first.id } }),
      handler: (context) => {
        const { provider } = context.params
        const label = openid.providers.find(({ id }) => id === provider)?.label
        if (label === undefined) throw new Refusal('not-found')
        const ticket = openid.ticket(provider, context.principal)
        return page(
          words.link.title(label),
          html`<div class="card"><h1>${words.link.title(label)}</h1><p>${words.link.lead(label)}</p>
<div class="row"><a class="button" href="/auth/openid/${provider}/link?ticket=${ticket}">${words.link.button(label)}</a><a href="${LIST}">${words.notNow}</a></div></div>`,
        )
      },
    }),
    builtIn({
      method: 'POST',
      path: `${LIST}/:provider/remove`,
      access: RECENT,
      params: Provider,
      response: FORM_RESPONSES,
      onlyRefusals: NO_IDENTITY,
      examples: () => ({ params: { provider: first.id } }),
      handler: (context) =>
        orAgain(
          async () => {
            await openid.unlink(context.params.provider, context)
            return redirect(`${LIST}?done=unlinked`)
          },
          (refusal) => list(context, { problem: saidOf(refusal, shell.words) }),
        ),
    }),
  ]
}

interface Said {
  readonly problem?: string
  readonly good?: string
}

const entry = ({ id, label, linkedAt, usedAt }: ProviderView, words: Words['openid']): Html =>
  linkedAt === null
    ? html`<li><div><p><strong>${label}</strong></p><p class="meta"><span>${words.account.none}</span></p></div>
<a class="button quiet small" href="${LIST}/${id}">${words.account.add(label)}</a></li>`
    : html`<li><div><p><strong>${label}</strong></p>
<p class="meta"><span>${words.account.linked} ${shownTime(new Date(linkedAt))}</span><span>${usedAt === null ? words.account.never : html`${words.account.used} ${shownTime(new Date(usedAt))}`}</span></p></div>
<form method="post" action="${LIST}/${id}/remove"><button class="danger small" aria-label="${words.account.removeOf(label)}">${words.account.remove}</button></form></li>`

const DONE = ['linked', 'unlinked'] as const
