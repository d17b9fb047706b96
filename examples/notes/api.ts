import { answer, Csv, Type } from 'holdfast'
import { endShare, findNotes, PAGE_SIZE, setTags, shareNote, tagsOf } from './notes.ts'
import { type NotesApp, note } from './tables.ts'

const Id = Type.Object({ id: Type.String({ format: 'uuid' }) })
const Tag = Type.String({ minLength: 1, maxLength: 40, pattern: '^[a-z0-9][a-z0-9-]*$' })
const Tags = Type.Array(Tag, { maxItems: 20 })
const Listed = Type.Object({
  notes: Type.Array(
    Type.Object({
      id: Type.String({ format: 'uuid' }),
      title: Type.String({ maxLength: 200 }),
      tags: Type.Array(Type.String({ maxLength: 40 }), { maxItems: 20 }),
      mine: Type.Boolean(),
      updatedAt: Type.String({ format: 'date-time' }),
    }),
    { maxItems: PAGE_SIZE },
  ),
  more: Type.Boolean(),
})
const Whole = Type.Object({
  id: Type.String({ format: 'uuid' }),
  title: Type.String({ maxLength: 200 }),
  body: Type.String({ maxLength: 20_000 }),
  secret: Type.Optional(Type.Union([Type.String({ maxLength: 200 }), Type.Null()])),
  tags: Type.Array(Type.String({ maxLength: 40 }), { maxItems: 20 }),
  mine: Type.Boolean(),
  updatedAt: Type.String({ format: 'date-time' }),
})

/** Notes as JSON. */
export function notesApi(app: NotesApp): void {
  app.get('/api/notes', {
    permission: 'note:read',
    schema: {
      query: Type.Object({
        search: Type.Optional(Type.String({ maxLength: 200 })),
        tag: Type.Optional(Tag),
        sort: Type.Optional(Type.Union([Type.Literal('recent'), Type.Literal('oldest'), Type.Literal('title')])),
        page: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
      }),
      response: { 200: Listed },
    },
    examples: () => ({ query: { search: 'lantern', sort: 'title', page: '1' } }),
    handler: async ({ db, query, principal }) => {
      const rows = await findNotes(db, query)
      return {
        notes: rows.slice(0, PAGE_SIZE).map((row) => ({
          id: row.id,
          title: row.title,
          tags: (row.tags ?? '').split(' ').filter(Boolean),
          mine: row.owner === principal.accountId,
          updatedAt: row.updated_at.toISOString(),
        })),
        more: rows.length > PAGE_SIZE,
      }
    },
  })

  app.post('/api/notes', {
    permission: 'note:write',
    object: 'note',
    maxBody: MAX_BODY,
    schema: {
      body: Type.Object({ ...note.insert('title', 'body', 'secret').properties, tags: Type.Optional(Tags) }),
      response: { 201: note.schema('id') },
    },
    examples: ({ unique }) => ({ body: { title: `Note ${unique()}`, body: 'Words.', tags: ['example'] } }),
    handler: async ({ transaction, body }) => {
      const { tags = [], ...fields } = body
      return transaction(async (tx) => {
        const row = await tx.insertInto('note').values(fields).returning('id').executeTakeFirstOrThrow()
        await setTags(tx, row.id, tags)
        return answer(201, row)
      })
    },
  })

  app.post('/api/notes/import', {
    permission: 'note:write',
    object: 'note',
    maxBody: MAX_BODY,
    schema: {
      body: Type.Object({
        notes: Type.Array(Type.Object({ ...note.insert('title', 'body').properties, tags: Type.Optional(Tags) }), {
          minItems: 1,
          maxItems: PAGE_SIZE,
        }),
      }),
      response: { 201: Type.Object({ notes: Type.Array(note.schema('id'), { maxItems: PAGE_SIZE }) }) },
    },
    examples: ({ unique }) => ({ body: { notes: [{ title: `Note ${unique()}`, body: 'Words.', tags: ['example'] }] } }),
    handler: ({ transaction, body }) =>
      transaction(async (tx) => {
        const notes: { id: string }[] = []
        for (const { tags = [], ...fields } of body.notes) {
          const row = await tx.insertInto('note').values(fields).returning('id').executeTakeFirstOrThrow()
          await setTags(tx, row.id, tags)
          notes.push(row)
        }
        return answer(201, { notes })
      }),
  })

  app.get('/api/notes/export', {
    permission: 'note:read',
    schema: { response: { 200: 'csv' } },
    examples: () => ({}),
    handler: async ({ db }) => {
      const rows = await db
        .selectFrom('note')
        .select(['title', 'body', 'created_at', 'updated_at'])
        .orderBy('created_at')
        .orderBy('id')
        .limit(10_000)
        .execute()
      return new Csv(
        'notes.csv',
        ['title', 'body', 'created', 'changed'],
        rows.map((row) => [row.title, row.body, row.created_at.toISOString(), row.updated_at.toISOString()]),
      )
    },
  })

  app.get('/api/notes/:id', {
    permission: 'note:read',
    object: 'note',
    schema: { params: Id, response: { 200: Whole } },
    examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
    handler: async ({ db, params, principal }) => {
      const [row, tags] = await Promise.all([
        db
          .selectFrom('note')
          .select(['id', 'title', 'body', 'secret', 'owner', 'updated_at'])
          .where('id', '=', params.id)
          .executeTakeFirst(),
        tagsOf(db, params.id),
      ])
      if (row === undefined) return undefined
      const { owner, updated_at, ...rest } = row
      return { ...rest, tags, mine: owner === principal.accountId, updatedAt: updated_at.toISOString() }
    },
  })

  app.patch('/api/notes/:id', {
    permission: 'note:write',
    object: 'note',
    maxBody: MAX_BODY,
    schema: {
      params: Id,
      body: note.patch('title', 'body', 'secret'),
      response: { 204: 'empty' },
    },
    examples: ({ seed, unique }) => ({ params: { id: seed.note?.id ?? '' }, body: { title: `Changed ${unique()}` } }),
    handler: async ({ db, params, body, now }) => {
      const row = await db
        .updateTable('note')
        .set({ ...body, updated_at: new Date(now) })
        .where('id', '=', params.id)
        .returning('id')
        .executeTakeFirst()
      return row === undefined ? undefined : answer(204)
    },
  })

  app.put('/api/notes/:id/tags', {
    permission: 'note:write',
    schema: { params: Id, body: Type.Object({ tags: Tags }), response: { 204: 'empty' } },
    examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' }, body: { tags: ['example', 'again'] } }),
    handler: ({ transaction, params, body, now }) =>
      transaction(async (tx) => {
        const row = await tx
          .updateTable('note')
          .set({ updated_at: new Date(now) })
          .where('id', '=', params.id)
          .returning('id')
          .executeTakeFirst()
        if (row === undefined) return undefined
        await setTags(tx, params.id, body.tags)
        return answer(204)
      }),
  })

  app.delete('/api/notes/:id', {
    permission: 'note:write',
    schema: { params: Id, response: { 204: 'empty' } },
    examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
    handler: async ({ db, params }) => {
      const row = await db.deleteFrom('note').where('id', '=', params.id).returning('id').executeTakeFirst()
      return row === undefined ? undefined : answer(204)
    },
  })

  app.put('/api/notes/:id/shares/:account', {
    permission: 'note:write',
    schema: {
      params: Type.Object({ id: Type.String({ format: 'uuid' }), account: Type.String({ format: 'uuid' }) }),
      body: Type.Object({ access: Type.Union([Type.Literal('read'), Type.Literal('write')]) }),
      response: { 204: 'empty' },
    },
    examples: ({ seed, other }) => ({
      params: { id: seed.note?.id ?? '', account: other.accountId },
      body: { access: 'read' },
    }),
    handler: ({ transaction, principal, params, body }) =>
      transaction(async (tx) =>
        (await shareNote(tx, { note: params.id, by: principal.accountId, grantee: params.account, ...body }))
          ? answer(204)
          : undefined,
      ),
  })

  app.delete('/api/notes/:id/shares/:account', {
    permission: 'note:write',
    schema: {
      params: Type.Object({ id: Type.String({ format: 'uuid' }), account: Type.String({ format: 'uuid' }) }),
      response: { 204: 'empty' },
    },
    onlyRefusals: 'needs a share that was given before',
    examples: ({ seed, other }) => ({ params: { id: seed.note?.id ?? '', account: other.accountId } }),
    handler: async ({ db, params }) => ((await endShare(db, params.id, params.account)) ? answer(204) : undefined),
  })
}

/** Bytes: 20,000 characters take up to twelve each in JSON, escapes included. */
const MAX_BODY = 262_144
