import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { filesBelow } from '../src/backend/files.ts'
import {
  childOf,
  development,
  freePorts,
  HOLDFAST,
  holdfast,
  isAlive,
  listen,
  NOTES,
  signUp,
  temporaryDirectory,
} from './processes.fixture.ts'

suite('holdfast dev', () => {
  test('makes everything it needs at the first start, and uses it at the second', async (t) => {
    const state = await temporaryDirectory(t)
    const begun = performance.now()
    const first = await development(t, state)
    t.diagnostic(`first start: ${Math.round(performance.now() - begun)} ms`)
    const link = await first.line(/\/enrol\//)
    assert.equal((await fetch(link.trim())).status, 200)
    assert.equal((await fetch(`${first.http}/sign-in`)).status, 200)
    const ca = await readFile(join(state, 'tls', 'authority.pem'), 'utf8')
    assert.equal(await statusOf(`${first.https}/sign-in`, ca), 200)
    const ada = await signUp(first.http)
    assert.equal((await ada.post('/api/notes', { title: 'Kept' })).status, 201)
    first.kill('SIGTERM')
    assert.equal(await first.exited, 0)

    const again = performance.now()
    const second = await development(t, state)
    assert.equal((await fetch(`${second.http}/sign-in`)).status, 200)
    t.diagnostic(`second start, until a page is served: ${Math.round(performance.now() - again)} ms`)
    assert.ok(!second.lines.some((line) => line.startsWith('migrated')), 'nothing is left to migrate')
    const { notes } = (await (await ada.at(second.http).get('/api/notes')).json()) as { notes: { title: string }[] }
    assert.deepEqual(
      notes.map(({ title }) => title),
      ['Kept'],
    )
  })

  test('stops when it is asked to: answers what is in flight, leaves nothing behind', async (t) => {
    const [state, application] = [await temporaryDirectory(t), await slowApplication(t)]
    const backend = await development(t, state, { application })
    const processes = [
      await childOf(backend.pid, 'server'),
      await childOf(backend.pid, 'hasher'),
      await childOf(backend.pid, 'postgres'),
    ]
    const { database } = JSON.parse(await readFile(join(state, 'running.json'), 'utf8'))
    const slow = fetch(`${backend.http}/slow`)
    await backend.line(/slow request arrived/)
    backend.kill('SIGTERM')
    const reply = await slow
    assert.equal(reply.status, 200)
    assert.deepEqual(await reply.json(), { done: true })
    assert.equal(await backend.exited, 0)
    assert.deepEqual(processes.filter(isAlive), [])
    assert.equal(existsSync(database.host), false, 'the directory of the socket')
    assert.equal(existsSync(join(state, 'running.json')), false)
    await assert.rejects(fetch(`${backend.http}/slow`))
    assert.deepEqual(backend.errors, [])
  })

  test('stops while it starts', async (t) => {
    const state = await temporaryDirectory(t)
    for (const pause of [500, 1_200]) {
      const [port, httpPort] = await freePorts()
      const starting = holdfast(t, ['dev', NOTES, '--state', state, ...ports(port, httpPort)])
      await new Promise((resolve) => setTimeout(resolve, pause))
      starting.kill('SIGTERM')
      const how = await starting.exited
      // Before anything of ours runs, the signal does what it does to any process.
      assert.ok(how === 0 || how === 'SIGTERM', `${how}\n${[...starting.lines, ...starting.errors].join('\n')}`)
      assert.deepEqual(starting.errors, [])
    }
    const after = await development(t, state)
    assert.equal((await fetch(`${after.http}/sign-in`)).status, 200)
  })

  test('takes the next port when one is taken, unless it was asked for by name', async (t) => {
    const state = await temporaryDirectory(t)
    const [port, free] = await freePorts()
    const server = await listen(port)
    t.after(() => server.close())
    const asked = holdfast(t, ['dev', NOTES, '--state', state, ...ports(port, free)])
    assert.equal(await asked.exited, 3)
    assert.deepEqual(asked.errors, [`port ${port}: is taken; free it or name another`])

    // The default ports may be taken or not on this machine: now they are.
    const taken = await Promise.all([3443, 3000].map((number) => listen(number).catch(() => null)))
    t.after(() => {
      for (const one of taken) one?.close()
    })
    const moved = holdfast(t, ['dev', NOTES, '--state', state, '--no-watch'])
    await moved.line(/ is running /)
    assert.ok(moved.lines.some((line) => /^port 3443 is taken; using \d+$/.test(line)))
    const http = await moved.line(/^ {2}http:\/\/[^/]+$/)
    assert.notEqual(http, '  http://localhost:3000')
    assert.equal((await fetch(`${http.trim()}/sign-in`)).status, 200, http)
  })

  test('has a state directory for itself', async (t) => {
    const state = await temporaryDirectory(t)
    const first = await development(t, state)
    const [port, httpPort] = await freePorts()
    const second = holdfast(t, ['dev', NOTES, '--state', state, ...ports(port, httpPort)])
    assert.equal(await second.exited, 3)
    assert.equal(second.errors.length, 1)
    assert.match(second.errors[0] ?? '', new RegExp(`process ${first.pid} is using this state directory; stop it`))
    assert.equal((await fetch(`${first.http}/sign-in`)).status, 200)
  })

  test('runs as an ordinary user in a checkout that is not theirs', async (t) => {
    if (process.getuid?.() !== 0) {
      t.diagnostic('these tests run as one: the others have shown it')
      return
    }
    const home = await temporaryDirectory(t)
    const state = join(home, 'state')
    await mkdir(state, { mode: 0o700 })
    await chown(home, NOBODY, NOBODY)
    await chown(state, NOBODY, NOBODY)
    const backend = await development(t, state, { uid: NOBODY, cwd: home, environment: { HOME: home } })
    const ada = await signUp(backend.http)
    assert.equal((await ada.post('/api/notes', { title: 'Mine' })).status, 201)
    const files = await filesBelow(state)
    assert.ok(
      files.some(({ path }) => path.endsWith('pg_hba.conf')),
      'the database is there',
    )
    assert.deepEqual(
      files.filter(({ mode }) => (mode & 0o077) !== 0),
      [],
      'all of it is for its owner alone',
    )
    backend.kill('SIGINT')
    assert.equal(await backend.exited, 0)
  })
})

function statusOf(url: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { ca }, (reply) => {
      reply.resume()
      resolve(reply.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

async function slowApplication(t: Parameters<typeof temporaryDirectory>[0]): Promise<string> {
  const file = join(await temporaryDirectory(t), 'backend.ts')
  await writeFile(
    file,
    `import { defineBackend, Type } from ${HOLDFAST}
export default defineBackend({
  name: 'slow', title: 'Slow', tables: [], permissions: {}, roles: { member: [] },
  routes(app) {
    app.get('/slow', {
      public: true,
      schema: { response: { 200: Type.Object({ done: Type.Boolean() }) } },
      examples: () => ({}),
      handler: async () => {
        console.log('slow request arrived')
        await new Promise((resolve) => setTimeout(resolve, 1000))
        return { done: true }
      },
    })
  },
})
`,
  )
  return file
}

const ports = (port: number, httpPort: number) => ['--port', `${port}`, '--http-port', `${httpPort}`, '--no-watch']
const NOBODY = 65_534
