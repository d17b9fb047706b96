import { type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Accounts, Invitation, Member } from '../accounts.ts'
import { builtIn, Password, SIGNED_IN, Uuid } from '../routes/route.ts'
import { FORM_RESPONSES, orAgain, problemNotice, type Shell } from './shell.ts'

const closed = { additionalProperties: false } as const

/** One's own account: where one is signed in, the password, the workspaces. */
export function accountPages(accounts: Accounts, shell: Shell): readonly RouteDefinition[] {
  const account = async (context: Member, said: Said = {}): Promise<Html> => {
    const [me, sessions, tenants] = await Promise.all([
      accounts.describe(context.principal),
      accounts.sessions(context.principal),
      accounts.tenants(context.principal),
    ])
    const manages = tenants.some((tenant) => tenant.current && tenant.manages)
    return html`<div><h1>${me.account.name}</h1><p class="lead">${me.account.email} · ${me.roles.join(', ')}</p></div>
${problemNotice(said.problem)}
${said.good === undefined ? null : html`<p class="notice good" role="status">${said.good}</p>`}
${said.invitation === undefined ? null : html`<div class="notice good" role="status"><p>Give this path to one person. It works once, until ${day(said.invitation.expiresAt)}:</p><p><code>${said.invitation.path}</code></p></div>`}
<section class="stack" aria-labelledby="sessions">
<div class="head"><h2 id="sessions">Where you are signed in</h2>
<form method="post" action="/account/sessions/end-others"><button class="quiet small">End all others</button></form></div>
<div class="card flush"><ul class="list">${sessions.map(
      (
        session,
      ) => html`<li><div><strong>${deviceName(session.device)}</strong>${session.current ? html` <span class="tag">this one</span>` : null}
<p class="meta"><span>${session.address}</span><span>signed in ${time(session.createdAt)}</span><span>last used ${time(session.usedAt)}</span></p></div>
${session.current ? null : html`<form method="post" action="/account/sessions/${session.id}/end"><button class="danger small">End</button></form>`}</li>`,
    )}</ul></div>
</section>
<section class="stack" aria-labelledby="workspaces">
<div class="head"><h2 id="workspaces">Your workspaces</h2>
${manages ? html`<form method="post" action="/account/invite"><button class="quiet small">Invite somebody</button></form>` : null}</div>
<div class="card flush"><ul class="list">${tenants.map(
      (
        tenant,
      ) => html`<li><div><strong>${tenant.name}</strong>${tenant.current ? html` <span class="tag">current</span>` : null}</div>
${tenant.current ? null : html`<form method="post" action="/account/tenant"><input type="hidden" name="tenantId" value="${tenant.id}"><button class="quiet small">Work here</button></form>`}</li>`,
    )}</ul></div>
</section>
<section class="stack" aria-labelledby="password-title">
<h2 id="password-title">Change your password</h2>
<form class="card" method="post" action="/account/password">
${field({ label: 'Current password', name: 'current', type: 'password', autocomplete: 'current-password', maxLength: 1024 })}
${field({ label: 'New password', name: 'password', type: 'password', autocomplete: 'new-password', hint: 'At least 15 characters. All other sessions end.', maxLength: 1024 })}
<div class="row"><button>Change password</button></div>
</form>
</section>`
  }
  const show = async (context: Member, said?: Said): Promise<Html> =>
    shell(context, { title: 'Account', current: '/account', body: await account(context, said) })

  return [
    builtIn({
      method: 'GET',
      path: '/account',
      access: SIGNED_IN,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) => show(context),
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
        return redirect('/account')
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
        return redirect('/account')
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
      handler: async (context) => redirect('/', await accounts.switchTenant(context.body.tenantId, context)),
    }),
    builtIn({
      method: 'POST',
      path: '/account/invite',
      access: SIGNED_IN,
      response: { 200: 'html' },
      onlyRefusals: 'only for who manages the tenant, which is a property of the membership and not of a role',
      handler: async (context) => show(context, { invitation: await accounts.invite(context) }),
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
          async () => redirect('/account', await accounts.changePassword(context.body, context)),
          (problem) => show(context, { problem }),
        ),
    }),
  ]
}

interface Said {
  readonly problem?: string
  readonly good?: string
  readonly invitation?: Invitation
}

/** `2026-11-23 20:15 UTC`: one form for everybody until the reader's zone is known. */
const time = (moment: number): string => `${new Date(moment).toISOString().slice(0, 16).replace('T', ' ')} UTC`
const day = (iso: string): string => iso.slice(0, 10)

/** The browser and system that a user-agent field names, as far as people care. */
function deviceName(userAgent: string): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(userAgent)?.[1] ?? 'Another program'
  const system = /(Windows|Mac OS X|Android|iPhone|iPad|Linux)/.exec(userAgent)?.[1]
  const name = { Edg: 'Edge', OPR: 'Opera' }[browser] ?? browser
  return system === undefined ? name : `${name} on ${system}`
}
