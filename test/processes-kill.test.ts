import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSession } from '../src/platform/database/open-session.ts'
import { openKeyring } from '../src/platform/keys/index.ts'
import {
  childOf,
  type Development,
  development,
  isAlive,
  signUp,
  temporaryDirectory,
  until,
} from './processes.fixture.ts'

suite('when a process is killed', () => {
  test('(server) everything it had acknowledged is there, with its events', async (t) => {
    const backend = await development(t, await temporaryDirectory(t))
    const ada = await signUp(backend.http)
    const notes: string[] = []
    const people: string[] = []
    const server = await childOf(backend.pid, 'server')
    let killed = false
    const write = async (): Promise<void> => {
      for (let n = 0; !killed; n++) {
        const reply = await ada.post('/api/notes', { title: `note ${n}` })
        if (reply.status === 201) notes.push(((await reply.json()) as { id: string }).id)
      }
    }
    const enter = async (): Promise<void> => {
      while (!killed) {
        const newcomer = await signUp(backend.http)
        const session = (await (await newcomer.get('/auth/session')).json()) as { account: { id: string } }
        people.push(session.account.id)
      }
    }
    // What was under way when the server died has no answer: nobody was told that it is there.
    const busy = [write(), write(), write(), enter()].map((work) => work.catch(() => undefined))
    await until('enough is written', () => notes.length > 30 && people.length > 3)
    process.kill(server, 'SIGKILL')
    killed = true
    await Promise.all(busy)
    await backend.line(/the server ended \(SIGKILL\); starting it again/)
    await until('it serves again', () => serves(backend))
    assert.notEqual(await childOf(backend.pid, 'server'), server)

    const database = await administrator(t, backend)
    const there = async (sql: string, ids: readonly string[]): Promise<number> =>
      (await database.query(sql, [ids])).rowCount
    assert.equal(await there('select from app.note where id = any($1)', notes), notes.length)
    assert.equal(await there('select from holdfast.account where id = any($1)', people), people.length)
    const events = `select distinct account_id from holdfast.event_staging
      where name = 'user_created' and account_id = any($1)`
    assert.equal(await there(events, people), people.length)
    t.diagnostic(`${notes.length} notes and ${people.length} accounts were acknowledged`)
    assert.equal((await ada.get('/api/notes')).status, 200, 'and who was signed in still is')
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

const serves = (backend: Development): Promise<boolean> =>
  fetch(`${backend.http}/health/ready`).then(
    (reply) => reply.status === 200,
    () => false,
  )

async function administrator(t: { after(work: () => Promise<void>): void }, backend: Development) {
  const { database } = JSON.parse(await readFile(join(backend.state, 'running.json'), 'utf8'))
  const password = openKeyring(join(backend.state, 'keys', 'operator.json')).password('dba')
  const session = await openSession({
    connection: { ...database, user: 'dba', password, tls: undefined },
    application: 'test',
  })
  t.after(() => session.close())
  return session
}
