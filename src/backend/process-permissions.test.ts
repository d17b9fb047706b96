import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { processPermissions } from './process-permissions.ts'

suite('what the server process may read', () => {
  let folder: string
  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-permissions-')))
    for (const path of ['app', 'shared/node_modules', 'app/.holdfast', 'elsewhere', 'app/var/state'])
      await mkdir(join(folder, path), { recursive: true })
    await writeFile(join(folder, 'app', 'backend.ts'), '')
    await symlink(join(folder, 'shared/node_modules'), join(folder, 'app/node_modules'))
    await symlink(join(folder, 'elsewhere'), join(folder, 'app/link'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const read = (state: string): readonly string[] =>
    processPermissions(join(folder, 'app', 'backend.ts'), join(folder, state), [])
      .flatMap((flag) => (flag.startsWith('--allow-fs-read=') ? flag.slice('--allow-fs-read='.length) : []))
      .filter((path) => path.startsWith(folder))
      .map((path) => path.slice(folder.length + 1))
      .sort()

  test('holds the packages where they really are, and nothing else that a link leads to', () =>
    assert.deepEqual(read('app/.holdfast'), [
      'app/backend.ts',
      'app/link',
      'app/node_modules',
      'app/var',
      'shared/node_modules',
    ]))

  test('is never what the state directory lies in', () => {
    assert.deepEqual(read('app/var/state').includes('app/var'), false)
    assert.deepEqual(read('shared/node_modules/state').includes('shared/node_modules'), false)
  })
})
