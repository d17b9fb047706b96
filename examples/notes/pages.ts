import { listPage } from './pages/list-page.ts'
import { notePages } from './pages/note-pages.ts'
import { sharePages } from './pages/share-pages.ts'
import { writePages } from './pages/write-pages.ts'
import type { NotesApp } from './tables.ts'

/** Notes as pages: they work without script. */
export function notesPages(app: NotesApp): void {
  listPage(app)
  writePages(app)
  notePages(app)
  sharePages(app)
}
