import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineBackend, job, Type } from '../index.ts'
import type { Clock } from '../kernel/time.ts'
import { secureDatabase } from '../platform/database/migrate.ts'
import type { Session } from '../platform/database/open-session.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import { type Jobs, openJobs, rulesOf } from '../platform/jobs/index.ts'
import { createSealer } from '../platform/keys/index.ts'
import { createLog } from '../platform/log/log.ts'
import { type RunningWorker, runWorker } from './run-worker.ts'
import { openTwinHost, type TwinHost } from './twin/twin-host.ts'

/** Ids of the jobs that ran, as each worker saw them. */
const ran: string[] = []

const every = job('every-minute', {
  payload: Type.Object({}),
  principal: { system: 'Is due every minute' },
  schedule: '* * * * *',
})
const definition = defineBackend({
  name: 'two-workers',
  tables: [],
  permissions: {},
  roles: {},
  jobs: (app) => app.job(every, async ({ id }) => void ran.push(id)),
  routes: () => undefined,
})

suite('two workers on one PostgreSQL', () => {
  let host: TwinHost
  let admin: Session
  let database: string
  before(async () => {
    host = await openTwinHost(definition, { identities: false })
    database = await host.cloneDatabase()
    admin = await host.admin(database)
    await secureDatabase({ admin, definition })
  })
  after(async () => {
    await admin.close()
    await host.close()
  })

  const as = (role: 'jobs' | 'runtime') =>
    host.cluster.connection(database, roleName(definition, role), host.passwords[role])
  const worker = (clock: Clock): Promise<RunningWorker> =>
    runWorker({
      definition,
      connection: as('jobs'),
      runtime: as('runtime'),
      clock,
      application: 'a worker',
      sealer: createSealer(host.keyrings.data, randomBytes),
      transport: { send: async () => undefined, close: async () => undefined },
      log: createLog({ name: 'worker', destination: { write: () => undefined } }),
      report: () => undefined,
    })

  test('that tell the same moments at once put in one job for each', async () => {
    const [kind = assert.fail('no job')] = definition.jobs ?? []
    const open = (): Promise<Jobs> =>
      openJobs({
        connection: as('jobs'),
        application: 'a race',
        supervise: false,
        onError: (cause) => assert.fail(String(cause)),
      })
    const racers = await Promise.all([open(), open(), open(), open()])
    try {
      const moments = Array.from({ length: 50 }, (_, n) => Date.UTC(2030, 0, 1) + n * 60_000)
      for (const moment of moments)
        await Promise.all(racers.map((jobs) => jobs.occur(rulesOf(kind), randomUUID(), {}, moment)))
      const { rows } = await admin.query(
        `select singleton_on::text as moment, count(*)::integer as jobs from holdfast_jobs.job
         where singleton_key = 'schedule' group by 1`,
      )
      assert.equal(rows.length, moments.length)
      assert.deepEqual(
        rows.filter(({ jobs }) => jobs !== 1),
        [],
      )
    } finally {
      await Promise.all(racers.map((jobs) => jobs.stop()))
      await admin.query('delete from holdfast_jobs.job')
    }
  })

  test('do what is due by its schedule once', async () => {
    // A second before the minute, for both: what they read is shared, as the time of day is.
    const begun = Date.now()
    const clock: Clock = { now: () => Date.UTC(2031, 0, 1, 0, 0, 59) + (Date.now() - begun) }
    const workers = await Promise.all([worker(clock), worker(clock)])
    try {
      for (const end = Date.now() + 15_000; ran.length === 0 && Date.now() < end; ) await sleep(50)
      await sleep(1_000) // for a second one to show itself
      assert.equal(ran.length, 1)
      const { rows } = await admin.query(
        `select state::text, id::text from holdfast_jobs.job where singleton_key = 'schedule'`,
      )
      assert.deepEqual(rows, [{ state: 'completed', id: ran[0] }])
    } finally {
      await Promise.all(workers.map((one) => one.stop()))
    }
  })
})
