import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'node:test'

/** An empty folder for each test of the suite it is called in, removed after it. */
export function temporaryFolder(): { readonly path: string } {
  const folder = { path: '' }
  beforeEach(async () => {
    folder.path = await mkdtemp(join(tmpdir(), 'holdfast-check-test-'))
  })
  afterEach(() => rm(folder.path, { recursive: true }))
  return folder
}
