import { field, type Html, html, page, redirect, Type } from 'holdfast'
import { findNotes, PAGE_SIZE, parseTags, SORTS, setTags, shareNote, tagsOf } from './notes.ts'
import type { NotesApp } from './tables.ts'

export const navigation = [
  { href: '/', label: 'Notes' },
  { href: '/notes/new', label: 'Write' },
] as const

const Id = Type.Object({ id: Type.String({ format: 'uuid' }) })
const Search = Type.String({ maxLength: 200 })
const Tag = Type.String({ maxLength: 40, pattern: '^([a-z0-9][a-z0-9-]*)?$' })
const Written = Type.Object({
  title: Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' }),
  body: Type.String({ maxLength: 20_000 }),
  tags: Type.String({ maxLength: 1000 }),
  secret: Type.String({ maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' }),
})

/** Notes as pages: they work without script. */
export function notesPages(app: NotesApp): void {
  app.get('/', {
    permission: 'note:read',
    schema: {
      query: Type.Object({
        search: Type.Optional(Search),
        tag: Type.Optional(Tag),
        sort: Type.Optional(Type.Union([Type.Literal('recent'), Type.Literal('oldest'), Type.Literal('title')])),
        page: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
      }),
      response: { 200: 'html' },
    },
    examples: () => ({ query: { sort: 'recent' } }),
    handler: async ({ db, query, principal }) => {
      const rows = await findNotes(db, query)
      const shown = rows.slice(0, PAGE_SIZE)
      const current = query.page ?? 1
      return shell(
        'Notes',
        '/',
        html`<div class="head"><div><h1>Notes</h1><p class="lead">Yours, and those others lent you.</p></div>
<a class="button" href="/notes/new">Write a note</a></div>
<form class="inline" method="get" action="/" role="search">
<div class="field grow"><label for="search">Search</label><input id="search" name="search" type="search" maxlength="200" value="${query.search ?? ''}" placeholder="Words, &quot;a phrase&quot;, -without"></div>
<div class="field"><label for="sort">Sorted by</label><select id="sort" name="sort">${Object.keys(SORTS).map(
          (sort) =>
            html`<option value="${sort}"${(query.sort ?? 'recent') === sort ? SELECTED : null}>${SORT_NAMES[sort]}</option>`,
        )}</select></div>
<button class="quiet">Find</button></form>
${query.tag ? html`<p class="row"><span class="hint">Only with the tag</span> <span class="tag">${query.tag}</span> <a href="/">Show all</a></p>` : null}
<div class="card flush">${
          shown.length === 0
            ? html`<div class="empty"><p>${query.search || query.tag ? 'No note fits.' : 'Nothing here yet.'}</p><a class="button quiet" href="/notes/new">Write a note</a></div>`
            : html`<ul class="list">${shown.map(
                (row) => html`<li><div><a class="title" href="/notes/${row.id}">${row.title}</a>
<p class="meta"><span>${time(row.updated_at)}</span>${row.owner === principal.accountId ? null : html`<span>lent to you</span>`}</p></div>
<div class="row">${tagLinks(row.tags ?? '')}</div></li>`,
              )}</ul>`
        }</div>
<nav class="row spread" aria-label="Pages">${current > 1 ? html`<a class="button quiet small" href="${pageLink(query, current - 1)}">Newer</a>` : html`<span></span>`}
${rows.length > PAGE_SIZE ? html`<a class="button quiet small" href="${pageLink(query, current + 1)}">Further</a>` : null}
<a class="hint" href="/api/notes/export">Take them with you (CSV)</a></nav>`,
      )
    },
  })

  app.get('/notes/new', {
    permission: 'note:write',
    schema: { response: { 200: 'html' } },
    examples: () => ({}),
    handler: () =>
      shell(
        'Write a note',
        '/notes/new',
        html`<h1>Write a note</h1>${noteForm('/notes', { title: '', body: '', tags: '', secret: '' }, 'Keep note')}`,
      ),
  })

  app.post('/notes', {
    permission: 'note:write',
    accepts: 'form',
    schema: { body: Written, response: { 303: 'redirect' } },
    examples: ({ unique }) => ({ body: { title: `Note ${unique()}`, body: 'Words.', tags: 'example', secret: '' } }),
    handler: ({ transaction, body }) =>
      transaction(async (tx) => {
        const row = await tx
          .insertInto('note')
          .values({ title: body.title, body: lines(body.body), secret: body.secret || null })
          .returning('id')
          .executeTakeFirstOrThrow()
        await setTags(tx, row.id, parseTags(body.tags))
        return redirect(`/notes/${row.id}`)
      }),
  })

  app.get('/notes/:id', {
    permission: 'note:read',
    schema: { params: Id, response: { 200: 'html' } },
    examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
    handler: async (context) => {
      const { db, params, principal } = context
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
      const names = new Map(shares.length === 0 ? [] : (await context.members()).map(({ id, name }) => [id, name]))
      return shell(
        row.title,
        '',
        html`<div class="head"><h1>${row.title}</h1>
<div class="row"><a class="button quiet small" href="/notes/${row.id}/edit">Change</a>
${mine ? html`<form method="post" action="/notes/${row.id}/delete"><button class="danger small">Delete</button></form>` : null}</div></div>
<div class="columns">
<article class="card"><div class="prose">${row.body === '' ? html`<span class="hint">No words yet.</span>` : row.body}</div>
<div class="row">${tagLinks(tags.join(' '))}</div></article>
<aside class="stack">
<section class="card"><h2>About it</h2><dl class="facts"><dt>Written</dt><dd>${time(row.created_at)}</dd><dt>Changed</dt><dd>${time(row.updated_at)}</dd><dt>Whose</dt><dd>${mine ? 'Yours' : 'Lent to you'}</dd>
${row.secret === null ? null : html`<dt>Secret</dt><dd><details><summary>Show</summary><code>${row.secret}</code></details></dd>`}</dl></section>
${
  mine
    ? html`<section class="card"><h2>Lent to</h2>
${shares.length === 0 ? html`<p class="hint">Nobody yet.</p>` : html`<ul>${shares.map((share) => html`<li>${names.get(share.grantee) ?? 'Somebody who left'} <span class="hint">(${share.access})</span></li>`)}</ul>`}
<a class="button quiet small" href="/notes/${row.id}/share">Share with somebody</a></section>`
    : null
}
</aside></div>`,
      )
    },
  })

  app.get('/notes/:id/edit', {
    permission: 'note:write',
    schema: { params: Id, response: { 200: 'html' } },
    examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
    handler: async ({ db, params }) => {
      const row = await db
        .selectFrom('note')
        .select(['id', 'title', 'body', 'secret'])
        .where('id', '=', params.id)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const tags = (await tagsOf(db, params.id)).join(', ')
      return shell(
        `Change ${row.title}`,
        '',
        html`<h1>Change this note</h1>${noteForm(`/notes/${row.id}`, { ...row, secret: row.secret ?? '', tags }, 'Keep changes')}`,
      )
    },
  })

  app.post('/notes/:id', {
    permission: 'note:write',
    accepts: 'form',
    schema: { params: Id, body: Written, response: { 303: 'redirect' } },
    examples: ({ seed, unique }) => ({
      params: { id: seed.note?.id ?? '' },
      body: { title: `Changed ${unique()}`, body: 'Other words.', tags: 'example', secret: '' },
    }),
    handler: ({ transaction, params, body, now }) =>
      transaction(async (tx) => {
        const row = await tx
          .updateTable('note')
          .set({ title: body.title, body: lines(body.body), secret: body.secret || null, updated_at: new Date(now) })
          .where('id', '=', params.id)
          .returning('id')
          .executeTakeFirst()
        if (row === undefined) return undefined
        await setTags(tx, row.id, parseTags(body.tags))
        return redirect(`/notes/${row.id}`)
      }),
  })

  app.post('/notes/:id/delete', {
    permission: 'note:write',
    schema: { params: Id, response: { 303: 'redirect' } },
    examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
    handler: async ({ db, params }) => {
      const row = await db.deleteFrom('note').where('id', '=', params.id).returning('id').executeTakeFirst()
      return row === undefined ? undefined : redirect('/')
    },
  })

  app.get('/notes/:id/share', {
    permission: 'note:write',
    schema: { params: Id, response: { 200: 'html' } },
    examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
    handler: async (context) => {
      const { db, params, principal } = context
      const row = await db
        .selectFrom('note')
        .select(['id', 'title'])
        .where('id', '=', params.id)
        .where('owner', '=', principal.accountId)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const others = (await context.members()).filter((member) => member.id !== principal.accountId)
      return shell(
        `Share ${row.title}`,
        '',
        html`<div><h1>Share a note</h1><p class="lead">“${row.title}” goes to one person of this workspace. You can take it back by deleting it.</p></div>
${
  others.length === 0
    ? html`<div class="card"><p>You are alone in this workspace. <a href="/account">Invite somebody</a> first.</p></div>`
    : html`<form class="card" method="post" action="/notes/${row.id}/share">
<div class="field"><label for="grantee">With whom</label><select id="grantee" name="grantee">${others.map((member) => html`<option value="${member.id}">${member.name}</option>`)}</select></div>
<div class="field"><span class="label">They may</span>
<label class="check"><input type="radio" name="access" value="read" checked> read it</label>
<label class="check"><input type="radio" name="access" value="write"> read and change it</label></div>
<div class="row"><button>Share</button><a href="/notes/${row.id}">Not now</a></div></form>`
}`,
      )
    },
  })

  app.post('/notes/:id/share', {
    permission: 'note:write',
    accepts: 'form',
    schema: {
      params: Id,
      body: Type.Object({
        grantee: Type.String({ format: 'uuid' }),
        access: Type.Union([Type.Literal('read'), Type.Literal('write')]),
      }),
      response: { 303: 'redirect' },
    },
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
}

const shell = (title: string, current: string, body: Html): Html =>
  page({ title, application: 'Notes', navigation, current, person: 'Account', body })

const noteForm = (
  action: string,
  values: { readonly title: string; readonly body: string; readonly tags: string; readonly secret: string },
  button: string,
): Html => html`<form class="card" method="post" action="${action}">
${field({ label: 'Title', name: 'title', value: values.title, maxLength: 200 })}
<div class="field"><label for="body">Words</label><textarea id="body" name="body" maxlength="20000">
${values.body}</textarea></div>
${field({ label: 'Tags', name: 'tags', value: values.tags, hint: 'With commas between them.', maxLength: 1000, required: false })}
${field({ label: 'Secret', name: 'secret', value: values.secret, hint: 'A door code, a recovery phrase: shown only when asked for.', maxLength: 200, required: false })}
<div class="row"><button>${button}</button><a href="/">Not now</a></div>
</form>`

const tagLinks = (tags: string): readonly Html[] =>
  tags
    .split(' ')
    .filter(Boolean)
    .map((tag) => html`<a class="tag" href="/?tag=${tag}">${tag}</a>`)

function pageLink(
  query: { readonly search?: string; readonly tag?: string; readonly sort?: string },
  number: number,
): string {
  const parameters = new URLSearchParams()
  if (query.search) parameters.set('search', query.search)
  if (query.tag) parameters.set('tag', query.tag)
  if (query.sort) parameters.set('sort', query.sort)
  parameters.set('page', String(number))
  return `/?${parameters}`
}

/** Browsers send the line ends of forms as CR LF. */
const lines = (text: string): string => text.replaceAll('\r\n', '\n')
const time = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

const SELECTED: Html = html` selected`
const SORT_NAMES: Readonly<Record<string, string>> = { recent: 'last change', oldest: 'first written', title: 'title' }
