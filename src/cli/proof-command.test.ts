import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { sourceOf, withProof } from './proof-command.ts'

suite('a proof', () => {
  test('rests on the code of Holdfast, of the application and of what that imports', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'proof-command-test-'))
    const put = (file: string, text: string): Promise<void> => writeFile(join(directory, file), text)
    try {
      for (const folder of ['app', 'shared', 'migrations']) await mkdir(join(directory, folder))
      await put('shared/title.ts', "export const title = 'Shop'")
      await put('migrations/0001_first.sql', "comment on schema app is 'one';")
      await put('app/backend.ts', APPLICATION)
      const values = { verbose: false, state: join(directory, 'app', 'state') }
      await withProof({ application: join(directory, 'app', 'backend.ts'), values }, async ({ options }) => {
        assert.equal(options.backend, 'Shop')
        const seen = [await options.sourceHash()]
        for (const [file, text] of [
          ['app/state/log/x.js', 'state'],
          ['app/README.md', 'text'],
        ] as const)
          await put(file, text)
        assert.deepEqual([await options.sourceHash()], seen)
        for (const [file, text] of [
          ['app/backend.ts', `${APPLICATION}// changed`],
          ['app/further.ts', ''],
          ['shared/title.ts', "export const title = 'Stall'"],
          ['migrations/0001_first.sql', "comment on schema app is 'two';"],
        ] as const) {
          await put(file, text)
          seen.push(await options.sourceHash())
        }
        assert.equal(new Set(seen).size, 5)
        assert.ok(!seen.includes(null))
      })
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('rests on all of the code of Holdfast', async () => {
    const root = resolve(import.meta.dirname, '../..')
    const given = { application: '/app/backend.ts', migrations: '/app/migrations', files: [], state: '/state' }
    const folders = sourceOf(given).folders.map(({ path }) => relative(root, path))
    const packed = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { exports: Record<string, string> }
    assert.deepEqual(folders.slice(0, 2), ['src', 'migrations'])
    for (const file of Object.values(packed.exports)) assert.match(file, /^\.\/(?:src\/|package\.json$)/)
  })
})

const APPLICATION = `import { defineBackend } from ${JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../index.ts')).href)}
import { title } from '../shared/title.ts'
export default defineBackend({
  name: 'shop', title, tables: [], permissions: {}, roles: { member: [] },
  migrations: new URL('../migrations', import.meta.url).pathname,
  routes() {},
})
`
