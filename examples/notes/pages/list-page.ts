import { html, shownTime, Type } from 'holdfast'
import { type Find, findNotes, PAGE_SIZE, type Sort } from '../notes.ts'
import type { NotesApp } from '../tables.ts'
import { namesOf, shell, tagLinks } from './shell.ts'

const Search = Type.String({ maxLength: 200 })
const Tag = Type.String({ maxLength: 40, pattern: '^([a-z0-9][a-z0-9-]*)?$' })

/** All notes one may see: searched, sorted, a page at a time. */
export function listPage(app: NotesApp): void {
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
    handler: async ({ db, query, principal, members }) => {
      const { search = '', tag = '', sort = 'recent', page = 1 } = query
      const rows = await findNotes(db, query)
      const shown = rows.slice(0, PAGE_SIZE)
      const nameOf = await namesOf(
        members,
        shown.some((row) => row.owner !== principal.accountId),
      )
      const narrowed = search !== '' || tag !== ''
      return shell(
        'Notes',
        '/',
        html`<div class="head"><div><h1>Notes</h1><p class="lead">Yours, and those others lent you.</p></div>
<a class="button" href="/notes/new">Write a note</a></div>
<form class="inline" method="get" action="/" role="search">
<div class="field grow"><label for="search">Search</label><input id="search" name="search" type="search" maxlength="200" value="${search}" placeholder="words, &quot;a phrase&quot;, -without"></div>
<div class="field"><label for="sort">Sorted by</label><select id="sort" name="sort">${SORT_NAMES.map(
          ([value, name]) => html`<option value="${value}"${sort === value ? SELECTED : null}>${name}</option>`,
        )}</select></div>
${tag === '' ? null : html`<input type="hidden" name="tag" value="${tag}">`}
<button class="quiet">Find</button></form>
${narrowed ? html`<p class="row"><span class="hint">${search === '' ? 'Notes' : html`Notes that fit “${search}”`}${tag === '' ? null : html` with the tag`}</span>${tag === '' ? null : html`<span class="tag">${tag}</span>`}<a href="/">Show all</a></p>` : null}
<div class="card flush">${
          shown.length === 0
            ? html`<div class="empty"><p>${narrowed ? 'No note fits.' : page > 1 ? 'There are no further notes.' : 'Nothing here yet. The first note is the hardest.'}</p>${narrowed || page > 1 ? html`<a class="button quiet" href="/">Show all notes</a>` : html`<a class="button quiet" href="/notes/new">Write a note</a>`}</div>`
            : html`<ul class="list">${shown.map(
                (row) => html`<li><div><a class="title" href="/notes/${row.id}">${row.title}</a>
<p class="meta"><span>${shownTime(row.updated_at)}</span>${row.owner === principal.accountId ? null : html`<span>from ${nameOf(row.owner)}</span>`}</p></div>
${tagLinks((row.tags ?? '').split(' ').filter(Boolean))}</li>`,
              )}</ul>`
        }</div>
<div class="row spread"><nav class="row" aria-label="Pages">${page > 1 ? html`<a class="button quiet small" href="${pageLink(query, page - 1)}">Back</a>` : null}${rows.length > PAGE_SIZE ? html`<a class="button quiet small" href="${pageLink(query, page + 1)}">Further</a>` : null}</nav>
${shown.length === 0 ? null : html`<a class="hint" href="/api/notes/export">Take them with you (CSV)</a>`}</div>`,
      )
    },
  })
}

function pageLink({ search, tag, sort }: Find, page: number): string {
  const parameters = new URLSearchParams()
  if (search) parameters.set('search', search)
  if (tag) parameters.set('tag', tag)
  if (sort) parameters.set('sort', sort)
  if (page > 1) parameters.set('page', String(page))
  return parameters.size === 0 ? '/' : `/?${parameters}`
}

const SELECTED = html` selected`
const SORT_NAMES = [
  ['recent', 'last change'],
  ['oldest', 'first written'],
  ['title', 'title'],
] as const satisfies readonly (readonly [Sort, string])[]
