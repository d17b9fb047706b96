import { type App, type BuiltInPermission, column, type DatabaseOf, table } from 'holdfast'

/** A note lies in a workspace, belongs to who wrote it, and can be lent to others of the workspace. */
export const note = table(
  'note',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    owner: column.uuid().plain(),
    title: column.text({ min: 1, max: 200 }).plain(),
    body: column.text({ max: 20_000, multiline: true }).plain().default(''),
    // Something to keep beside a note that is nobody else's business: a door code, a recovery phrase. Who is lent the note is
    // lent it too, and the page on which one lends says so.
    secret: column.text({ max: 200 }).sensitive().nullable(),
    created_at: column.timestamp().plain().generated(),
    updated_at: column.timestamp().plain().default('now'),
  },
  {
    tenant: 'workspace',
    owner: 'owner',
    sharedThrough: 'note_share',
    indexes: [
      `create index note_words on app.note using gin (to_tsvector('simple', title || ' ' || body))`,
      'create index note_recent on app.note (workspace, updated_at desc)',
    ],
  },
)

/** Follows its note: who sees the note sees its tags. */
export const noteTag = table(
  'note_tag',
  {
    note: column.uuid().primary(),
    tag: column
      .text({ min: 1, max: 40 })
      .primary()
      .plain()
      .matches(/^[a-z0-9][a-z0-9-]*$/),
  },
  { parent: { table: 'note', column: 'note' } },
)

export const tables = [note, noteTag] as const
export type Tables = DatabaseOf<typeof tables>

export const permissions = {
  'note:read': 'Read notes: one’s own and those one was given a share of',
  'note:write': 'Write, change, share and delete notes',
} as const

/** An auditor reads everything but what is nobody else's business. */
export const fields = {
  note: {
    owner: {},
    admin: {},
    member: {},
    auditor: {
      readable: ['id', 'workspace', 'owner', 'title', 'body', 'created_at', 'updated_at'],
      writable: [],
    },
  },
}

/** What routes are declared on: knows the tables and the permissions. */
export type NotesApp = App<Tables, keyof typeof permissions | BuiltInPermission>
