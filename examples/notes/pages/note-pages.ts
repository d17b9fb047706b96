import { html, redirect, shownTime } from 'holdfast'
import { tagsOf } from '../notes.ts'
import type { NotesApp } from '../tables.ts'
import { mayChange, NoteParams, namesOf, shell, tagLinks } from './shell.ts'

/** Reading a note and deleting one. */
export function notePages(app: NotesApp): void {
  app.get('/notes/:id', {
    permission: 'note:read',
    schema: { params: NoteParams, response: { 200: 'html' } },
    examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
    handler: async ({ db, params, principal, members }) => {
      const [row, tags, shares] = await Promise.all([
        db
          .selectFrom('note')
          .select(['id', 'title', 'body', 'secret', 'owner', 'updated_at', 'created_at'])
          .where('id', '=', params.id)
          .executeTakeFirst(),
        tagsOf(db, params.id),
        db
          .selectFrom('note_share')
          .select(['grantee', 'access'])
          .where('note', '=', params.id)
          .orderBy('created_at')
          .execute(),
      ])
      if (row === undefined) return undefined
      const mine = row.owner === principal.accountId
      // Field rules look through JSON, not through pages: an auditor is shown none here either.
      const secret = mine || shares.some(({ grantee }) => grantee === principal.accountId) ? row.secret : null
      const nameOf = await namesOf(members, !mine || shares.length > 0)
      return shell(
        row.title,
        '',
        html`<div class="head"><h1>${row.title}</h1>
${mayChange(principal, row.owner, shares) ? html`<a class="button quiet small" href="/notes/${row.id}/edit">Change</a>` : null}</div>
<div class="columns">
<article class="card"><div class="prose">${row.body === '' ? html`<span class="hint">No words yet.</span>` : row.body}</div>
${tagLinks(tags)}</article>
<aside class="stack">
<section class="card" aria-labelledby="about"><h2 id="about">About it</h2><dl class="facts"><dt>Written</dt><dd>${shownTime(row.created_at)}</dd><dt>Changed</dt><dd>${shownTime(row.updated_at)}</dd><dt>From</dt><dd>${mine ? 'you' : nameOf(row.owner)}</dd>
${secret === null ? null : html`<dt>Secret</dt><dd><details><summary>Show</summary><code class="copy">${secret}</code></details></dd>`}</dl></section>
${
  mine
    ? html`<section class="card" aria-labelledby="lent"><h2 id="lent">Lent to</h2>
${
  shares.length === 0
    ? html`<p class="hint">Nobody yet.</p>`
    : html`<ul class="plain">${shares.map(
        ({
          grantee,
          access,
        }) => html`<li class="row spread"><span>${nameOf(grantee)} <span class="hint">may ${access === 'write' ? 'change' : 'read'} it</span></span>
<form method="post" action="/notes/${row.id}/shares/${grantee}/end"><button class="quiet small" aria-label="Take back from ${nameOf(grantee)}">Take back</button></form></li>`,
      )}</ul>`
}
<a class="button quiet small start" href="/notes/${row.id}/share">Share with somebody</a></section>
<details class="fold"><summary>Delete this note</summary><form class="card" method="post" action="/notes/${row.id}/delete"><p>It is gone for everybody, at once and for good.</p><button class="danger start">Delete it</button></form></details>`
    : null
}
</aside></div>`,
      )
    },
  })

  app.post('/notes/:id/delete', {
    permission: 'note:write',
    schema: { params: NoteParams, response: { 303: 'redirect' } },
    examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
    handler: async ({ db, params }) => {
      const row = await db.deleteFrom('note').where('id', '=', params.id).returning('id').executeTakeFirst()
      return row === undefined ? undefined : redirect('/')
    },
  })
}
