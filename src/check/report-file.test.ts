import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { openReportFile } from './report-file.ts'

suite('the file of a report', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'report-file-test-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  test('is made only when it is written, and nothing is left beside it', async () => {
    const file = await openReportFile(join(directory, 'report.json'))
    assert.equal(file.form, 'json')
    assert.deepEqual(await readdir(directory), [])
    await file.write('{}')
    assert.deepEqual(await readdir(directory), ['report.json'])
    assert.equal(await readFile(file.path, 'utf8'), '{}')
  })

  test('replaces the one that is there whole, with its mode, also through a link', async () => {
    const [path, link] = [join(directory, 'report.md'), join(directory, 'link.md')]
    await writeFile(path, 'before')
    await chmod(path, 0o640)
    await symlink('report.md', link)
    const file = await openReportFile(link)
    assert.equal(await readFile(path, 'utf8'), 'before')
    await file.write('after')
    assert.equal(await readFile(path, 'utf8'), 'after')
    assert.equal((await stat(path)).mode & 0o777, 0o640)
    assert.deepEqual((await readdir(directory)).sort(), ['link.md', 'report.md'])
  })

  test('stays as it was when it can not be replaced', async () => {
    const folder = join(directory, 'folder')
    await mkdir(folder)
    const file = await openReportFile(join(folder, 'report.md'))
    await rm(folder, { recursive: true })
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
      await writeFile(join(directory, 'file'), '')
      await mkdir(join(directory, 'folder.md'))
      await assert.rejects(openReportFile(join(directory, name)), { name: 'StartRefusal', message })
    })
  }
})
