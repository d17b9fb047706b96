import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadDefinition } from '../src/backend/load-definition.ts'
import { missing, nothingYet, writeUntil, writingRoutes } from '../src/backend/torture/acknowledged-writes.ts'
import { childOf, development, isAlive, NOTES, serves, signUp, temporaryDirectory, until } from './processes.fixture.ts'

suite('when a process is killed', () => {
  test('(server) everything it had acknowledged is there, with its events', async (t) => {
    const backend = await development(t, await temporaryDirectory(t))
    const ada = await signUp(backend.http)
    const routes = writingRoutes(await loadDefinition(NOTES))
    const acknowledged = nothingYet()
    const server = await childOf(backend.pid, 'server')
    let killed = false
    const writing = writeUntil(backend, ada, routes, acknowledged, () => killed)
    const notes = (): readonly string[] => acknowledged.rows.get('"app"."note"') ?? []
    await until('enough is written', () => notes().length > 30 && acknowledged.people.length > 3)
    process.kill(server, 'SIGKILL')
    killed = true
    await writing
    await backend.line(/the server ended \(SIGKILL\); starting it again/)
    await until('it serves again', () => serves(backend))
    assert.notEqual(await childOf(backend.pid, 'server'), server)

    assert.deepEqual(await missing(backend, acknowledged, routes), [])
    t.diagnostic(`${notes().length} notes and ${acknowledged.people.length} accounts were acknowledged`)
    assert.equal((await ada.get('/api/notes')).status, 200, 'and who was signed in still is')

    // The look that found nothing missing finds what is: else it would be no proof.
    acknowledged.people.push(randomUUID())
    acknowledged.rows.set('"app"."note"', [...notes(), randomUUID()])
    assert.deepEqual(await missing(backend, acknowledged, routes), [
      `1 of ${notes().length} rows of "app"."note"`,
      `1 of ${acknowledged.people.length} accounts`,
      `1 of ${acknowledged.people.length} events of new accounts`,
    ])
  })

  test('(hasher) both start anew, since nobody could sign in', async (t) => {
    const backend = await development(t, await temporaryDirectory(t))
    const hasher = await childOf(backend.pid, 'hasher')
    process.kill(hasher, 'SIGKILL')
    await backend.line(/starting it again/)
    await until('it serves again', () => serves(backend))
    await signUp(backend.http)
    assert.notEqual(await childOf(backend.pid, 'hasher'), hasher)
  })

  test('(PostgreSQL) requests are refused for a while, with a word on when to come again', async (t) => {
    const backend = await development(t, await temporaryDirectory(t))
    const ada = await signUp(backend.http)
    const server = await childOf(backend.pid, 'server')
    process.kill(await childOf(backend.pid, 'postgres'), 'SIGKILL')
    const refused: Response[] = []
    let served = false
    await until('it serves again', async () => {
      const reply = await ada.get('/api/notes')
      if (reply.status !== 200) refused.push(reply)
      served = reply.status === 200 && backend.lines.includes('PostgreSQL runs again')
      return served
    })
    assert.ok(refused.length > 0, 'nobody noticed')
    for (const reply of refused) {
      assert.equal(reply.status, 503)
      assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/)
      assert.match(reply.headers.get('content-type') ?? '', /^application\/problem\+json/)
    }
    assert.equal((await ada.post('/api/notes', { title: 'Again' })).status, 201)
    assert.equal(await childOf(backend.pid, 'server'), server, 'the server lived on')
  })

  test('(supervisor) the others end by themselves, and the next start cleans up', async (t) => {
    const state = await temporaryDirectory(t)
    const backend = await development(t, state)
    const ada = await signUp(backend.http)
    assert.equal((await ada.post('/api/notes', { title: 'Kept' })).status, 201)
    const [server, hasher, postgres] = [
      await childOf(backend.pid, 'server'),
      await childOf(backend.pid, 'hasher'),
      await childOf(backend.pid, 'postgres'),
    ]
    backend.kill('SIGKILL')
    await backend.exited
    await until('server and hasher end', () => !isAlive(server) && !isAlive(hasher))

    const next = await development(t, state)
    assert.ok(
      next.lines.some((line) => line.includes(`stopping PostgreSQL (process ${postgres}) left by a killed run`)),
    )
    assert.equal(isAlive(postgres), false)
    assert.equal((await ada.at(next.http).get('/api/notes')).status, 200)
  })

  test('(server, again and again) it is started with growing pauses, and not given up', async (t) => {
    const backend = await development(t, await temporaryDirectory(t))
    const restarts = () => backend.lines.filter((line) => line.includes('starting it again')).length
    for (let round = 1; round <= 3; round++) {
      await until('there is a server', () => serves(backend))
      process.kill(await childOf(backend.pid, 'server'), 'SIGKILL')
      await until('it was noticed', () => restarts() === round)
      await sleep(10)
    }
    await until('there is a server', () => serves(backend))
  })
})
