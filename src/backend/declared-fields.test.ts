import assert from 'node:assert/strict'
import { test } from 'node:test'
import { column, defineBackend, table } from '../platform/declaration/index.ts'
import { declaredFields } from './declared-fields.ts'

test('what roles read and write follows from the rules, inherited ones added up; an unnamed role has nothing', () => {
  const definition = defineBackend({
    name: 'test',
    tables: [table('note', { id: column.uuid().primary(), title: column.text({ max: 9 }).plain() })],
    permissions: {},
    roles: { reader: [], writer: { grants: [], inherits: ['reader'] } },
    fields: {
      note: { reader: { readable: ['id'], writable: [] }, writer: { readable: [], writable: ['title'] }, admin: {} },
    },
    migrations: '.',
    routes() {},
  })
  const { reader, writer, admin, owner } = declaredFields(definition).note ?? {}
  assert.deepEqual(reader, { readable: ['id'], writable: [] })
  assert.deepEqual(writer, { readable: ['id'], writable: ['title'] })
  assert.deepEqual(admin, { readable: ['id', 'title'], writable: ['id', 'title'] })
  assert.deepEqual(owner, { readable: [], writable: [] })
})
