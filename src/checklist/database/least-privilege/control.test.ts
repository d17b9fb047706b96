import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { column, defineBackend, table } from '../../../platform/declaration/index.ts'
import { control } from './control.ts'

const note = table(
  'note',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    owner: column.uuid().plain(),
    title: column.text({ max: 20 }).plain(),
    created_at: column.timestamp().plain().generated(),
  },
  { tenant: 'workspace', owner: 'owner' },
)
const definition = defineBackend({ name: 'my-notes', tables: [note], permissions: {}, roles: {}, routes() {} })

suite('least privilege, as statements', () => {
  test('makes roles that are nothing but a login, with limits', () => {
    assert.deepEqual(control.roleStatements(definition, 'runtime'), [
      'create role my_notes_runtime login nosuperuser nobypassrls nocreatedb nocreaterole noinherit noreplication',
      'alter role my_notes_runtime connection limit 60',
      'alter role my_notes_runtime set search_path = pg_catalog, app, pg_temp',
      "alter role my_notes_runtime set statement_timeout = '10s'",
      "alter role my_notes_runtime set idle_in_transaction_session_timeout = '15s'",
      "alter role my_notes_runtime set lock_timeout = '5s'",
    ])
  })

  test('gives replication to the backup role alone, and no way into the database', () => {
    assert.match(control.roleStatements(definition, 'backup')[0] ?? '', / replication$/)
    const [revoke, grant] = control.databaseStatements(definition, 'notes')
    assert.match(revoke ?? '', /^revoke all on database notes from public, /)
    assert.match(grant ?? '', /^grant connect on database notes to /)
    assert.doesNotMatch(grant ?? '', /backup/)
  })

  test('grants by column, and never a change of key, owner, tenant or what the database fills in', () => {
    assert.deepEqual(control.grantStatements(definition, note.definition).slice(1), [
      'grant select on app.note to my_notes_runtime, my_notes_readonly',
      'grant insert (id, workspace, owner, title) on app.note to my_notes_runtime',
      'grant update (title) on app.note to my_notes_runtime',
      'grant delete on app.note to my_notes_runtime',
    ])
  })

  test('has a policy for each command', () => {
    const created = control.policyStatements(definition, note.definition).filter((sql) => sql.startsWith('create'))
    assert.deepEqual(
      created.map((sql) => sql.split('\n')[0]),
      [
        'create policy note_select on app.note for select to my_notes_runtime, my_notes_readonly',
        'create policy note_insert on app.note for insert to my_notes_runtime',
        'create policy note_update on app.note for update to my_notes_runtime',
        'create policy note_delete on app.note for delete to my_notes_runtime',
      ],
    )
  })
})
