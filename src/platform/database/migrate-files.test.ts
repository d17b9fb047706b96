import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { StartRefusal } from '../../kernel/refusal.ts'
import { type AppliedMigration, type MigrationFile, pendingMigrations, readMigrations } from './migrate-files.ts'

let root: string
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-migration-files-'))
})
after(() => rm(root, { recursive: true, force: true }))

async function folder(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const path = await mkdtemp(join(root, 'f'))
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content)
  return path
}

suite('migration files', () => {
  test('are read in order, Holdfast’s own first, with their checksums', async () => {
    const own = await folder({ '0001_own.sql': 'select 1' })
    const application = await folder({ '0002_b.sql': 'select 2', '0001_a.sql': '', 'README.md': 'not one' })
    const files = await readMigrations(application, own)
    assert.deepEqual(
      files.map(({ origin, name }) => `${origin} ${name}`),
      ['holdfast 0001_own.sql', 'application 0001_a.sql', 'application 0002_b.sql'],
    )
    assert.equal(files[1]?.checksum, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  test('need not be there for an application without tables', async () => {
    assert.deepEqual(await readMigrations(join(root, 'none'), await folder({})), [])
  })

  for (const [flaw, files, where] of [
    ['a name that does not say what it does', { '0001.sql': '' }, 'migration 0001.sql'],
    ['a name in upper case', { '0001_Add.sql': '' }, 'migration 0001_Add.sql'],
    ['a gap', { '0001_a.sql': '', '0003_b.sql': '' }, 'migration 0003_b.sql'],
    ['a number given twice', { '0001_a.sql': '', '0001_b.sql': '' }, 'migration 0001_b.sql'],
    ['bytes that are no text', { '0001_a.sql': Buffer.from([0xff, 0xfe]) }, 'migration 0001_a.sql'],
  ] as const) {
    test(`are refused for ${flaw}`, async () => {
      const application = await folder(files)
      await assert.rejects(
        readMigrations(application, await folder({})),
        (error) => error instanceof StartRefusal && error.where === where,
      )
    })
  }

  test('are refused where the folder is a file', async () => {
    const path = join(await folder({ file: '' }), 'file')
    await assert.rejects(readMigrations(path, await folder({})), StartRefusal)
  })
})

suite('what is still to be applied', () => {
  const file = (name: string, checksum = 'a'): MigrationFile => ({ origin: 'application', name, text: '', checksum })
  const applied = (name: string, checksum = 'a'): AppliedMigration => ({ origin: 'application', name, checksum })

  test('is what was not applied yet', () => {
    const files = [file('0001_a.sql'), file('0002_b.sql')]
    assert.deepEqual(pendingMigrations(files, [applied('0001_a.sql')]), [files[1]])
    assert.deepEqual(pendingMigrations(files, []), files)
  })

  for (const [flaw, files, done, where] of [
    ['one that ran and changed', [file('0001_a.sql', 'b')], [applied('0001_a.sql')], '0001_a.sql'],
    ['one that ran and is gone', [], [applied('0001_a.sql')], '0001_a.sql'],
    ['one that ran and has another name now', [file('0001_b.sql')], [applied('0001_a.sql')], '0001_a.sql'],
    [
      'one that would come before one that ran',
      [file('0001_a.sql'), file('0002_b.sql')],
      [applied('0002_b.sql')],
      '0001_a.sql',
    ],
  ] as const) {
    test(`is refused for ${flaw}`, () => {
      assert.throws(
        () => pendingMigrations(files, done),
        (error) => error instanceof StartRefusal && error.where === `migration ${where}`,
      )
    })
  }
})
