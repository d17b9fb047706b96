import type { Moment } from '../../kernel/time.ts'
import { minutes } from '../../kernel/time.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { shownTime, timeText } from '../../platform/html/time.ts'
import type { Administration, PersonView } from '../administration.ts'
import type { Member } from '../caller.ts'
import type { FactorResets } from '../factor-resets.ts'
import type { Words } from '../words/en/index.ts'
import { problemNotice, type Shell } from './shell.ts'

/** Who looks at somebody's page, and when. */
export type PersonContext = Member & { readonly now: Moment }

/** What was done on it. */
export const DONE = [
  'reset-started',
  'reset-cancelled',
  'password-mail',
  'sessions-ended',
  'role-given',
  'role-taken',
  'disabled',
  'enabled',
] as const

/** What the page says beside what is there. */
export interface Said {
  readonly done?: (typeof DONE)[number] | undefined
  readonly problem?: string
}

/**
 * Somebody's page as administrators see it. It has the forms of what its reader may do, once they have lately proved who they
 * are; until then it leads to that, so that nobody fills a form in for nothing.
 */
export function personPage(
  administration: Administration,
  resets: FactorResets,
  shell: Shell,
): (id: string, context: PersonContext, said: Said) => Promise<Html> {
  const { words } = shell
  return async (id, { principal, now }, { done, problem }) => {
    const [person, reset] = await Promise.all([administration.person(id), resets.of(id)])
    const may = (permission: string): boolean => principal.permissions.has(permission)
    const changes = CHANGING.some(may)
    const fresh = now - principal.authenticatedAt < FRESH * 1000
    const forms = changes && fresh
    const roles = forms && may('role:manage') ? (await administration.roles()).map(({ name }) => name) : undefined
    const parts = { person, path: `/admin/people/${person.id}`, words: words.people }
    return shell(true, {
      title: person.name,
      current: '/account',
      narrow: true,
      body: html`<div><p><a href="/admin/people">${words.people.person.all}</a></p>
<h1>${person.name}</h1>
<p class="lead">${person.email}${person.emailVerified ? null : html` <span class="tag">${words.people.person.unconfirmed}</span>`}${person.disabled ? html` <span class="tag">${words.people.list.disabled}</span>` : null}</p>
<p class="hint">${words.people.person.since} ${shownTime(new Date(person.createdAt))}</p></div>
${problemNotice(problem)}
${done === undefined ? null : html`<p class="notice good" role="status">${words.people.done[done]}</p>`}
${person.id === principal.accountId ? html`<p class="notice" role="status">${words.people.person.you} <a href="/account">${words.people.person.yours}</a></p>` : null}
${changes ? null : html`<p class="hint">${words.people.person.nothing}</p>`}
${changes && !fresh ? confirmFirst(parts) : null}
${factorSection({ ...parts, forms: forms && may('user:manage'), reset })}
${roleSection({ ...parts, roles })}
${forms && may('user:manage') ? passwordSection(parts) : null}
${forms && may('session:manage') ? sessionSection(parts) : null}
${useSection({ ...parts, forms: forms && may('user:manage') })}`,
    })
  }
}

interface Parts {
  readonly person: PersonView
  readonly path: string
  readonly words: Words['people']
}

const confirmFirst = ({ path, words }: Parts): Html =>
  html`<div class="notice warn row spread"><span>${words.person.confirm}</span>
<a class="button small" href="/confirm?next=${encodeURIComponent(path)}">${words.person.confirmButton}</a></div>`

const factorSection = ({
  person,
  path,
  words,
  forms,
  reset,
}: Parts & {
  readonly forms: boolean
  readonly reset: { readonly startedAt: string; readonly effectiveAt: string } | null
}): Html => html`<section class="stack tight" aria-labelledby="factors">
<h2 id="factors">${words.factors.title}</h2>
${factorsOf(person, words.factors)}
${
  reset === null
    ? null
    : html`<div class="notice warn stack tight"><p>${words.factors.underWay(timeText(new Date(reset.effectiveAt)))} ${words.factors.started(timeText(new Date(reset.startedAt)))}</p>
${forms ? html`<form class="row" method="post" action="${path}/factor-reset/cancel"><button class="small">${words.factors.cancel}</button></form>` : null}</div>`
}
${
  forms && reset === null && (person.factors.totp || person.factors.passkeys > 0)
    ? html`<form class="card" method="post" action="${path}/factor-reset">
<h3>${words.factors.resetTitle}</h3>
<p>${words.factors.who}</p>
<ol>${words.factors.steps.map((step) => html`<li>${step}</li>`)}</ol>
<div class="row"><button class="danger">${words.factors.reset}</button></div>
</form>`
    : null
}
</section>`

function factorsOf({ factors }: PersonView, words: Words['people']['factors']): Html {
  const held = [
    ...(factors.totp ? [words.app] : []),
    ...(factors.passkeys > 0 ? [words.passkeys(factors.passkeys)] : []),
    ...(factors.recoveryCodes > 0 ? [words.codes(factors.recoveryCodes)] : []),
  ]
  return html`<p>${held.length === 0 ? words.none : held.join(' · ')}</p>`
}

/** @param parts.roles - those there are, where the reader may give them. */
const roleSection = ({
  person,
  path,
  words,
  roles,
}: Parts & { readonly roles: readonly string[] | undefined }): Html => {
  const further = roles?.filter((role) => !person.roles.includes(role)) ?? []
  return html`<section class="stack tight" aria-labelledby="roles">
<h2 id="roles">${words.roles.title}</h2>
${
  person.roles.length === 0
    ? html`<p>${words.roles.none}</p>`
    : html`<div class="card flush"><ul class="list">${person.roles.map(
        (role) => html`<li><p><strong>${role}</strong></p>
${roles === undefined ? null : html`<form method="post" action="${path}/roles/take"><input type="hidden" name="role" value="${role}"><button class="danger small" aria-label="${words.roles.removeOf(role)}">${words.roles.remove}</button></form>`}</li>`,
      )}</ul></div>`
}
${
  further.length === 0
    ? null
    : html`<form class="card" method="post" action="${path}/roles/give">
<div class="field"><label for="role">${words.roles.add}</label><select id="role" name="role">${further.map((role) => html`<option value="${role}">${role}</option>`)}</select></div>
<div class="row"><button>${words.roles.addButton}</button></div>
</form>`
}
</section>`
}

const passwordSection = ({ path, words }: Parts): Html =>
  oneButton(
    'password',
    words.password.title,
    words.password.lead,
    html`<button class="quiet">${words.password.button}</button>`,
    `${path}/password-reset`,
  )

const sessionSection = ({ path, words }: Parts): Html =>
  oneButton(
    'sessions',
    words.sessions.title,
    words.sessions.lead,
    html`<button class="danger">${words.sessions.button}</button>`,
    `${path}/sessions/end`,
  )

const useSection = ({ person, path, words: { use: words }, forms }: Parts & { readonly forms: boolean }): Html => {
  const state = person.disabled ? words.off : words.on
  if (!forms)
    return html`<section class="stack tight" aria-labelledby="use"><h2 id="use">${words.title}</h2><p>${state}</p></section>`
  return person.disabled
    ? oneButton('use', words.title, state, html`<button>${words.enable}</button>`, `${path}/enable`)
    : oneButton(
        'use',
        words.title,
        `${state} ${words.disableLead}`,
        html`<button class="danger">${words.disable}</button>`,
        `${path}/disable`,
      )
}

const oneButton = (id: string, title: string, lead: string, button: Html, action: string): Html =>
  html`<section class="stack tight" aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<form class="card" method="post" action="${action}"><p>${lead}</p>
<div class="row">${button}</div></form>
</section>`

/** The permissions of which each opens a form. */
const CHANGING = ['user:manage', 'session:manage', 'role:manage'] as const
/** A little less than what the forms ask for, so that there is time to send them. */
const FRESH = minutes(4)
