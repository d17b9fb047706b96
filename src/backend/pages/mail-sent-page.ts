import type { RouteDefinition } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { html } from '../../platform/html/html.ts'
import { builtIn, PUBLIC } from '../routes/route.ts'
import type { Shell } from './shell.ts'

const FLOWS = ['sign-up', 'reset', 'sign-in', 'email'] as const
/** What a mail was asked for. */
export type MailFlow = (typeof FLOWS)[number]

/** Where whoever asked for a mail goes on to: the same whether or not one was sent. */
export const mailSentPath = (flow: MailFlow): string => `/look-into-your-mail?for=${flow}`

export function mailSentPage(shell: Shell): RouteDefinition {
  const { mailSent } = shell.words.mailFlows.pages
  return builtIn({
    method: 'GET',
    path: '/look-into-your-mail',
    access: PUBLIC,
    query: Type.Object({ for: Type.Union(FLOWS.map((flow) => Type.Literal(flow))) }, { additionalProperties: false }),
    response: { 200: 'html' },
    examples: () => ({ query: { for: 'sign-up' } }),
    handler: (context) =>
      shell(context.principal !== null, {
        title: mailSent.title,
        current: '',
        narrow: true,
        body: html`<div class="card" role="status">
<div><h1>${mailSent.title}</h1>
<p class="lead">${mailSent.lead}</p></div>
<p>${mailSent[context.query.for]}</p>
<p class="hint">${mailSent.nothing}</p>
</div>`,
      }),
  })
}
