import { fileURLToPath } from 'node:url'
import { defineBackend } from 'holdfast'
import { notesApi } from './api.ts'
import { navigation } from './pages/shell.ts'
import { notesPages } from './pages.ts'
import { fields, permissions, tables } from './tables.ts'

/** A small real application: workspaces, notes with owner and shares, tags, search, export. */
export default defineBackend({
  name: 'notes',
  title: 'Notes',
  tables,
  permissions,
  roles: { member: ['note:read', 'note:write'] },
  fields,
  migrations: fileURLToPath(new URL('./migrations', import.meta.url)),
  navigation,
  routes(app) {
    notesApi(app)
    notesPages(app)
  },
})
