import { answer, column, defineBackend, Type, table } from 'holdfast'

const task = table(
  'task',
  {
    id: column.uuid().primary(),
    team: column.uuid().plain(),
    owner: column.uuid().plain(),
    title: column.text({ min: 1, max: 200 }).plain(),
    done: column.boolean().plain().default(false),
  },
  { tenant: 'team', owner: 'owner' },
)

export default defineBackend({
  name: 'tasks',
  tables: [task],
  permissions: { 'task:read': 'Read one’s tasks', 'task:write': 'Write one’s tasks' },
  roles: { member: ['task:read', 'task:write'] },
  routes(app) {
    app.post('/tasks', {
      permission: 'task:write',
      schema: { body: task.insert('title'), response: { 201: task.schema('id') } },
      examples: ({ unique }) => ({ body: { title: `Task ${unique()}` } }),
      handler: async ({ db, body }) =>
        answer(201, await db.insertInto('task').values(body).returning('id').executeTakeFirstOrThrow()),
    })

    app.get('/tasks/:id', {
      permission: 'task:read',
      schema: {
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        response: { 200: task.schema('id', 'title', 'done') },
      },
      examples: ({ seed }) => ({ params: { id: seed.task?.id ?? '' } }),
      handler: ({ db, params }) =>
        db.selectFrom('task').select(['id', 'title', 'done']).where('id', '=', params.id).executeTakeFirst(),
    })
  },
})
