import { field, type Html, html, redirect } from 'holdfast'
import { parseTags, setTags, tagsOf } from '../notes.ts'
import type { NotesApp } from '../tables.ts'
import { mayChange, NoteParams, shell } from './shell.ts'
import { readWritten, Written, type WrittenNote } from './written.ts'

/** Writing a note and changing one. What can't be kept comes back with all words still in the form. */
export function writePages(app: NotesApp): void {
  app.get('/notes/new', {
    permission: 'note:write',
    schema: { response: { 200: 'html' } },
    examples: () => ({}),
    handler: () => newPage({ title: '', body: '', tags: '', secret: '' }),
  })

  app.post('/notes', {
    permission: 'note:write',
    accepts: 'form',
    maxBody: MAX_BODY,
    schema: { body: Written, response: { 200: 'html', 303: 'redirect' } },
    examples: ({ unique }) => ({ body: { title: `Note ${unique()}`, body: 'Words.', tags: 'example', secret: '' } }),
    handler: async ({ transaction, body }) => {
      const { note, problem } = readWritten(body)
      if (problem !== undefined) return newPage(body, problem)
      return transaction(async (tx) => {
        const row = await tx.insertInto('note').values(note).returning('id').executeTakeFirstOrThrow()
        await setTags(tx, row.id, parseTags(body.tags))
        return redirect(`/notes/${row.id}`)
      })
    },
  })

  app.get('/notes/:id/edit', {
    permission: 'note:write',
    schema: { params: NoteParams, response: { 200: 'html' } },
    examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
    handler: async ({ db, params, principal }) => {
      const [row, shares, tags] = await Promise.all([
        db
          .selectFrom('note')
          .select(['id', 'title', 'body', 'secret', 'owner'])
          .where('id', '=', params.id)
          .executeTakeFirst(),
        db.selectFrom('note_share').select(['grantee', 'access']).where('note', '=', params.id).execute(),
        tagsOf(db, params.id),
      ])
      if (row === undefined || !mayChange(principal, row.owner, shares)) return undefined
      return changePage(row.id, { ...row, secret: row.secret ?? '', tags: tags.join(', ') })
    },
  })

  app.post('/notes/:id', {
    permission: 'note:write',
    accepts: 'form',
    maxBody: MAX_BODY,
    schema: { params: NoteParams, body: Written, response: { 200: 'html', 303: 'redirect' } },
    examples: ({ seed, unique }) => ({
      params: { id: seed.note?.id ?? '' },
      body: { title: `Changed ${unique()}`, body: 'Other words.', tags: 'example', secret: '' },
    }),
    handler: async ({ transaction, params, body, now }) => {
      const { note, problem } = readWritten(body)
      if (problem !== undefined) return changePage(params.id, body, problem)
      return transaction(async (tx) => {
        const row = await tx
          .updateTable('note')
          .set({ ...note, updated_at: new Date(now) })
          .where('id', '=', params.id)
          .returning('id')
          .executeTakeFirst()
        if (row === undefined) return undefined
        await setTags(tx, row.id, parseTags(body.tags))
        return redirect(`/notes/${row.id}`)
      })
    },
  })
}

const newPage = (written: WrittenNote, problem?: string): Html =>
  shell(
    'Write a note',
    '/notes/new',
    html`<h1>Write a note</h1>${noteForm({ action: '/notes', away: '/', button: 'Keep note', written, problem })}`,
  )

const changePage = (id: string, written: WrittenNote, problem?: string): Html =>
  shell(
    'Change a note',
    '',
    html`<h1>Change this note</h1>${noteForm({ action: `/notes/${id}`, away: `/notes/${id}`, button: 'Keep changes', written, problem })}`,
  )

interface NoteForm {
  readonly action: string
  /** Where "Not now" leads. */
  readonly away: string
  readonly button: string
  readonly written: WrittenNote
  readonly problem: string | undefined
}

const noteForm = ({ action, away, button, written, problem }: NoteForm): Html => html`
${problem === undefined ? null : html`<p class="notice warn" role="alert">${problem}</p>`}
<form class="card" method="post" action="${action}">
${field({ label: 'Title', name: 'title', value: written.title, maxLength: 200 })}
<div class="field"><label for="body">Words</label><textarea id="body" name="body" maxlength="20000">
${written.body}</textarea></div>
${field({ label: 'Tags', name: 'tags', value: written.tags, hint: 'With commas between them: home, to do.', maxLength: 1000, required: false })}
${field({ label: 'Secret', name: 'secret', value: written.secret, hint: 'A door code, a recovery phrase: shown only when asked for.', maxLength: 200, required: false })}
<div class="row"><button>${button}</button><a href="${away}">Not now</a></div>
</form>`

/** Bytes: 20,000 characters take up to twelve each in a form, percent signs included. */
const MAX_BODY = 262_144
