import { type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { type TObject, Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { shownTime } from '../../platform/html/time.ts'
import type { Accounts } from '../accounts.ts'
import type { Administration, ResetView, UserView } from '../administration.ts'
import { builtIn, permitted, RECENTLY_WITH_TWO, RoleName, Uuid } from '../routes/route.ts'
import type { Words } from '../words/en/index.ts'
import { DONE, type PersonContext, personPage } from './person-page.ts'
import { FORM_RESPONSES, orAgain, type Shell, saidOf } from './shell.ts'

const closed = { additionalProperties: false } as const
const LIST = '/admin/people'
const PAGE_SIZE = 50

/** What a form sent, once it fits its schema. */
type Fields = Readonly<Record<string, string>>

/** Administrators look after people: a list, a page for each account, and what its forms do. */
export function peoplePages(
  administration: Administration,
  { resets, factorResets }: Pick<Accounts, 'resets' | 'factorResets'>,
  shell: Shell,
): readonly RouteDefinition[] {
  const { words } = shell
  const person = personPage(administration, factorResets, shell)

  /** A form of somebody's page: done, and back to the page, which says so or why not. */
  const change = (options: {
    readonly path: string
    readonly permission: string
    readonly done: (typeof DONE)[number]
    readonly work: (id: string, context: PersonContext, body: Fields) => Promise<unknown>
    readonly body?: TObject
    readonly example?: Fields
    readonly onlyRefusals?: string
  }): RouteDefinition =>
    builtIn({
      method: 'POST',
      path: `${LIST}/:id/${options.path}`,
      access: permitted(options.permission, RECENTLY_WITH_TWO),
      params: Type.Object({ id: Uuid }, closed),
      ...(options.body === undefined ? {} : { accepts: 'form' as const, body: options.body }),
      response: FORM_RESPONSES,
      ...(options.onlyRefusals === undefined ? {} : { onlyRefusals: options.onlyRefusals }),
      examples: ({ seed }) => ({
        params: { id: seed.account?.id ?? '' },
        ...(options.example === undefined ? {} : { body: options.example }),
      }),
      handler: (context) => {
        const { id } = context.params
        return orAgain(
          async () => {
            await options.work(id, context, (context.body ?? {}) as Fields)
            return redirect(`${LIST}/${id}?done=${options.done}`)
          },
          (refusal) => {
            // Who may change somebody and not see them is told why not, and nothing of them.
            if (!context.principal.permissions.has('user:read')) throw refusal
            return person(id, context, { problem: saidOf(refusal, words) })
          },
        )
      },
    })

  return [
    builtIn({
      method: 'GET',
      path: LIST,
      access: permitted('user:read'),
      query: Type.Object(
        {
          after: Type.Optional(Uuid),
          find: Type.Optional(Type.String({ maxLength: 100 })),
        },
        closed,
      ),
      response: { 200: 'html' },
      examples: () => ({}),
      handler: async (context) => {
        const { after, find } = context.query
        const wanted = find?.trim() === '' ? undefined : find?.trim()
        const [found, underWay] = await Promise.all([
          administration.users({
            limit: PAGE_SIZE,
            ...(after === undefined ? {} : { after }),
            ...(wanted === undefined ? {} : { find: wanted }),
          }),
          administration.resetsUnderWay(),
        ])
        return shell(true, {
          title: words.people.list.title,
          current: '/account',
          body: html`<div><p><a href="/account">${words.people.back}</a></p>
<h1>${words.people.list.title}</h1><p class="lead">${words.people.list.lead}</p></div>
${resetList(underWay, words)}
<form class="card half" method="get" action="${LIST}" role="search">
<div class="field"><label for="find">${words.people.list.find}</label><input id="find" name="find" type="search" value="${wanted ?? ''}" maxlength="100" autocomplete="off"></div>
<div class="row"><button>${words.people.list.findButton}</button>${wanted === undefined ? null : html`<a href="${LIST}">${words.people.list.all}</a>`}</div>
</form>
${userList(found, words)}
${found.length < PAGE_SIZE ? null : html`<p class="row"><a class="button quiet" href="${nextPage(found, wanted)}">${words.people.list.more}</a></p>`}`,
        })
      },
    }),
    builtIn({
      method: 'GET',
      path: `${LIST}/:id`,
      access: permitted('user:read'),
      params: Type.Object({ id: Uuid }, closed),
      query: Type.Object({ done: Type.Optional(Type.Union(DONE.map((what) => Type.Literal(what)))) }, closed),
      response: { 200: 'html' },
      examples: ({ seed }) => ({ params: { id: seed.account?.id ?? '' } }),
      handler: (context) => person(context.params.id, context, { done: context.query.done }),
    }),
    change({
      path: 'factor-reset',
      permission: 'user:manage',
      done: 'reset-started',
      work: (id, context) => factorResets.start(id, context),
      onlyRefusals:
        'is for accounts with a second factor, which signing in with a password alone then no longer reaches',
    }),
    change({
      path: 'factor-reset/cancel',
      permission: 'user:manage',
      done: 'reset-cancelled',
      work: (id, context) => factorResets.cancel(id, context),
      onlyRefusals: 'there is one only where an administrator started it',
    }),
    change({
      path: 'password-reset',
      permission: 'user:manage',
      done: 'password-mail',
      work: (id, context) => resets.askFor(id, context),
    }),
    change({
      path: 'sessions/end',
      permission: 'session:manage',
      done: 'sessions-ended',
      work: (id, context) => administration.endSessions(id, context),
      onlyRefusals: 'ends sessions the matrix is using',
    }),
    change({
      path: 'disable',
      permission: 'user:manage',
      done: 'disabled',
      work: (id, context) => administration.setDisabled(id, true, context),
      onlyRefusals: 'puts people out of use who are needed for what comes next',
    }),
    change({
      path: 'enable',
      permission: 'user:manage',
      done: 'enabled',
      work: (id, context) => administration.setDisabled(id, false, context),
    }),
    change({
      path: 'roles/give',
      permission: 'role:manage',
      body: Type.Object({ role: RoleName }, closed),
      example: { role: 'member' },
      done: 'role-given',
      work: (id, context, { role = '' }) => administration.grantRole(id, role, context),
      onlyRefusals: 'changes what the identities of the matrix may do',
    }),
    change({
      path: 'roles/take',
      permission: 'role:manage',
      body: Type.Object({ role: RoleName }, closed),
      example: { role: 'member' },
      done: 'role-taken',
      work: (id, context, { role = '' }) => administration.revokeRole(id, role, context),
      onlyRefusals: 'changes what the identities of the matrix may do',
    }),
  ]
}

/** On one's own account's page, of who may see people. */
export const peopleSection = ({ people: words }: Words): Html =>
  html`<section class="stack tight" aria-labelledby="people-title">
<h2 id="people-title">${words.section}</h2>
<p>${words.sectionLead} <a href="${LIST}">${words.open}</a></p>
</section>`

const nextPage = (shown: readonly UserView[], find: string | undefined): string =>
  `${LIST}?${new URLSearchParams({ after: shown.at(-1)?.id ?? '', ...(find === undefined ? {} : { find }) })}`

const resetList = (resets: readonly ResetView[], { people: { list: words } }: Words): Html | null =>
  resets.length === 0
    ? null
    : html`<section class="stack tight" aria-labelledby="resets">
<h2 id="resets">${words.resets}</h2>
<p>${words.resetsLead}</p>
<div class="card flush"><ul class="list">${resets.map(
        (reset) => html`<li><div><p><strong>${reset.name}</strong></p>
<p class="meta"><span>${reset.email}</span><span>${words.effective} ${shownTime(new Date(reset.effectiveAt))}</span></p></div>
<a class="button quiet small" href="${LIST}/${reset.id}" aria-label="${words.openOf(reset.name)}">${words.open}</a></li>`,
      )}</ul></div>
</section>`

const userList = (users: readonly UserView[], { people: { list: words } }: Words): Html =>
  users.length === 0
    ? html`<p class="card">${words.none}</p>`
    : html`<div class="card flush"><ul class="list">${users.map(
        (
          user,
        ) => html`<li><div><p><strong>${user.name}</strong>${user.roles.map((role) => html` <span class="tag">${role}</span>`)}${user.disabled ? html` <span class="tag">${words.disabled}</span>` : null}</p>
<p class="meta"><span>${user.email}</span><span>${words.since} ${shownTime(new Date(user.createdAt))}</span></p></div>
<a class="button quiet small" href="${LIST}/${user.id}" aria-label="${words.openOf(user.name)}">${words.open}</a></li>`,
      )}</ul></div>`
