import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { StartRefusal } from '../../../kernel/refusal.ts'
import { buildFilterOfList, buildShippedFilter } from './build-filter.ts'
import { commonPasswords } from './candidates.ts'
import { decodeFilter, encodeFilter } from './filter-file.ts'
import { buildFilter, isInFilter } from './fuse-filter.ts'
import { openFilter } from './shipped-filter.ts'

const SHIPPED = new URL('common-passwords.fuse16', import.meta.url)

suite('a fuse filter', () => {
  for (const size of [0, 1, 2, 3, 10, 1_000, 30_000]) {
    test(`finds each of ${size} texts, and hardly any other`, () => {
      const texts = new Set(Array.from({ length: size }, (_, index) => `text ${index}`))
      const filter = buildFilter(texts)
      for (const text of texts) assert.ok(isInFilter(filter, text))
      let found = 0
      for (let index = 0; index < 20_000; index += 1) if (isInFilter(filter, `other ${index}`)) found += 1
      assert.ok(found <= 4, `${found} of 20,000; one in 65,536 is expected`)
    })
  }

  test('is the same whatever order the texts come in', () => {
    const texts = Array.from({ length: 500 }, (_, index) => `text ${index}`)
    assert.deepEqual(buildFilter(new Set(texts)), buildFilter(new Set(texts.reverse())))
  })
})

suite('a filter file', () => {
  const bytes = encodeFilter(buildFilter(new Set(['one', 'two', 'three'])))

  test('reads back as it was written', () => {
    assert.deepEqual(encodeFilter(decodeFilter(bytes, 'list')), bytes)
  })

  test('is refused when cut, altered anywhere, or of another kind', () => {
    const altered = (at: number): Buffer => {
      const copy = Buffer.from(bytes)
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
      return copy
    }
    for (let at = 0; at < bytes.length; at += 1)
      assert.throws(() => decodeFilter(altered(at), 'list'), StartRefusal, `byte ${at}`)
    for (const cut of [0, 7, 8, 28, 59, bytes.length - 1])
      assert.throws(() => decodeFilter(bytes.subarray(0, cut), 'list'), StartRefusal)
    assert.throws(() => decodeFilter(Buffer.concat([bytes, Buffer.alloc(2)]), 'list'), StartRefusal)
  })

  test('is built from any list, one password a line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-filter-'))
    try {
      const [list, file] = [join(folder, 'list.txt'), join(folder, 'list.fuse16')]
      await writeFile(list, 'Hunter Two 2000\r\ncontraseña\n\n🦊🦊🦊\nlast line without end')
      await writeFile(file, await buildFilterOfList(list))
      const isCommon = openFilter(file)
      for (const listed of ['huntertwo2000', 'contrasena', '🦊🦊🦊', 'lastlinewithoutend'])
        assert.ok(isCommon(listed), listed)
      assert.ok(!isCommon('hunter') && !isCommon(''))
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

suite('the shipped filter', () => {
  test('is what the generator makes, byte for byte, and below 1 MB', async () => {
    const shipped = await readFile(SHIPPED)
    assert.ok(shipped.equals(buildShippedFilter()), 'run build-filter.ts')
    assert.ok(shipped.length < 1_000_000)
  })

  test('holds every password of the generator', () => {
    const isCommon = openFilter()
    const all = commonPasswords()
    assert.ok(all.size > 300_000)
    for (const password of all) assert.ok(isCommon(password), password)
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
