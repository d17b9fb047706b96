import { answer, column, defineBackend, Type, table } from 'holdfast'

const note = table(
  'note',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    owner: column.uuid().plain(),
    title: column.text({ max: 200 }).plain(),
    body: column.text({ max: 2000 }).plain(),
  },
  { tenant: 'workspace', owner: 'owner', sharedThrough: 'note_share' },
)

/** The routes that both contestants serve: one row in and out, and nothing at all. */
export default defineBackend({
  name: 'bench',
  tables: [note],
  permissions: { 'note:read': 'Read notes', 'note:write': 'Write notes' },
  roles: { member: ['note:read', 'note:write'] },
  migrations: new URL('./migrations', import.meta.url).pathname,
  routes(app) {
    app.get('/public', {
      public: true,
      schema: { response: { 200: Type.Object({ hello: Type.String({ maxLength: 10 }) }) } },
      handler: () => ({ hello: 'world' }),
    })
    app.get('/private', {
      permission: 'note:read',
      schema: { response: { 200: Type.Object({ hello: Type.String({ maxLength: 10 }) }) } },
      handler: () => ({ hello: 'world' }),
    })
    app.get('/notes/:id', {
      permission: 'note:read',
      schema: {
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        response: { 200: note.schema('id', 'title', 'body') },
      },
      handler: ({ db, params }) =>
        db.selectFrom('note').select(['id', 'title', 'body']).where('id', '=', params.id).executeTakeFirst(),
    })
    app.post('/notes', {
      permission: 'note:write',
      schema: { body: note.insert('title', 'body'), response: { 201: note.schema('id') } },
      handler: async ({ db, body }) =>
        answer(201, await db.insertInto('note').values(body).returning('id').executeTakeFirstOrThrow()),
    })
  },
})
