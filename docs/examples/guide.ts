/** The code that docs/declaration.md quotes, part by part, as one backend. */
import { fileURLToPath } from 'node:url'
import {
  type App,
  answer,
  type BuiltInPermission,
  Csv,
  column,
  type DatabaseOf,
  defineBackend,
  html,
  minutes,
  page,
  Refusal,
  redirect,
  Type,
  table,
} from 'holdfast'

// #region tables
const project = table(
  'project',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    owner: column.uuid().plain(),
    name: column.text({ min: 1, max: 100 }).plain(),
    state: column.text({ max: 10 }).plain().oneOf(['open', 'closed']).default('open'),
    budget: column.integer({ min: 0, max: 1_000_000 }).plain().nullable(),
    contact: column.text({ max: 254 }).personal().nullable(),
    created_at: column.timestamp().plain().generated(),
  },
  {
    tenant: 'workspace',
    owner: 'owner',
    sharedThrough: 'project_share',
    indexes: ['create index project_recent on app.project (workspace, created_at desc)'],
  },
)

const milestone = table(
  'milestone',
  {
    id: column.uuid().primary(),
    project: column.uuid().plain(),
    title: column.text({ min: 1, max: 200 }).plain(),
    due: column.date().plain(),
  },
  { parent: { table: 'project', column: 'project' } },
)
// #endregion

// #region types
const tables = [project, milestone] as const

const permissions = {
  'project:read': 'Read projects: one’s own and those one was given a share of',
  'project:write': 'Write, change, share and delete projects',
  'project:close': 'Close projects',
} as const

type Tables = DatabaseOf<typeof tables>
type ProjectsApp = App<Tables, keyof typeof permissions | BuiltInPermission>
// #endregion

const Id = Type.Object({ id: Type.String({ format: 'uuid' }) })

function read(app: ProjectsApp): void {
  // #region read
  app.get('/projects/:id', {
    permission: 'project:read',
    schema: {
      params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
      response: { 200: project.schema('id', 'name', 'state', 'created_at') },
    },
    examples: ({ seed }) => ({ params: { id: seed.project?.id ?? '' } }),
    handler: ({ db, params }) =>
      db
        .selectFrom('project')
        .select(['id', 'name', 'state', 'created_at'])
        .where('id', '=', params.id)
        .executeTakeFirst(),
  })
  // #endregion
}

function write(app: ProjectsApp): void {
  // #region write
  app.post('/projects', {
    permission: 'project:write',
    schema: {
      body: Type.Object({
        ...project.insert('name', 'budget', 'contact').properties,
        milestones: Type.Array(milestone.insert('title', 'due'), { maxItems: 50 }),
      }),
      response: { 201: project.schema('id') },
    },
    examples: ({ unique }) => ({
      body: { name: `Project ${unique()}`, milestones: [{ title: 'Begin', due: '2027-01-31' }] },
    }),
    handler: ({ transaction, body: { milestones, ...fields } }) =>
      transaction(async (tx) => {
        const row = await tx.insertInto('project').values(fields).returning('id').executeTakeFirstOrThrow()
        for (const each of milestones) {
          await tx
            .insertInto('milestone')
            .values({ ...each, project: row.id })
            .execute()
        }
        return answer(201, row)
      }),
  })
  // #endregion

  app.patch('/projects/:id', {
    permission: 'project:write',
    schema: { params: Id, body: project.patch('name', 'budget', 'contact'), response: { 204: 'empty' } },
    examples: ({ seed, unique }) => ({ params: { id: seed.project?.id ?? '' }, body: { name: `Other ${unique()}` } }),
    handler: async ({ db, params, body }) => {
      const row = await db
        .updateTable('project')
        .set(body)
        .where('id', '=', params.id)
        .returning('id')
        .executeTakeFirst()
      return row === undefined ? undefined : answer(204)
    },
  })
}

function close(app: ProjectsApp): void {
  // #region refusal
  app.post('/projects/:id/closing', {
    permission: 'project:close',
    stepUp: minutes(5),
    schema: { params: Id, response: { 204: 'empty' } },
    examples: ({ seed }) => ({ params: { id: seed.project?.id ?? '' } }),
    handler: ({ transaction, params }) =>
      transaction(async (tx) => {
        const row = await tx
          .selectFrom('project')
          .select('state')
          .where('id', '=', params.id)
          .forUpdate()
          .executeTakeFirst()
        if (row === undefined) return undefined
        if (row.state === 'closed') throw new Refusal('conflict', 'The project is closed already')
        await tx.updateTable('project').set({ state: 'closed' }).where('id', '=', params.id).execute()
        return answer(204)
      }),
  })
  // #endregion
}

function share(app: ProjectsApp): void {
  // #region share
  app.put('/projects/:id/shares/:account', {
    permission: 'project:write',
    schema: {
      params: Type.Object({ id: Type.String({ format: 'uuid' }), account: Type.String({ format: 'uuid' }) }),
      body: Type.Object({ access: Type.Union([Type.Literal('read'), Type.Literal('write')]) }),
      response: { 204: 'empty' },
    },
    examples: ({ seed, other }) => ({
      params: { id: seed.project?.id ?? '', account: other.accountId },
      body: { access: 'read' },
    }),
    handler: ({ transaction, principal, params, body }) =>
      transaction(async (tx) => {
        const owned = await tx
          .selectFrom('project')
          .select('id')
          .where('id', '=', params.id)
          .where('owner', '=', principal.accountId)
          .executeTakeFirst()
        if (owned === undefined) return undefined
        await tx
          .deleteFrom('project_share')
          .where('project', '=', params.id)
          .where('grantee', '=', params.account)
          .execute()
        await tx
          .insertInto('project_share')
          .values({ project: params.id, grantee: params.account, access: body.access })
          .execute()
        return answer(204)
      }),
  })
  // #endregion
}

function pages(app: ProjectsApp): void {
  // #region page
  app.get('/projects', {
    permission: 'project:read',
    schema: { response: { 200: 'html' } },
    examples: () => ({}),
    handler: async ({ db }) => {
      const rows = await db.selectFrom('project').select('name').orderBy('name').limit(100).execute()
      return page({
        title: 'Projects',
        application: 'Projects',
        navigation: [{ href: '/projects', label: 'Projects' }],
        current: '/projects',
        body: html`<h1>Projects</h1><ul>${rows.map(({ name }) => html`<li>${name}</li>`)}</ul>`,
      })
    },
  })

  app.get('/projects/export', {
    permission: 'project:read',
    schema: { response: { 200: 'csv' } },
    examples: () => ({}),
    handler: async ({ db }) => {
      const rows = await db.selectFrom('project').select(['name', 'state']).orderBy('name').limit(10_000).execute()
      return new Csv(
        'projects.csv',
        ['name', 'state'],
        rows.map((row) => [row.name, row.state]),
      )
    },
  })

  app.post('/projects/form', {
    permission: 'project:write',
    accepts: 'form',
    schema: { body: project.insert('name'), response: { 303: 'redirect' } },
    examples: ({ unique }) => ({ body: { name: `Project ${unique()}` } }),
    handler: async ({ db, body }) => {
      await db.insertInto('project').values(body).execute()
      return redirect('/projects')
    },
  })
  // #endregion
}

function finances(app: ProjectsApp): void {
  // #region object
  app.get('/projects/:id/finances', {
    permission: 'project:read',
    object: 'project',
    schema: { params: Id, response: { 200: Type.Partial(project.schema('name', 'budget')) } },
    examples: ({ seed }) => ({ params: { id: seed.project?.id ?? '' } }),
    handler: ({ db, params }) =>
      db.selectFrom('project').select(['name', 'budget']).where('id', '=', params.id).executeTakeFirst(),
  })
  // #endregion
}

// #region fields
const fields = {
  project: {
    member: { readable: ['id', 'name', 'state'], writable: ['name'] },
    lead: {},
    owner: {},
  },
}
// #endregion

// #region backend
export default defineBackend({
  name: 'projects',
  title: 'Projects',
  tables,
  permissions,
  roles: {
    member: ['project:read', 'project:write'],
    lead: { grants: ['project:read@tenant', 'project:close@tenant'], inherits: ['member'] },
  },
  fields,
  signUp: 'open',
  migrations: fileURLToPath(new URL('./migrations', import.meta.url)),
  navigation: [{ href: '/projects', label: 'Projects' }],
  routes(app) {
    read(app)
    write(app)
    close(app)
    share(app)
    pages(app)
    finances(app)
  },
})
// #endregion
