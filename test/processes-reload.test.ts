import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { childOf, development, HOLDFAST, temporaryDirectory, until } from './processes.fixture.ts'

suite('an edited application', () => {
  test('is served within moments, on the database that was there', async (t) => {
    const [state, folder] = [await temporaryDirectory(t), await temporaryDirectory(t)]
    const application = join(folder, 'backend.ts')
    await writeFile(application, source('one'))
    await mkdir(join(folder, 'node_modules'))
    const backend = await development(t, state, { application, watch: true })
    const word = async (): Promise<string> => {
      const reply = await fetch(`${backend.http}/word`).catch(() => null)
      return reply?.status === 200 ? ((await reply.json()) as { word: string }).word : ''
    }
    assert.equal(await word(), 'one')
    const postgres = await childOf(backend.pid, 'postgres')
    const definition = async (): Promise<string> =>
      JSON.parse(await readFile(join(state, 'running.json'), 'utf8')).definitionHash
    const first = await definition()
    assert.match(first, /^[0-9a-f]{64}$/)

    for (const next of ['two', 'three']) {
      // As after a moment of thought; the server that waits for the next change has loaded its code by then.
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      const begun = performance.now()
      await writeFile(application, source(next))
      await until('the edit is served', async () => (await word()) === next)
      t.diagnostic(`served ${Math.round(performance.now() - begun)} ms after the edit`)
    }

    const before = backend.lines.length
    await writeFile(application, `${source('four')}\nexport const broken = {\n`)
    const complaint = await backend.line(/can not be loaded/, before)
    assert.match(complaint, /backend\.ts:\d+: can not be loaded: /)
    assert.equal(await word(), 'three', 'what ran still runs')
    assert.equal(backend.lines.slice(before).filter((line) => !line.startsWith('changed: ')).length, 1)

    await writeFile(application, source('five').replace("permission: 'word:read',", ''))
    await backend.line(/GET \/word/, before)
    assert.equal(await word(), 'three')

    await writeFile(application, source('six'))
    await until('the good edit is served', async () => (await word()) === 'six')
    assert.equal(await childOf(backend.pid, 'postgres'), postgres)
    await until('check is told that another definition runs', async () => (await definition()) !== first)

    const quiet = backend.lines.length
    await writeFile(join(folder, 'node_modules', 'other.ts'), '')
    await writeFile(join(folder, 'notes.txt'), '')
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.deepEqual(backend.lines.slice(quiet), [], 'what is no code of the application is nobody’s business')

    backend.kill('SIGTERM')
    assert.equal(await backend.exited, 0)
    assert.deepEqual(backend.errors, [])
  })
})

const source = (word: string): string => `import { defineBackend, Type } from ${HOLDFAST}
export default defineBackend({
  name: 'words', title: 'Words', tables: [], permissions: { 'word:read': 'Read the word' }, roles: { member: ['word:read'] },
  routes(app) {
    app.get('/word', {
      public: true,
      schema: { response: { 200: Type.Object({ word: Type.String({ maxLength: 10 }) }) } },
      examples: () => ({}),
      handler: () => ({ word: '${word}' }),
    })
    app.get('/word/again', {
      permission: 'word:read',
      schema: { response: { 200: Type.Object({ word: Type.String({ maxLength: 10 }) }) } },
      examples: () => ({}),
      handler: () => ({ word: '${word}' }),
    })
  },
})
`
