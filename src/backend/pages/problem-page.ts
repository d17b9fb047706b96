import { type Html, html } from '../../platform/html/html.ts'
import type { Problem } from '../../platform/http/problem.ts'
import type { Words } from '../words/en/index.ts'
import type { Shell } from './shell.ts'

/** A problem as people see it: what happened, what to do, and the id to quote. */
export function problemPage(shell: Shell) {
  const { problems: words } = shell.words
  return (problem: Problem, _nonce: string, signedIn: boolean): Html =>
    shell(signedIn, {
      title: words.titles[problem.code],
      current: '',
      narrow: true,
      body: html`<div class="card">
<div><p class="hint">${problem.status}</p>
<h1>${words.titles[problem.code]}</h1></div>
${whatHappened(problem)}
${advice(problem, words)}
<p><a href="/">${words.start}</a></p>
<p class="hint">${words.quote} <code>${problem.id}</code> (${problem.code})</p>
</div>`,
    })
}

function whatHappened({ title, detail, fields }: Problem): Html | null {
  if (fields !== undefined && fields.length > 0)
    return html`<ul class="plain">${fields.map(({ at, problem }) => html`<li><code>${at.split('/').at(-1)}</code> ${problem}</li>`)}</ul>`
  return detail === title ? null : html`<p>${detail}.</p>`
}

/** What a person can do, where that is not plain from the title. */
function advice({ code, fields }: Problem, words: Words['problems']): Html | null {
  const written = fields?.some(({ at }) => at.startsWith('body'))
  const text = code === 'input-invalid' ? (written ? words.writtenAnew : words.mistyped) : words.advice[code]
  return text === undefined ? null : html`<p>${text}</p>`
}
