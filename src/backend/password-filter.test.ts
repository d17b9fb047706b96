import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { openPasswordFilter } from './password-filter.ts'
import { buildOwnFilter } from './twin/breach-double.ts'

suite('the filter of passwords of a backend', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-own-filter-'))
  })
  after(() => rm(folder, { recursive: true }))

  test('is the shipped one where no other is named, and both where one is', () => {
    const { file, listed } = buildOwnFilter(folder)
    const [own = ''] = listed
    assert.deepEqual(['correcthorsebatterystaple', own].map(openPasswordFilter(null)), [true, false])
    assert.deepEqual(['correcthorsebatterystaple', own].map(openPasswordFilter(file)), [true, true])
  })

  test('refuses the start in one line that names the setting, where its file is none', async () => {
    const list = join(folder, 'list.txt')
    await writeFile(list, 'password\n')
    for (const [file, says] of [
      [
        list,
        /^HOLDFAST_PASSWORD_FILTER: \S+list\.txt: is no password filter; build one with holdfast passwords build$/,
      ],
      [join(folder, 'absent'), /^HOLDFAST_PASSWORD_FILTER: \S+absent: can not be read \(ENOENT\)$/],
    ] as const)
      assert.throws(() => openPasswordFilter(file), { name: 'StartRefusal', message: says })
  })
})
