import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { openReportFile } from './report-file.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

suite('the file of a report', () => {
  const folder = temporaryFolder()

  test('is made only when it is written, and nothing is left beside it', async () => {
    const file = await openReportFile(join(folder.path, 'report.json'))
    assert.equal(file.form, 'json')
    assert.deepEqual(await readdir(folder.path), [])
    await file.write('{}')
    assert.deepEqual(await readdir(folder.path), ['report.json'])
    assert.equal(await readFile(file.path, 'utf8'), '{}')
  })

  test('replaces the one that is there whole, with its mode, also through a link', async () => {
    const [path, link] = [join(folder.path, 'report.md'), join(folder.path, 'link.md')]
    await writeFile(path, 'before')
    await chmod(path, 0o640)
    await symlink('report.md', link)
    const file = await openReportFile(link)
    assert.equal(await readFile(path, 'utf8'), 'before')
    await file.write('after')
    assert.equal(await readFile(path, 'utf8'), 'after')
    assert.equal((await stat(path)).mode & 0o777, 0o640)
    assert.deepEqual((await readdir(folder.path)).sort(), ['link.md', 'report.md'])
  })

  test('stays as it was when it can not be replaced', async () => {
    const gone = join(folder.path, 'gone')
    await mkdir(gone)
    const file = await openReportFile(join(gone, 'report.md'))
    await rm(gone, { recursive: true })
    await assert.rejects(file.write('after'), { code: 'ENOENT' })
  })

  const refused: readonly (readonly [what: string, name: string, message: RegExp])[] = [
    ['an ending that tells no form', 'report.txt', /^--write: the file must end in \.md/],
    ['no ending', 'report', /^--write: the file must end in \.md/],
    ['a folder that is not there', 'nowhere/report.md', /^--write: .*: the folder .*nowhere is not there$/],
    ['a folder that is a file', 'file/report.md', /^--write: .*file\/report\.md: can not be written \(ENOTDIR\)$/],
    ['a folder of that name', 'folder.md', /^--write: .*folder\.md is not a file$/],
  ]
  for (const [what, name, message] of refused) {
    test(`is refused before anything runs: ${what}`, async () => {
      await writeFile(join(folder.path, 'file'), '')
      await mkdir(join(folder.path, 'folder.md'))
      await assert.rejects(openReportFile(join(folder.path, name)), { name: 'StartRefusal', message })
    })
  }
})
