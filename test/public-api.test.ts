import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { suite, test } from 'node:test'
import { tableBetween } from './markdown.fixture.ts'

const ROOT = resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

interface Manifest {
  readonly exports: Readonly<Record<string, string>>
}
const MANIFEST: Manifest = JSON.parse(read('package.json'))

/** `holdfast`, `holdfast/testing`: everything the package can be imported by, other than its manifest. */
const DOORS = Object.entries(MANIFEST.exports)
  .filter(([, file]) => file.endsWith('.ts'))
  .map(([door, file]) => ({ name: `holdfast${door.slice(1)}`, file }))

suite('the public interface', () => {
  test('has three doors', () => {
    assert.deepEqual(
      DOORS.map(({ name }) => name),
      ['holdfast', 'holdfast/testing', 'holdfast/client'],
    )
  })

  for (const { name, file } of DOORS) {
    test(`exports from ${name} what docs/api.md lists, and nothing else`, async () => {
      const listed = tableBetween(read('docs/api.md'), `exports ${name}`)
      const { values, types } = exportsOf(read(file))
      assert.deepEqual(listed.map(([each]) => each).toSorted(), [...values, ...types].toSorted())
      for (const [each = '', what = ''] of listed) {
        assert.equal(what.startsWith('Type: '), types.includes(each), `${each}: a type is called one`)
      }
      assert.deepEqual(Object.keys(await import(join(ROOT, file))).toSorted(), values.toSorted())
    })
  }

  test('carries the code of the documentation', { timeout: 120_000 }, () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      ['node_modules/typescript/bin/tsc', '-p', 'docs/examples', '--pretty', 'false'],
      { cwd: ROOT, encoding: 'utf8' },
    )
    assert.equal(status, 0, stdout)
  })

  for (const [example, routes] of [
    ['first-backend', 2],
    ['guide', 9],
  ] as const) {
    test(`defines the backend of docs/examples/${example}.ts`, async () => {
      const { default: backend } = await import(join(ROOT, 'docs', 'examples', `${example}.ts`))
      assert.equal(backend.routes.length, routes)
      for (const route of backend.routes) assert.ok(route.examples, `${route.method} ${route.path} has no examples`)
    })
  }
})

/** The names a door exports, read from its source: types are gone at run time. */
function exportsOf(source: string): { readonly values: readonly string[]; readonly types: readonly string[] } {
  const text = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  const lists = [...text.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(([, allTypes, names = '']) =>
    names
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
      .map((each) => ({
        name: each.replace(/^type /, '').replace(/^.* as /, ''),
        isType: allTypes !== undefined || each.startsWith('type '),
      })),
  )
  const declared = [...text.matchAll(/^export (?:async )?(interface|type|const|class|function) (\w+)/gm)].map(
    ([, kind = '', name = '']) => ({ name, isType: kind === 'interface' || kind === 'type' }),
  )
  const all = [...lists, ...declared]
  return {
    values: all.filter(({ isType }) => !isType).map(({ name }) => name),
    types: all.filter(({ isType }) => isType).map(({ name }) => name),
  }
}
