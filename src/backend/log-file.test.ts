import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { openLogFile } from './log-file.ts'

suite('a log file', () => {
  let directory: string
  let path: string
  const troubles: string[] = []
  beforeEach(async () => {
    troubles.length = 0
    directory = await mkdtemp(join(tmpdir(), 'holdfast-log-'))
    path = join(directory, 'server.log')
  })
  afterEach(() => rm(directory, { recursive: true }))

  test('goes on where an earlier run ended, and is for its owner alone', async () => {
    for (const line of ['one', 'two']) {
      const log = openLogFile(path, (trouble) => troubles.push(trouble))
      log.write(line)
      log.close()
    }
    assert.equal(await readFile(path, 'utf8'), 'one\ntwo\n')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  })

  test('begins anew when it is full, counting what earlier runs wrote', async () => {
    await writeFile(path, '')
    await truncate(path, 32 * 1024 * 1024)
    const log = openLogFile(path, (trouble) => troubles.push(trouble))
    log.write('the last')
    log.write('the first')
    log.close()
    assert.equal(await readFile(path, 'utf8'), 'the first\n')
    assert.ok((await stat(`${path}.1`)).size > 32 * 1024 * 1024)
    assert.deepEqual(troubles, [])
  })

  test('that can not be written is told once, and loses lines rather than the backend', () => {
    const log = openLogFile('/dev/full', (trouble) => troubles.push(trouble))
    log.write('one')
    log.write('two')
    log.close()
    assert.deepEqual(troubles, ['/dev/full can not be written (ENOSPC)'])
  })
})
