import { html, redirect, Type } from 'holdfast'
import { endShare, shareNote } from '../notes.ts'
import type { NotesApp } from '../tables.ts'
import { NoteParams, shell } from './shell.ts'

const Share = Type.Object({
  grantee: Type.String({ format: 'uuid' }),
  access: Type.Union([Type.Literal('read'), Type.Literal('write')]),
})
const ShareParams = Type.Object({ id: Type.String({ format: 'uuid' }), account: Type.String({ format: 'uuid' }) })

/** Lending a note to somebody of the workspace, and taking it back. */
export function sharePages(app: NotesApp): void {
  app.get('/notes/:id/share', {
    permission: 'note:write',
    schema: { params: NoteParams, response: { 200: 'html' } },
    examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
    handler: async ({ db, params, principal, members }) => {
      const row = await db
        .selectFrom('note')
        .select(['id', 'title'])
        .where('id', '=', params.id)
        .where('owner', '=', principal.accountId)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const others = (await members()).filter((member) => member.id !== principal.accountId)
      return shell(
        'Share a note',
        '',
        html`<div><h1>Share a note</h1><p class="lead">“${row.title}” goes to one person of this workspace, with the secret kept beside it. You can take it back at any time.</p></div>
${
  others.length === 0
    ? html`<div class="card half"><p>You are alone in this workspace. <a href="/account">Invite somebody</a> first.</p></div>`
    : html`<form class="card half" method="post" action="/notes/${row.id}/share">
<div class="field"><label for="grantee">With whom</label><select id="grantee" name="grantee">${others.map((member) => html`<option value="${member.id}">${member.name}</option>`)}</select></div>
<fieldset class="field"><legend class="label">They may</legend>
<label class="check"><input type="radio" name="access" value="read" checked> read it</label>
<label class="check"><input type="radio" name="access" value="write"> read and change it</label></fieldset>
<div class="row"><button>Share</button><a href="/notes/${row.id}">Not now</a></div></form>`
}`,
      )
    },
  })

  app.post('/notes/:id/share', {
    permission: 'note:write',
    accepts: 'form',
    schema: { params: NoteParams, body: Share, response: { 303: 'redirect' } },
    examples: ({ seed, other }) => ({
      params: { id: seed.note?.id ?? '' },
      body: { grantee: other.accountId, access: 'read' },
    }),
    handler: ({ transaction, principal, params, body }) =>
      transaction(async (tx) =>
        (await shareNote(tx, { note: params.id, by: principal.accountId, ...body }))
          ? redirect(`/notes/${params.id}`)
          : undefined,
      ),
  })

  app.post('/notes/:id/shares/:account/end', {
    permission: 'note:write',
    schema: { params: ShareParams, response: { 303: 'redirect' } },
    onlyRefusals: 'needs a share that was given before',
    examples: ({ seed, other }) => ({ params: { id: seed.note?.id ?? '', account: other.accountId } }),
    handler: async ({ db, params }) =>
      (await endShare(db, params.id, params.account)) ? redirect(`/notes/${params.id}`) : undefined,
  })
}
