import type { BackendDefinition } from '../../platform/declaration/definition.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { page } from '../../platform/html/page.ts'
import type { Problem } from '../../platform/http/problem.ts'

/** A problem as people see it: what happened, what to do, and the id to quote. */
export const problemPage =
  (definition: Pick<BackendDefinition, 'title' | 'navigation'>) =>
  (problem: Problem): Html =>
    page({
      title: problem.title,
      application: definition.title,
      navigation: definition.navigation,
      current: '',
      narrow: true,
      body: html`<div class="card">
<p class="hint">${problem.status}</p>
<h1>${problem.title}</h1>
${problem.detail === problem.title ? null : html`<p>${problem.detail}.</p>`}
${problem.fields === undefined ? null : html`<ul>${problem.fields.map((field) => html`<li><code>${field.at}</code> ${field.problem}</li>`)}</ul>`}
<p><a href="/">Go to the start page</a></p>
<p class="hint">If you ask for help, quote this id: <code>${problem.id}</code> (${problem.code})</p>
</div>`,
    })
