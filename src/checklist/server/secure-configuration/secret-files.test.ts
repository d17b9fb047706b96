import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { systemSecretFiles } from './secret-files.ts'

suite('a secret in a file', () => {
  let directory: string
  let file: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-secret-'))
    file = join(directory, 'pepper')
    await writeFile(file, 'the secret\n', { mode: 0o600 })
  })
  after(() => rm(directory, { recursive: true }))

  test('is read without the line’s end', () => {
    assert.equal(systemSecretFiles({}).read('HOLDFAST_PEPPER_FILE', file), 'the secret')
  })

  test('is refused when others can read it, naming the setting', async () => {
    await chmod(file, 0o644)
    assert.throws(() => systemSecretFiles({}).read('HOLDFAST_PEPPER_FILE', file), {
      name: 'StartRefusal',
      where: 'HOLDFAST_PEPPER_FILE',
      message: /mode 0644/,
    })
  })

  test('is taken with any mode from where systemd puts credentials, and from nowhere beside it', async () => {
    await chmod(file, 0o444)
    assert.equal(systemSecretFiles({ CREDENTIALS_DIRECTORY: directory }).read('X_FILE', file), 'the secret')
    for (const place of [`${directory}x`, '', join(directory, 'deeper')]) {
      assert.throws(() => systemSecretFiles({ CREDENTIALS_DIRECTORY: place }).read('X_FILE', file), { where: 'X_FILE' })
    }
    const around = join(directory, 'deeper', '..', 'pepper')
    assert.throws(() => systemSecretFiles({ CREDENTIALS_DIRECTORY: join(directory, 'deeper') }).read('X_FILE', around))
  })

  test('that is missing is said to be', () => {
    assert.throws(() => systemSecretFiles({}).read('X_FILE', join(directory, 'nothing')), { message: /ENOENT/ })
  })
})
