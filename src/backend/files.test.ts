import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { filesBelow } from './files.ts'

suite('the files below a folder', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'files-test-'))
    await mkdir(join(directory, 'keys'), { mode: 0o700 })
    await writeFile(join(directory, 'keys', 'server.json'), '{}')
    await chmod(join(directory, 'keys', 'server.json'), 0o640)
  })
  afterEach(() => rm(directory, { recursive: true }))

  test('are listed with it, with their modes', async () => {
    const found = (await filesBelow(directory)).map(({ path, mode, directory: folder }) => [
      relative(directory, path),
      mode.toString(8),
      folder,
    ])
    assert.deepEqual(found.sort(), [
      ['', '700', true],
      ['keys', '700', true],
      ['keys/server.json', '640', false],
    ])
  })

  test('leave out what has vanished', async () => {
    await symlink('nowhere', join(directory, 'gone'))
    assert.equal((await filesBelow(directory)).length, 3)
  })

  test('are not told when one can not be looked at, which is named', async () => {
    await symlink('loop', join(directory, 'loop'))
    await assert.rejects(filesBelow(directory), {
      name: 'Unproved',
      message: `${join(directory, 'loop')} can not be looked at (ELOOP)`,
    })
  })

  test('are not told of a folder that is none', async () => {
    await assert.rejects(filesBelow(join(directory, 'nowhere')), {
      name: 'Unproved',
      message: `${join(directory, 'nowhere')} can not be looked at (ENOENT)`,
    })
  })
})
