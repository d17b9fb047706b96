import type { Sessions } from '../../checklist/authentication/session-management/index.ts'
import { Refusal } from '../../kernel/refusal.ts'
import { answer, type RouteDefinition } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { field } from '../../platform/html/page.ts'
import type { Accounts } from '../accounts.ts'
import type { Member } from '../caller.ts'
import type { PersonalData } from '../personal-data/personal-data.ts'
import { eraseOwn, RECENT_FOR_DATA } from '../routes/personal-data-routes.ts'
import { builtIn, Email } from '../routes/route.ts'
import type { Words } from '../words/en/index.ts'
import { FORM_RESPONSES, orAgain, problemNotice, type Shell, saidOf } from './shell.ts'

/** The page on which somebody takes their data along, or erases their account by typing their address. */
export function personalDataPages(
  data: PersonalData,
  accounts: Pick<Accounts, 'describe'>,
  sessions: Pick<Sessions, 'signOutHeaders' | 'forget'>,
  shell: Shell,
): readonly RouteDefinition[] {
  const { personalData: words } = shell.words
  const show = async (context: Member, problem?: string): Promise<Html> => {
    const { account } = await accounts.describe(context.principal)
    const { download, erase } = words
    return shell(true, {
      title: words.title,
      current: '/account',
      narrow: true,
      body: html`<div><h1>${words.title}</h1><p class="lead">${words.lead(account.email)}</p></div>
${problemNotice(problem)}
<section class="card" aria-labelledby="download"><h2 id="download">${download.title}</h2><p>${download.lead}</p>
<p><a class="button" href="/auth/account/export" download>${download.button}</a></p></section>
<section class="card" aria-labelledby="erase"><h2 id="erase">${erase.title}</h2><p>${erase.lead}</p><p>${erase.stays}</p>
<form class="stack tight" method="post" action="/account/erase">
${field({ label: erase.field, name: 'email', type: 'email', autocomplete: 'off' })}
<div class="row"><button class="danger">${erase.button}</button><a href="/account">${words.keep}</a></div>
</form></section>`,
    })
  }

  return [
    builtIn({
      method: 'GET',
      path: '/account/data',
      access: RECENT_FOR_DATA,
      response: { 200: 'html' },
      examples: () => ({}),
      handler: (context) => show(context),
    }),
    builtIn({
      method: 'POST',
      path: '/account/erase',
      access: RECENT_FOR_DATA,
      accepts: 'form',
      body: Type.Object({ email: Email }, { additionalProperties: false }),
      response: { ...FORM_RESPONSES, 200: 'html' },
      onlyRefusals: 'erases the account the matrix is using',
      handler: (context) =>
        orAgain(
          async () => {
            const { account } = await accounts.describe(context.principal)
            if (account.email !== context.body.email.trim().toLowerCase())
              throw new Refusal('input-invalid', words.erase.wrong)
            await eraseOwn(data, sessions, context)
            const { title, lead } = words.erased
            const body = html`<div class="card"><h1>${title}</h1><p>${lead}</p></div>`
            return answer(200, shell(false, { title, current: '', narrow: true, body }), sessions.signOutHeaders())
          },
          (refusal) => show(context, saidOf(refusal, shell.words)),
        ),
    }),
  ]
}

/** On the page of one's account: the way there. */
export const personalDataSection = (
  words: Words['personalData'],
): Html => html`<section class="stack tight" aria-labelledby="your-data">
<div class="head"><h2 id="your-data">${words.section}</h2><a class="button quiet small" href="/account/data">${words.link}</a></div>
<p>${words.sectionLead}</p>
</section>`
