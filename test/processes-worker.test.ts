import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { childOf, development, HOLDFAST, isAlive, post, temporaryDirectory, until } from './processes.fixture.ts'

// They wait for what takes its time, most of all.
suite('the worker process', { concurrency: true }, () => {
  test('is started again when it is killed, and the job it was at runs again', async (t) => {
    const directory = await temporaryDirectory(t)
    const application = join(directory, 'backend.ts')
    await writeFile(application, SOURCE)
    const backend = await development(t, join(directory, 'state'), { application })
    assert.equal((await fetch(`${backend.http}/work`, post(backend.http, {}))).status, 204)
    await backend.line(/^working, after 0 tries$/)
    const worker = await childOf(backend.pid, 'worker')
    process.kill(worker, 'SIGKILL')
    await backend.line(/the worker ended \(SIGKILL\); starting it again/)
    const killed = performance.now()
    await until('there is another', async () => (await childOf(backend.pid, 'worker').catch(() => worker)) !== worker)
    // 15 s of silence, up to 10 s until somebody looks, 5 s and half as much again before the next try, 5 s until the next poll.
    while (!backend.lines.includes('done, after 1 tries') && performance.now() - killed < 60_000) await sleep(100)
    assert.ok(backend.lines.includes('done, after 1 tries'), backend.lines.join('\n'))
    t.diagnostic(`ran again ${Math.round((performance.now() - killed) / 1000)} s after its worker was killed`)

    const next = await childOf(backend.pid, 'worker')
    backend.kill('SIGKILL')
    await backend.exited
    await until('it ends with the supervisor', () => !isAlive(next))
  })

  for (const how of ['exception', 'rejection'] as const) {
    test(`tells of an uncaught ${how}, ends, and another takes its place and does the job`, async (t) => {
      const directory = await temporaryDirectory(t)
      const application = join(directory, 'backend.ts')
      await writeFile(application, SOURCE.replace('/* crashes */', CRASHES[how]))
      const backend = await development(t, join(directory, 'state'), { application })
      let worker = 0
      await until('there is one', async () => {
        worker = await childOf(backend.pid, 'worker').catch(() => 0)
        return worker !== 0
      })
      assert.equal((await fetch(`${backend.http}/work`, post(backend.http, {}))).status, 204)
      await backend.line(/the worker ended \(exit code 70\); starting it again/)
      await until('there is another', async () => (await childOf(backend.pid, 'worker').catch(() => worker)) !== worker)
      await until('the job is done', () => backend.lines.includes('done, after 1 tries'), 60)
      const log = (await readFile(join(backend.state, 'log', 'server.log'), 'utf8')).split('\n')
      const told = log.filter((line) => line.includes('"level":"fatal"') && line.includes(`an uncaught ${how}`))
      assert.equal(told.length, 1)
      assert.match(told[0] ?? '', /"name":"worker"/)
    })
  }
})

/** What the job does at its first try. */
const CRASHES = {
  exception: "if (tries === 0) setImmediate(() => { throw new Error('an uncaught exception') })",
  rejection: "if (tries === 0) void Promise.reject(new Error('an uncaught rejection'))",
} as const

const SOURCE = `import { defineBackend, answer, job, Type } from ${HOLDFAST}
const work = job('work', { payload: Type.Object({}), principal: { system: 'Is killed in the middle' } })
export default defineBackend({
  name: 'working',
  tables: [],
  permissions: {},
  roles: {},
  jobs(app) {
    app.job(work, async ({ tries }) => {
      console.log('working, after ' + tries + ' tries')
      /* crashes */
      if (tries === 0) await new Promise((resolve) => setTimeout(resolve, 50_000))
      console.log('done, after ' + tries + ' tries')
    })
  },
  routes(app) {
    app.post('/work', {
      public: true,
      schema: { body: Type.Object({}), response: { 204: 'empty' } },
      onlyRefusals: 'puts a job in',
      handler: async ({ enqueue }) => {
        await enqueue(work, {})
        return answer(204)
      },
    })
  },
})
`
