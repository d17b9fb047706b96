import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { recordModules } from './recorded-modules.ts'

test('the modules of an application are recorded, wherever they lie, but not those of packages', async () => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'recorded-modules-test-')))
  try {
    for (const [file, text] of FILES) {
      await mkdir(join(directory, file, '..'), { recursive: true })
      await writeFile(join(directory, file), text)
    }
    const load = (file: string) => async () => import(pathToFileURL(join(directory, file)).href)
    const { value, files } = await recordModules(load('app/backend.ts'))
    assert.equal((value as { readonly default: number }).default, 6)
    assert.deepEqual(files.map((file) => relative(directory, file)).sort(), [
      'app/backend.ts',
      'app/routes.ts',
      'shared/old.cjs',
      'shared/prices.json',
    ])
    await load('shared/later.ts')()
    assert.equal(files.length, 4)
    await assert.rejects(recordModules(load('app/nowhere.ts')), { code: 'ERR_MODULE_NOT_FOUND' })
  } finally {
    await rm(directory, { recursive: true })
  }
})

const FILES = [
  ['package.json', '{"type":"module"}'],
  ['app/backend.ts', "import { sum } from './routes.ts'\nimport one from 'one'\nexport default sum + one"],
  [
    'app/routes.ts',
    "import old from '../shared/old.cjs'\nimport prices from '../shared/prices.json' with { type: 'json' }\nexport const sum: number = old + prices.a",
  ],
  ['shared/old.cjs', 'module.exports = 2'],
  ['shared/prices.json', '{"a":3}'],
  ['shared/later.ts', 'export {}'],
  ['node_modules/one/package.json', '{"name":"one","type":"module","exports":"./index.js"}'],
  ['node_modules/one/index.js', 'export default 1'],
] as const
