import type { ListedSession } from '../../checklist/authentication/session-management/index.ts'
import { type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import { shownTime } from '../../platform/html/time.ts'
import type { Accounts } from '../accounts.ts'
import type { Member } from '../caller.ts'
import { deviceName } from '../device-name.ts'
import { builtIn, Password, SIGNED_IN, Uuid } from '../routes/route.ts'
import type { TenantView } from '../tenants.ts'
import type { Words } from '../words/en/index.ts'
import { openIdSection } from './openid-parts.ts'
import { peopleSection } from './people-pages.ts'
import { personalDataSection } from './personal-data-pages.ts'
import { FORM_RESPONSES, orAgain, passwordProblem, problemNotice, type Shell, whosePassword } from './shell.ts'

const closed = { additionalProperties: false } as const

/** One’s own account: where one is signed in, the password, the workspaces. */
export function accountPages(accounts: Accounts, shell: Shell): readonly RouteDefinition[] {
  const { words } = shell
  const { account: own, factors, mailFlows } = words
  const { pages } = mailFlows
  const good: Readonly<Record<(typeof DONE)[number], string>> = {
    ...own.done,
    email: pages.change.done,
    verification: pages.verify.sent,
  }

  const show = async (context: Member, said: Said = {}): Promise<Html> => {
    const [me, sessions, tenants] = await Promise.all([
      accounts.describe(context.principal),
      accounts.sessions(context.principal),
      accounts.tenants.list(context.principal),
    ])
    return shell(true, {
      title: own.title,
      current: '/account',
      body: html`<div><h1>${me.account.name}</h1><p class="lead">${me.account.email} · ${me.roles.join(', ')}</p></div>
${problemNotice(said.problem)}
${said.good === undefined ? null : html`<p class="notice good" role="status">${said.good}</p>`}
${said.invitation === undefined ? null : invitationNotice(said.invitation, own)}
${me.emailVerified ? null : unverifiedNotice(me.account.email, pages)}
${sessionList(sessions, own)}
${workspaceList(tenants, own)}
<section class="stack tight" aria-labelledby="email-title">
<h2 id="email-title">${pages.change.section}</h2>
<p>${me.account.email} · <a href="/account/email">${pages.change.link}</a></p>
</section>
<section class="stack tight" aria-labelledby="factors-title">
<h2 id="factors-title">${factors.state.title}</h2>
<p>${factors.state.lead} <a href="/account/factors">${factors.state.open}</a></p>
</section>
${openIdSection(accounts.openid, words)}
<section class="stack tight" aria-labelledby="password-title">
<h2 id="password-title">${own.password.title}</h2>
<form class="card half" method="post" action="/account/password">
${whosePassword(me.account.email)}
${field({ label: own.password.current, name: 'current', type: 'password', autocomplete: 'current-password', maxLength: 1024 })}
${field({ label: own.password.fresh, name: 'password', type: 'password', autocomplete: 'new-password', hint: own.password.hint, maxLength: 1024 })}
<div class="row"><button>${own.password.button}</button></div>
</form>
</section>
${context.principal.permissions.has('user:read') ? peopleSection(words) : null}
${personalDataSection(words.personalData)}`,
    })
  }

  return [
    builtIn({
      method: 'GET',
      path: '/account',
      access: SIGNED_IN,
      query: Type.Object({ done: Type.Optional(Type.Union(DONE.map((what) => Type.Literal(what)))) }, closed),
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) =>
        show(context, { good: context.query.done === undefined ? undefined : good[context.query.done] }),
    }),
    builtIn({
      method: 'POST',
      path: '/account/sessions/:id/end',
      access: SIGNED_IN,
      params: Type.Object({ id: Uuid }, closed),
      response: { 303: 'redirect' },
      examples: ({ seed }) => ({ params: { id: seed.session?.id ?? '' } }),
      handler: async (context) => {
        await accounts.endSession(context.params.id, context)
        return redirect('/account?done=session')
      },
    }),
    builtIn({
      method: 'POST',
      path: '/account/sessions/end-others',
      access: SIGNED_IN,
      response: { 303: 'redirect' },
      onlyRefusals: 'ends sessions the matrix is using',
      handler: async (context) => {
        await accounts.endOtherSessions(context)
        return redirect('/account?done=sessions')
      },
    }),
    builtIn({
      method: 'POST',
      path: '/account/tenant',
      access: SIGNED_IN,
      accepts: 'form',
      body: Type.Object({ tenantId: Uuid }, closed),
      response: { 303: 'redirect' },
      onlyRefusals: 'replaces the session the matrix is using',
      examples: ({ caller }) => ({ body: { tenantId: caller.tenantId } }),
      handler: async (context) => redirect('/', await accounts.tenants.enter(context.body.tenantId, context)),
    }),
    builtIn({
      method: 'POST',
      path: '/account/invite',
      access: SIGNED_IN,
      response: { 200: 'html' },
      onlyRefusals: 'only for who manages the tenant, which is a property of the membership and not of a role',
      handler: async (context) => {
        const { path, expiresAt } = await accounts.tenants.invite(context)
        const link = accounts.tenants.linkTo(path, (context.headers as { readonly origin?: string }).origin)
        return show(context, { invitation: { link, expiresAt } })
      },
    }),
    builtIn({
      method: 'POST',
      path: '/account/password',
      access: SIGNED_IN,
      accepts: 'form',
      body: Type.Object({ current: Password, password: Password }, closed),
      response: FORM_RESPONSES,
      onlyRefusals: 'changes the password the matrix signs in with',
      examples: ({ caller, unique }) => ({
        body: { current: caller.password, password: `lantern ${unique()} gravel` },
      }),
      handler: (context) =>
        orAgain(
          async () => redirect('/account?done=password', await accounts.changePassword(context.body, context)),
          (refusal) => show(context, { problem: passwordProblem(refusal, words) }),
        ),
    }),
  ]
}

type OwnWords = Words['account']

interface Said {
  readonly problem?: string
  readonly good?: string | undefined
  readonly invitation?: { readonly link: string; readonly expiresAt: string }
}

const DONE = ['session', 'sessions', 'password', 'email', 'verification'] as const

const unverifiedNotice = (email: string, pages: Words['mailFlows']['pages']): Html =>
  html`<form class="notice warn row spread" method="post" action="/account/verify"><span>${pages.verify.notice(email)}</span>
<button class="quiet small">${pages.verify.send}</button></form>`

const invitationNotice = (
  { link, expiresAt }: NonNullable<Said['invitation']>,
  { invitation: words }: OwnWords,
): Html =>
  html`<div class="notice good stack tight" role="status"><p>${words.before} ${shownTime(new Date(expiresAt))}${words.after}</p>
<p><code class="copy">${link}</code></p></div>`

const sessionList = (
  sessions: readonly ListedSession[],
  { sessions: words, devices }: OwnWords,
): Html => html`<section class="stack tight" aria-labelledby="sessions">
<div class="head"><h2 id="sessions">${words.title}</h2>
${sessions.length > 1 ? html`<form method="post" action="/account/sessions/end-others"><button class="quiet small">${words.endOthers}</button></form>` : null}</div>
<div class="card flush"><ul class="list">${sessions.map(
  (
    session,
  ) => html`<li><div><p><strong>${deviceName(session.device, devices)}</strong>${session.current ? html` <span class="tag">${words.current}</span>` : null}</p>
<p class="meta"><span>${session.address}</span><span>${words.since} ${shownTime(session.createdAt)}</span><span>${words.used} ${shownTime(session.usedAt)}</span></p></div>
${session.current ? null : html`<form method="post" action="/account/sessions/${session.id}/end"><button class="danger small" aria-label="${words.endOf(deviceName(session.device, devices))}">${words.end}</button></form>`}</li>`,
)}</ul></div>
</section>`

const workspaceList = (
  tenants: readonly TenantView[],
  { workspaces: words }: OwnWords,
): Html => html`<section class="stack tight" aria-labelledby="workspaces">
<div class="head"><h2 id="workspaces">${words.title}</h2>
${tenants.some(({ current, manages }) => current && manages) ? html`<form method="post" action="/account/invite"><button class="quiet small">${words.invite}</button></form>` : null}</div>
<div class="card flush"><ul class="list">${tenants.map(
  (
    tenant,
  ) => html`<li><p><strong>${tenant.name}</strong>${tenant.current ? html` <span class="tag">${words.current}</span>` : null}</p>
${tenant.current ? null : html`<form method="post" action="/account/tenant"><input type="hidden" name="tenantId" value="${tenant.id}"><button class="quiet small" aria-label="${words.enterOf(tenant.name)}">${words.enter}</button></form>`}</li>`,
)}</ul></div>
</section>`
