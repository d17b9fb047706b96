import type { ProblemCode } from '../../kernel/refusal.ts'
import type { BackendDefinition } from '../../platform/declaration/definition.ts'
import { type Html, html } from '../../platform/html/html.ts'
import type { Problem } from '../../platform/http/problem.ts'
import { shellOf } from './shell.ts'

/** A problem as people see it: what happened, what to do, and the id to quote. */
export function problemPage(definition: Pick<BackendDefinition, 'title' | 'navigation' | 'signUp'>) {
  const shell = shellOf(definition)
  return (problem: Problem, _nonce: string, signedIn: boolean): Html =>
    shell(signedIn, {
      title: problem.title,
      current: '',
      narrow: true,
      body: html`<div class="card">
<div><p class="hint">${problem.status}</p>
<h1>${problem.title}</h1></div>
${whatHappened(problem)}
${advice(problem)}
<p><a href="/">Go to the start page</a></p>
<p class="hint">If you ask for help, quote this id: <code>${problem.id}</code> (${problem.code})</p>
</div>`,
    })
}

function whatHappened({ title, detail, fields }: Problem): Html | null {
  if (fields !== undefined && fields.length > 0)
    return html`<ul class="plain">${fields.map(({ at, problem }) => html`<li><code>${at.split('/').at(-1)}</code> ${problem}</li>`)}</ul>`
  return detail === title ? null : html`<p>${detail}.</p>`
}

/** What a person can do, where that is not plain from the title. */
function advice({ code, fields }: Problem): Html | null {
  const written = fields?.some(({ at }) => at.startsWith('body'))
  const text =
    code === 'input-invalid' ? (written ? WRITTEN_ANEW : 'The address is mistyped or cut off.') : ADVICE[code]
  return text === undefined ? null : html`<p>${text}</p>`
}

const WRITTEN_ANEW = 'Go back and change it: what you wrote is still there.'
const ADVICE: Partial<Record<ProblemCode, string>> = {
  'not-found': 'The address may be mistyped, what was here may be gone, or it is not for you.',
  'authentication-required': 'Sign in in another tab, then go back and send it again: what you wrote is still there.',
  'openid-refused': 'Go back to the sign-in page and try again, or sign in in another way.',
  'cross-site': 'Open this page by itself and try there.',
  'link-invalid': 'It may have been used already, or its time is over.',
}
