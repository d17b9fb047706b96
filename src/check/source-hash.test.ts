import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, suite, test } from 'node:test'
import { type SourceTree, sourceHash } from './source-hash.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

suite('the hash of the source', () => {
  const folder = temporaryFolder()
  beforeEach(async () => {
    for (const [file, text] of FILES) await put(file, text)
  })

  const put = async (file: string, text: string): Promise<void> => {
    await mkdir(join(folder.path, file, '..'), { recursive: true })
    await writeFile(join(folder.path, file), text)
  }
  const tree = (root = folder.path): SourceTree => ({
    folders: [
      { name: 'own', path: join(root, 'own') },
      { name: 'application', path: join(root, 'app') },
      { name: 'absent', path: join(root, 'absent') },
    ],
    files: [join(root, 'app', 'backend.ts'), join(root, 'shared', 'prices.json')],
    base: join(root, 'app'),
    except: join(root, 'app', 'state'),
  })

  test('is the same for the same tree, wherever it lies', async () => {
    const hash = await sourceHash(tree())
    assert.match(hash ?? '', /^[0-9a-f]{64}$/)
    assert.equal(await sourceHash(tree()), hash)
    const copy = await mkdtemp(join(tmpdir(), 'source-hash-test-'))
    try {
      await cp(folder.path, copy, { recursive: true })
      assert.equal(await sourceHash(tree(copy)), hash)
    } finally {
      await rm(copy, { recursive: true })
    }
  })

  const changes: readonly (readonly [what: string, change: () => Promise<void>])[] = [
    ["a control's code", () => put('own/checklist/control.ts', 'two')],
    ["the application's code", () => put('app/backend.ts', 'two')],
    ['a migration', () => put('app/migrations/0001_first.sql', 'two')],
    ['a module that was loaded from elsewhere', () => put('shared/prices.json', '{}')],
    ['a further file', () => put('own/checklist/more.mjs', '')],
    ['a file less', () => rm(join(folder.path, 'own/checklist/probe.ts'))],
    ['the same code under another name', () => cp(join(folder.path, 'own/a.ts'), join(folder.path, 'own/b.ts'))],
    [
      'contents that changed places',
      async () => {
        await put('own/a.ts', 'probe')
        await put('own/checklist/probe.ts', 'a')
      },
    ],
  ]
  for (const [what, change] of changes) {
    test(`is another with ${what}`, async () => {
      const before = await sourceHash(tree())
      await change()
      assert.notEqual(await sourceHash(tree()), before)
    })
  }

  const indifferent: readonly (readonly [what: string, change: () => Promise<void>])[] = [
    ['what is no code', () => put('app/CHECKLIST.md', 'written by check')],
    ['what is in packages', () => put('app/node_modules/left-pad/index.js', 'two')],
    ['what is hidden', () => put('app/.holdfast/keys.ts', 'two')],
    ['what is in the state folder.path', () => put('app/state/generated.js', 'two')],
    ['what lies beside the folders', () => put('other/code.ts', 'two')],
    ['a link', () => symlink('backend.ts', join(folder.path, 'app/link.ts'))],
  ]
  for (const [what, change] of indifferent) {
    test(`does not depend on ${what}`, async () => {
      const before = await sourceHash(tree())
      await change()
      assert.equal(await sourceHash(tree()), before)
    })
  }

  test('is none where there is more than may be read', async () => {
    assert.equal(await sourceHash(tree(), { entries: 4, bytes: 1_000 }), null)
    assert.equal(await sourceHash(tree(), { entries: 100, bytes: 5 }), null)
    assert.notEqual(await sourceHash(tree(), { entries: 100, bytes: 1_000 }), null)
  })

  test('can not be told when a file that was loaded is gone', async () => {
    await rm(join(folder.path, 'shared/prices.json'))
    await assert.rejects(sourceHash(tree()), { code: 'ENOENT' })
  })
})

const FILES = [
  ['own/a.ts', 'a'],
  ['own/checklist/control.ts', 'control'],
  ['own/checklist/probe.ts', 'probe'],
  ['app/backend.ts', 'backend'],
  ['app/migrations/0001_first.sql', 'create'],
  ['app/state/generated.js', 'state'],
  ['shared/prices.json', '{"a":1}'],
] as const
