import type { Insertable, Selectable, Updateable } from 'kysely'
import { minutes } from '../../kernel/time.ts'
import { answer, column, type DatabaseOf, defineBackend, type Static, Type, table } from './index.ts'

// What the declaration lets the compiler know. `tsc` checks this file; nothing runs it.

const note = table(
  'note',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    owner: column.uuid().plain(),
    title: column.text({ max: 200 }).plain(),
    body: column.text({ max: 20_000, multiline: true }).personal().nullable(),
    state: column.text({ max: 10 }).plain().oneOf(['open', 'done']).default('open'),
    created_at: column.timestamp().plain().generated(),
  },
  { tenant: 'workspace', owner: 'owner', sharedThrough: 'note_share' },
)
const tag = table(
  'tag',
  { note: column.uuid().primary(), word: column.text({ max: 40 }).primary() },
  { parent: { table: 'note', column: 'note' } },
)

type Database = DatabaseOf<[typeof note, typeof tag]>
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <T extends true>(): T => true as T

holds<
  Equal<
    Selectable<Database['note']>,
    {
      id: string
      workspace: string
      owner: string
      title: string
      body: string | null
      state: 'open' | 'done'
      created_at: Date
    }
  >
>()
holds<Equal<Selectable<Database['note_share']>['access'], 'read' | 'write'>>()
holds<
  Equal<keyof Selectable<Database['note_share']>, 'note' | 'workspace' | 'owner' | 'grantee' | 'access' | 'created_at'>
>()

const least: Insertable<Database['note']> = { title: 'a' }
const most: Insertable<Database['note']> = { id: '', title: 'a', body: null, state: 'done', owner: '', workspace: '' }
// @ts-expect-error a title is needed
const untitled: Insertable<Database['note']> = {}
// @ts-expect-error the database fills it in
const dated: Insertable<Database['note']> = { title: 'a', created_at: new Date() }
// @ts-expect-error not one of the values
const odd: Insertable<Database['note']> = { title: 'a', state: 'lost' }
const share: Insertable<Database['note_share']> = { note: '', grantee: '', access: 'read' }
const tagged: Insertable<Database['tag']> = { note: '', word: 'x' }
// @ts-expect-error a child names its parent
const loose: Insertable<Database['tag']> = { word: 'x' }

const change: Updateable<Database['note']> = { title: 'b', body: null }
// @ts-expect-error a row never changes hands
const handed: Updateable<Database['note']> = { owner: '' }
// @ts-expect-error a row never changes its tenant
const moved: Updateable<Database['note']> = { workspace: '' }
// @ts-expect-error a row keeps its id
const renamed: Updateable<Database['note']> = { id: '' }

export { change, dated, handed, least, loose, most, moved, odd, renamed, share, tagged, untitled }

const read = note.schema('id', 'state', 'created_at')
holds<Equal<Static<typeof read>, { id: string; state: 'open' | 'done'; created_at: Date | string }>>()
const made = note.insert('title', 'body')
holds<Equal<Static<typeof made>, { title: string; body?: string | null }>>()
const patched = note.patch('title')
holds<Equal<Static<typeof patched>, { title?: string }>>()
// @ts-expect-error requests do not say whose it is
note.insert('owner')
// @ts-expect-error requests do not say when it was made
note.insert('created_at')
// @ts-expect-error ids stay
note.patch('id')
// @ts-expect-error no such column
note.schema('colour')
// @ts-expect-error no such column
table('x', { id: column.uuid().primary() }, { owner: 'owner' })
// @ts-expect-error a moment is no number
column.timestamp().default(0)

defineBackend({
  name: 'notes',
  tables: [note, tag],
  permissions: { 'note:read': 'Read notes', 'note:write': 'Write notes' },
  roles: {
    member: ['note:read', 'note:write@tenant', 'user:read@all'],
    guest: { grants: ['note:read'], inherits: ['member'] },
  },
  routes(app) {
    app.get('/notes/:id', {
      permission: 'note:read',
      schema: {
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        query: Type.Object({ page: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })) }),
        response: { 200: note.schema('id', 'title', 'body') },
      },
      examples: ({ seed }) => ({ params: { id: seed.note?.id ?? '' } }),
      handler: ({ params, query, principal, db }) => {
        holds<Equal<typeof params, { id: string }>>()
        holds<Equal<typeof query, { page?: number }>>()
        principal.accountId satisfies string
        return db.selectFrom('note').select(['id', 'title', 'body']).where('id', '=', params.id).executeTakeFirst()
      },
    })
    app.get('/wrong-column', {
      permission: 'note:read',
      schema: { response: { 200: note.schema('id') } },
      // @ts-expect-error no such column
      handler: ({ db }) => db.selectFrom('note').select(['id', 'colour']).executeTakeFirst(),
    })
    app.get('/wrong-result', {
      permission: 'note:read',
      schema: { response: { 200: note.schema('id', 'title') } },
      // @ts-expect-error the reply's title is missing
      handler: ({ db }) => db.selectFrom('note').select(['id']).executeTakeFirst(),
    })
    app.get('/unknown-permission', {
      // @ts-expect-error no such permission
      permission: 'note:erase',
      schema: { response: { 204: 'empty' } },
      handler: () => answer(204),
    })
    // @ts-expect-error says nothing about access
    app.get('/no-access', { schema: { response: { 204: 'empty' } }, handler: () => answer(204) })
    const done = { schema: { response: { 204: 'empty' } }, handler: () => answer(204) } as const
    app.put('/recent', { signedIn: true, stepUp: minutes(5), ...done })
    app.put('/two', { permission: 'note:write', stepUp: { within: minutes(5), assurance: 2 }, ...done })
    // @ts-expect-error one factor is what everybody has
    app.put('/one', { signedIn: true, stepUp: { within: minutes(5), assurance: 1 }, ...done })
    // @ts-expect-error says not how recent
    app.put('/ever', { signedIn: true, stepUp: { assurance: 2 }, ...done })
    app.get('/open', {
      public: true,
      schema: { response: { 200: 'text' } },
      handler: ({ principal }) => {
        // @ts-expect-error on a public route there may be nobody
        principal.accountId
        return principal?.accountId ?? 'nobody'
      },
    })
    app.post('/notes', {
      permission: 'note:write',
      schema: { body: note.insert('title', 'body'), response: { 201: note.schema('id', 'state'), 303: 'redirect' } },
      handler: async ({ body, db }) => {
        holds<Equal<typeof body, { title: string; body?: string | null }>>()
        const row = await db.insertInto('note').values(body).returning(['id', 'state']).executeTakeFirstOrThrow()
        return answer(201, row)
      },
    })
    app.post('/undeclared-status', {
      permission: 'role:manage',
      schema: { response: { 201: note.schema('id') } },
      // @ts-expect-error 202 is not declared
      handler: () => answer(202, { id: '' }),
    })
    app.delete('/literal', {
      signedIn: true,
      schema: { response: { 200: Type.Object({ access: Type.Enum(['read', 'write']) }) } },
      handler: async ({ db }) => db.selectFrom('note_share').select('access').executeTakeFirst(),
    })
    app.get('/no-body', {
      signedIn: true,
      schema: { response: { 200: Type.Object({ length: Type.Integer() }) } },
      handler: ({ body }) => {
        holds<Equal<typeof body, undefined>>()
        return undefined
      },
    })
  },
})

defineBackend({
  name: 'wrong',
  tables: [],
  permissions: { 'note:read': 'Read notes' },
  // @ts-expect-error grants what is not declared
  roles: { member: ['note:erase'] },
  routes() {},
})
