import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { StartRefusal } from '../kernel/refusal.ts'
import { openStateDirectory } from './state-directory.ts'

/** What Node's own recursive mkdir tries for ever. */
const TAKES_NO_FOLDER = [
  ['takes no folder', () => '/proc/nope'],
  ['takes no folder, further down', () => '/proc/nope/a/b'],
  ['takes no folder, itself', () => '/proc'],
] as const

suite('a state directory', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-state-'))
    await writeFile(join(folder, 'file'), '')
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  test('is made with all that leads to it, for its owner alone, and again without harm', async () => {
    for (let round = 0; round < 2; round++) {
      const state = openStateDirectory(join(folder, 'one', 'two', 'state'))
      for (const place of [join(folder, 'one'), state.root, state.keys, state.evidence])
        assert.equal((await stat(place)).mode & 0o777, 0o700, place)
    }
  })

  for (const [what, root] of [
    ...(process.platform === 'linux' ? TAKES_NO_FOLDER : []),
    ['is a file', () => join(folder, 'file')],
    ['is below a file', () => join(folder, 'file', 'state')],
    ['is a link to nowhere', () => join(folder, 'dangling')],
  ] as const) {
    test(`that ${what} is refused in a line, at once`, () => {
      assert.throws(
        () => openStateDirectory(root()),
        (error) => error instanceof StartRefusal && /can not be made .*--state or HOLDFAST_STATE$/.test(error.message),
      )
    })
  }
})
