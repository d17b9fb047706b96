import { answer, column, defineBackend, html, minutes, page, Type, table } from '../src/index.ts'

/**
 * A legitimate application of the shapes that the notes example does not have: tables that belong to a tenant and nobody in it,
 * to somebody and no tenant, to neither, or follow such a one; field rules that leave owner and admin out; references between
 * them; a route that reads a header field. Whatever `check` says is broken here is a mistake of the check.
 */

/** Reference data: who is signed in reads it, scope `tenant` writes it. */
const country = table('country', {
  id: column.uuid().primary(),
  name: column.text({ min: 1, max: 60 }).plain(),
})

/** The tenant's. */
const board = table(
  'board',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    country: column.uuid().plain().references('country', 'id'),
    name: column.text({ min: 1, max: 60 }).plain(),
    budget: column.integer({ min: 0, max: 1_000_000 }).sensitive().nullable(),
  },
  { tenant: 'workspace' },
)

/** Follows its board, so it is the tenant's too. */
const step = table(
  'step',
  {
    id: column.uuid().primary(),
    board: column.uuid().plain(),
    words: column.text({ min: 1, max: 60 }).plain(),
  },
  { parent: { table: 'board', column: 'board' } },
)

/** Somebody's, wherever they are. */
const diary = table(
  'diary',
  {
    id: column.uuid().primary(),
    writer: column.uuid().plain(),
    words: column.text({ min: 1, max: 60 }).personal(),
    mood: column.text({ max: 10 }).plain().oneOf(['good', 'bad']).default('good'),
  },
  { owner: 'writer' },
)

/** Somebody's in a tenant, and about a board of it. */
const order = table(
  'order',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    buyer: column.uuid().plain(),
    board: column.uuid().plain().references('board', 'id'),
    amount: column.integer({ min: 1, max: 1000 }).plain(),
  },
  { tenant: 'workspace', owner: 'buyer' },
)

const Id = Type.Object({ id: Type.String({ format: 'uuid' }) })
const list = <T extends Parameters<typeof Type.Array>[0]>(items: T) => Type.Array(items, { maxItems: 100 })

export default defineBackend({
  name: 'shapes',
  title: 'Shapes',
  tables: [country, board, step, diary, order],
  permissions: {
    'country:read': 'See countries',
    'country:write': 'Change countries',
    'board:read': 'See boards',
    'board:write': 'Change boards',
    'board:check': 'Look a board over',
    'diary:read': 'Read diaries',
    'diary:write': 'Write diaries',
    'order:read': 'See orders',
    'order:write': 'Order',
  },
  roles: {
    member: ['country:read', 'board:read', 'board:check', 'diary:read', 'diary:write', 'order:read', 'order:write'],
    keeper: { grants: ['board:write@tenant', 'country:write@tenant', 'order:read@tenant'], inherits: ['member'] },
  },
  fields: {
    // Neither owner nor admin is named: they read and write nothing of it.
    board: { member: { readable: ['id', 'name', 'country'], writable: [] }, keeper: {} },
    // Who reads it all writes part of it, and the other way round.
    diary: {
      member: { writable: ['words'] },
      owner: { readable: ['id'], writable: [] },
      admin: { readable: [], writable: ['mood'] },
    },
  },
  routes(app) {
    app.get('/countries', {
      permission: 'country:read',
      schema: { response: { 200: list(country.schema('id', 'name')) } },
      examples: () => ({}),
      handler: ({ db }) => db.selectFrom('country').select(['id', 'name']).limit(100).execute(),
    })
    app.post('/countries', {
      permission: 'country:write',
      schema: { body: country.insert('name'), response: { 201: country.schema('id') } },
      examples: ({ unique }) => ({ body: { name: unique() } }),
      handler: async ({ db, body }) =>
        answer(201, await db.insertInto('country').values(body).returning('id').executeTakeFirstOrThrow()),
    })
    app.patch('/countries/:id', {
      permission: 'country:write',
      schema: { params: Id, body: country.patch('name'), response: { 204: 'empty' } },
      examples: ({ seed, unique }) => ({ params: { id: seed.country?.id ?? '' }, body: { name: unique() } }),
      handler: async ({ db, params, body }) => {
        const { numUpdatedRows } = await db
          .updateTable('country')
          .set(body)
          .where('id', '=', params.id)
          .executeTakeFirst()
        return numUpdatedRows === 0n ? undefined : answer(204)
      },
    })

    app.get('/boards', {
      permission: 'board:read',
      object: 'board',
      schema: { response: { 200: list(Type.Partial(board.schema('id', 'name', 'budget'))) } },
      examples: () => ({}),
      handler: ({ db }) => db.selectFrom('board').select(['id', 'name', 'budget']).limit(100).execute(),
    })
    app.get('/boards/:id', {
      permission: 'board:read',
      object: 'board',
      schema: { params: Id, response: { 200: Type.Partial(board.schema('id', 'name', 'budget', 'country')) } },
      examples: ({ seed }) => ({ params: { id: seed.board?.id ?? '' } }),
      handler: ({ db, params }) =>
        db
          .selectFrom('board')
          .select(['id', 'name', 'budget', 'country'])
          .where('id', '=', params.id)
          .executeTakeFirst(),
    })
    app.post('/boards', {
      permission: 'board:write',
      object: 'board',
      schema: { body: board.insert('name', 'budget', 'country'), response: { 201: Type.Partial(board.schema('id')) } },
      examples: ({ seed, unique }) => ({ body: { name: unique(), budget: 5, country: seed.country?.id ?? '' } }),
      handler: async ({ db, body }) =>
        answer(201, await db.insertInto('board').values(body).returning('id').executeTakeFirstOrThrow()),
    })
    app.patch('/boards/:id', {
      permission: 'board:write',
      object: 'board',
      schema: {
        params: Id,
        headers: Type.Object({ 'x-reason': Type.String({ minLength: 1, maxLength: 40, pattern: '^[a-z0-9 ]+$' }) }),
        body: board.patch('name', 'budget'),
        response: { 204: 'empty' },
      },
      examples: ({ seed, unique }) => ({
        params: { id: seed.board?.id ?? '' },
        headers: { 'x-reason': 'a better name' },
        body: { name: unique() },
      }),
      handler: async ({ db, params, body }) => {
        const { numUpdatedRows } = await db
          .updateTable('board')
          .set(body)
          .where('id', '=', params.id)
          .executeTakeFirst()
        return numUpdatedRows === 0n ? undefined : answer(204)
      },
    })
    // Orders refer to boards, so that most can't go: whoever may remove one is told of a conflict.
    app.delete('/boards/:id', {
      permission: 'board:write',
      schema: { params: Id, response: { 204: 'empty' } },
      examples: ({ seed }) => ({ params: { id: seed.board?.id ?? '' } }),
      handler: async ({ db, params }) => {
        const { numDeletedRows } = await db.deleteFrom('board').where('id', '=', params.id).executeTakeFirst()
        return numDeletedRows === 0n ? undefined : answer(204)
      },
    })
    // About a board, and its body holds no column of it: no rule speaks against anybody.
    app.post('/boards/:id/checks', {
      permission: 'board:check',
      object: 'board',
      schema: {
        params: Id,
        body: Type.Object({ remark: Type.String({ minLength: 1, maxLength: 40 }) }),
        response: { 204: 'empty' },
      },
      examples: ({ seed, unique }) => ({ params: { id: seed.board?.id ?? '' }, body: { remark: unique() } }),
      handler: async ({ db, params }) =>
        (await db.selectFrom('board').select('id').where('id', '=', params.id).executeTakeFirst()) === undefined
          ? undefined
          : answer(204),
    })
    app.post('/boards/:id/steps', {
      permission: 'board:write',
      schema: { params: Id, body: step.insert('words'), response: { 201: step.schema('id') } },
      examples: ({ seed, unique }) => ({ params: { id: seed.board?.id ?? '' }, body: { words: unique() } }),
      handler: async ({ db, params, body }) => {
        const found = await db.selectFrom('board').select('id').where('id', '=', params.id).executeTakeFirst()
        if (found === undefined) return undefined
        const row = { ...body, board: params.id }
        return answer(201, await db.insertInto('step').values(row).returning('id').executeTakeFirstOrThrow())
      },
    })
    app.get('/steps/:id', {
      permission: 'board:read',
      schema: { params: Id, response: { 200: step.schema('id', 'words') } },
      examples: ({ seed }) => ({ params: { id: seed.step?.id ?? '' } }),
      handler: ({ db, params }) =>
        db.selectFrom('step').select(['id', 'words']).where('id', '=', params.id).executeTakeFirst(),
    })

    // Without an object: the rules about boards are not asked, and the query leaves out what is not for everybody.
    app.get('/wall', {
      permission: 'board:read',
      schema: { response: { 200: 'html' } },
      examples: () => ({}),
      handler: async ({ db }) => {
        const boards = await db.selectFrom('board').select('name').orderBy('name').limit(100).execute()
        return page({
          title: 'Wall',
          application: 'Shapes',
          navigation: [],
          current: '/wall',
          body: html`<ul>${boards.map(({ name }) => html`<li>${name}</li>`)}</ul>`,
        })
      },
    })

    app.get('/diary', {
      permission: 'diary:read',
      object: 'diary',
      schema: { response: { 200: list(Type.Partial(diary.schema('id', 'words', 'mood'))) } },
      examples: () => ({}),
      handler: ({ db }) => db.selectFrom('diary').select(['id', 'words', 'mood']).limit(100).execute(),
    })
    app.post('/diary', {
      permission: 'diary:write',
      object: 'diary',
      schema: { body: diary.insert('words'), response: { 201: Type.Partial(diary.schema('id')) } },
      examples: ({ unique }) => ({ body: { words: unique() } }),
      handler: async ({ db, body }) =>
        answer(201, await db.insertInto('diary').values(body).returning('id').executeTakeFirstOrThrow()),
    })
    app.patch('/diary/:id', {
      permission: 'diary:write',
      object: 'diary',
      schema: { params: Id, body: diary.patch('words', 'mood'), response: { 204: 'empty' } },
      examples: ({ seed }) => ({ params: { id: seed.diary?.id ?? '' }, body: { mood: 'bad' } }),
      handler: async ({ db, params, body }) => {
        const { numUpdatedRows } = await db
          .updateTable('diary')
          .set(body)
          .where('id', '=', params.id)
          .executeTakeFirst()
        return numUpdatedRows === 0n ? undefined : answer(204)
      },
    })
    app.delete('/diary/:id', {
      permission: 'diary:write',
      stepUp: { within: minutes(5), assurance: 2 },
      schema: { params: Id, response: { 204: 'empty' } },
      examples: ({ seed }) => ({ params: { id: seed.diary?.id ?? '' } }),
      handler: async ({ db, params }) => {
        const { numDeletedRows } = await db.deleteFrom('diary').where('id', '=', params.id).executeTakeFirst()
        return numDeletedRows === 0n ? undefined : answer(204)
      },
    })

    app.post('/orders', {
      permission: 'order:write',
      schema: { body: order.insert('board', 'amount'), response: { 201: order.schema('id') } },
      examples: ({ seed }) => ({ body: { board: seed.board?.id ?? '', amount: 2 } }),
      handler: async ({ db, body }) =>
        answer(201, await db.insertInto('order').values(body).returning('id').executeTakeFirstOrThrow()),
    })
    app.get('/orders/:id', {
      permission: 'order:read',
      schema: { params: Id, response: { 200: order.schema('id', 'board', 'amount') } },
      examples: ({ seed }) => ({ params: { id: seed.order?.id ?? '' } }),
      handler: ({ db, params }) =>
        db.selectFrom('order').select(['id', 'board', 'amount']).where('id', '=', params.id).executeTakeFirst(),
    })
  },
})
