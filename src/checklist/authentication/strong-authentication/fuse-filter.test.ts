import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { StartRefusal } from '../../../kernel/refusal.ts'
import { FilterBuilder } from './filter-builder.ts'
import { decodeFilter, isListed } from './filter-file.ts'
import { keyOf } from './filter-key.ts'
import { buildFilter, isInFilter, placesIn } from './fuse-filter.ts'
import { openFilter, readFilter } from './shipped-filter.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-filter-'))
})
after(() => rm(folder, { recursive: true }))

const texts = (count: number, name = 'text'): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`)

function built(file: string, of: readonly string[]): Promise<Buffer> {
  const builder = new FilterBuilder(join(folder, file))
  for (const text of of) builder.add(keyOf(text))
  builder.finish()
  return readFile(join(folder, file))
}

suite('a fuse filter', () => {
  for (const size of [0, 1, 2, 3, 10, 1_000, 30_000]) {
    test(`finds each of ${size} keys, and hardly any other`, () => {
      const keys = new BigUint64Array(texts(size).map((text) => keyOf(text).readBigUInt64LE(0))).sort()
      const filter = buildFilter(keys)
      assert.equal(filter.fingerprints.length, 2 * placesIn(filter))
      for (const text of texts(size)) assert.ok(isInFilter(filter, keyOf(text)))
      const found = texts(20_000, 'other').filter((text) => isInFilter(filter, keyOf(text))).length
      assert.ok(found <= 4, `${found} of 20,000; one in 65,536 is expected`)
    })
  }

  test('takes one in 65,536 of what it has not for what it has, and not more', () => {
    const keys = new BigUint64Array(texts(5_000).map((text) => keyOf(text).readBigUInt64LE(0))).sort()
    const filter = buildFilter(keys)
    const found = texts(1_000_000, 'other').filter((text) => isInFilter(filter, keyOf(text))).length
    assert.ok(found > 2 && found < 40, `${found} of 1,000,000; 15 are expected`)
  })

  test('takes 18 bits an entry', () => {
    const keys = new BigUint64Array(texts(200_000).map((text) => keyOf(text).readBigUInt64LE(0))).sort()
    const bits = (buildFilter(keys).fingerprints.length * 8) / 200_000
    assert.ok(bits < 19.5, `${bits.toFixed(1)} bits`)
  })
})

suite('a filter file', () => {
  test('is the same whatever order the texts come in, and however often', async () => {
    const all = texts(5_000)
    const file = await built('one.fuse16', all)
    assert.ok(file.equals(await built('other.fuse16', [...all, ...all.toReversed()])))
    assert.equal(decodeFilter(file, 'list').entries, 5_000)
  })

  test('of more than a million is built in parts, of keys put aside', async () => {
    const size = 1_300_000
    const filter = decodeFilter(await built('parts.fuse16', texts(size)), 'list')
    assert.deepEqual([filter.parts.length, filter.entries], [2, size])
    for (let index = 0; index < size; index += 101) assert.ok(isListed(filter, keyOf(`text ${index}`)))
    const found = texts(100_000, 'other').filter((text) => isListed(filter, keyOf(text))).length
    assert.ok(found < 10, `${found} of 100,000`)
  })

  test('is refused when cut, altered anywhere, or of another kind', async () => {
    const bytes = await built('small.fuse16', ['one', 'two', 'three'])
    const altered = (at: number): Buffer => {
      const copy = Buffer.from(bytes)
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
      return copy
    }
    for (let at = 0; at < bytes.length; at += 1)
      assert.throws(() => decodeFilter(altered(at), 'list'), StartRefusal, `byte ${at}`)
    for (const cut of [0, 7, 8, 15, 16, 28, 63, bytes.length - 1])
      assert.throws(() => decodeFilter(bytes.subarray(0, cut), 'list'), StartRefusal)
    assert.throws(() => decodeFilter(Buffer.concat([bytes, Buffer.alloc(2)]), 'list'), StartRefusal)
  })

  test('of an older format says that it is to be built anew', async () => {
    const bytes = Buffer.from(await built('older.fuse16', ['one']))
    bytes.writeUInt32LE(1, 8)
    assert.throws(() => decodeFilter(bytes, 'list'), /^StartRefusal: list: has format 1, known is 2; build it anew/)
  })

  test('appears when it is whole, for everybody to read, and leaves nothing beside it', async () => {
    const target = join(folder, 'whole')
    const builder = new FilterBuilder(target)
    builder.add(keyOf('one'))
    const whileBuilding = (await readdir(folder)).filter((name) => name.startsWith('whole'))
    assert.deepEqual(whileBuilding, [])
    builder.finish()
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('whole')),
      ['whole'],
    )
    assert.equal((await stat(target)).mode & 0o777, 0o644)
  })

  test('that can not be written is refused with where', () => {
    assert.throws(() => new FilterBuilder(join(folder, 'nowhere', 'list.fuse16')), {
      name: 'StartRefusal',
      message: /nowhere\/list\.fuse16: can not be written: .*ENOENT/,
    })
  })
})

suite('a filter of one’s own', () => {
  test('is asked beside the shipped one', async () => {
    await built('own.fuse16', ['harbourstaircaseviolet'])
    const isCommon = openFilter(join(folder, 'own.fuse16'))
    assert.ok(isCommon('harbourstaircaseviolet') && isCommon('correcthorsebatterystaple'))
    assert.ok(!isCommon('violetharbourstaircase') && !openFilter()('harbourstaircaseviolet'))
  })

  test('that is none is refused with its name', async () => {
    const wrong = join(folder, 'wrong.fuse16')
    await writeFile(wrong, 'password\n123456\n')
    for (const [file, says] of [
      [wrong, /wrong\.fuse16: is no password filter; build one with holdfast passwords build$/],
      [join(folder, 'absent.fuse16'), /absent\.fuse16: can not be read \(ENOENT\)$/],
      [folder, /: can not be read \(EISDIR\)$/],
    ] as const)
      assert.throws(() => readFilter(file), { name: 'StartRefusal', message: says })
  })
})
