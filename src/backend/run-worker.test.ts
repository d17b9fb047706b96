import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, afterEach, before, beforeEach, suite, test } from 'node:test'
import { defineBackend } from '../index.ts'
import type { SecurityEvent } from '../kernel/event.ts'
import { NOBODY } from '../kernel/principal.ts'
import { systemClock } from '../kernel/time.ts'
import type { Database } from '../platform/database/database.ts'
import { openDatabase } from '../platform/database/open-database.ts'
import type { Session } from '../platform/database/open-session.ts'
import type { HoldfastTables } from '../platform/database/tables.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import { createSealer } from '../platform/keys/index.ts'
import { createLog } from '../platform/log/log.ts'
import { createMailQueue, type Mail, type MailQueue, smtpTransport } from '../platform/mail/index.ts'
import { type Catcher, startCatcher } from '../platform/mail/smtp-catcher.fixture.ts'
import { type RunningWorker, runWorker } from './run-worker.ts'
import { openTwinHost, type TwinHost } from './twin/twin-host.ts'

const definition = defineBackend({
  name: 'mailing',
  tables: [],
  permissions: {},
  roles: {},
  routes: () => undefined,
})

const mailTo = (name: string): Mail => ({
  to: `${name}@harbour.example`,
  subject: `For ${name}`,
  text: `https://harbour.example/reset?token=token-of-${name}\n`,
  html: `<p>token-of-${name}</p>`,
})

suite('mails on their way', () => {
  let host: TwinHost
  let name: string
  let admin: Session
  let accounts: Database<HoldfastTables>
  let queue: MailQueue
  const workers: RunningWorker[] = []
  let catchers: Catcher[] = []
  let events: SecurityEvent[] = []
  let lines: string[] = []

  before(async () => {
    host = await openTwinHost(definition, { identities: false })
  })
  after(() => host.close())
  beforeEach(async () => {
    name = await host.cloneDatabase()
    admin = await host.admin(name)
    accounts = await openDatabase({ connection: as('accounts'), application: 'test', lanes: 1, transactions: 4 })
    queue = createMailQueue({ sealer: sealer(), clock: systemClock, random: randomBytes })
    events = []
    lines = []
  })
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.stop()
    for (const catcher of catchers.splice(0)) await catcher.close()
    await accounts.close()
    await admin.close()
    await host.dropDatabase(name)
  })

  const as = (role: 'accounts' | 'jobs' | 'runtime') =>
    host.cluster.connection(name, roleName(definition, role), host.passwords[role])
  const sealer = () => createSealer(host.keyrings.data, randomBytes)
  const catcher = async (...options: Parameters<typeof startCatcher>): Promise<Catcher> => {
    const started = await startCatcher({ disabledCommands: ['STARTTLS', 'AUTH'], ...options[0] }, options[1])
    catchers.push(started)
    return started
  }
  const worker = async (port: number): Promise<RunningWorker> => {
    const started = await runWorker({
      definition,
      connection: as('jobs'),
      runtime: as('runtime'),
      application: 'test worker',
      clock: systemClock,
      sealer: sealer(),
      transport: smtpTransport({
        host: '127.0.0.1',
        port,
        user: null,
        password: null,
        tls: 'none',
        from: { name: null, address: 'no-reply@harbour.example' },
        timeout: 2_000,
      }),
      log: createLog({ name: 'worker', level: 'debug', destination: { write: (line) => void lines.push(line) } }),
      report: (event) => void events.push(event),
    })
    workers.push(started)
    return started
  }
  const send = (...names: readonly string[]): Promise<void> =>
    accounts.transaction(NOBODY, async (tx) => {
      for (const each of names) await queue.stage(tx, mailTo(each))
    })
  const until = async (what: string, condition: () => boolean | Promise<boolean>, within = 10_000): Promise<void> => {
    for (const end = performance.now() + within; !(await condition()); await new Promise((r) => setTimeout(r, 10)))
      if (performance.now() > end) assert.fail(`not within ${within} ms: ${what}\n${lines.join('\n')}`)
  }

  test('arrive within a second of the commit', async (t) => {
    const server = await catcher()
    await worker(server.port)
    await send('first')
    await until('the first is there', () => server.caught.length === 1)
    const begun = performance.now()
    await send('ada')
    await until('it is there', () => server.caught.length === 2, 1_000)
    t.diagnostic(`a mail arrived ${Math.round(performance.now() - begun)} ms after it was staged`)
  })

  test('arrive once each, however many workers there are, and what was rolled back not at all', async () => {
    const server = await catcher()
    await Promise.all([worker(server.port), worker(server.port)])
    const names = Array.from({ length: 60 }, (_, n) => `person-${n}`)
    await Promise.all(Array.from({ length: 6 }, (_, n) => send(...names.slice(n * 10, n * 10 + 10))))
    await assert.rejects(
      accounts.transaction(NOBODY, async (tx) => {
        await queue.stage(tx, mailTo('nobody'))
        throw new Error('rolled back')
      }),
    )
    await until('all are there', () => server.caught.length >= names.length, 20_000)
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.deepEqual(
      server.caught.flatMap(({ to }) => to).sort(),
      names.map((each) => `${each}@harbour.example`).sort(),
    )
  })

  test('that were sent are thrown away when their time is over', async () => {
    const server = await catcher()
    const first = await worker(server.port)
    await send('ada')
    await until('it is there', () => server.caught.length === 1)
    const left = async (): Promise<unknown> =>
      (await admin.query(`select state::text from holdfast_jobs.job where name = 'mail'`)).rows.map(
        ({ state }) => state,
      )
    await until('it is noted', async () => String(await left()) === 'completed')
    await first.stop()
    await admin.query(`update holdfast_jobs.job set completed_on = completed_on - interval '2 minutes'`)
    await admin.query('update holdfast_jobs.queue set maintain_on = null')
    await worker(server.port)
    await until('it is gone', async () => String(await left()) === '', 25_000)
    assert.deepEqual(
      lines.filter((line) => line.includes('permission denied')),
      [],
    )
  })

  test('are of no use to who has the database, waiting, sent or given up', async () => {
    await send('ada')
    const inDatabase = async (): Promise<string> => {
      const { rows } = await admin.query(`select j::text as row from holdfast_jobs.job j
        union all select e::text from holdfast.event_staging e`)
      return rows.map(({ row }) => String(row)).join('\n')
    }
    assert.doesNotMatch(await inDatabase(), /ada|token-of|harbour/)
    const server = await catcher({ onRcptTo: (_to, _session, done) => done(new Error('ada@harbour.example: no')) })
    await worker(server.port)
    await until('it was refused', () => events.length > 0)
    assert.doesNotMatch(await inDatabase(), /ada|token-of|harbour/)
    assert.doesNotMatch(lines.join('\n'), /ada|token-of|harbour/)
  })

  test('wait for a server that is away', async () => {
    const server = await catcher()
    const { port } = server
    await server.close()
    catchers = []
    await worker(port)
    await send('ada')
    await until('it was tried', () => lines.some((line) => line.includes('was not taken')))
    const back = await catcher({}, port)
    await until('it is there', () => back.caught.length === 1, 30_000)
    assert.equal(back.caught[0]?.to[0], 'ada@harbour.example')
    assert.deepEqual(events, [])
  })

  test('are told of when they are given up, or refused for good', async () => {
    await send('given-up')
    await admin.query('update holdfast_jobs.job set retry_limit = 0')
    const server = await catcher({
      onRcptTo: ({ address }, _session, done) =>
        done(Object.assign(new Error('no'), { responseCode: address.startsWith('given-up') ? 451 : 550 })),
    })
    await worker(server.port)
    await send('unknown')
    await until('both are told of', () => events.length === 2, 15_000)
    assert.deepEqual(events.map(({ name: what, fields }) => `${what} ${JSON.stringify(fields)}`).sort(), [
      'mail_failed {"reason":"given-up"}',
      'mail_failed {"reason":"refused"}',
    ])
  })

  test('keep nobody waiting: a slow mail server is not felt by who asks for a mail', async (t) => {
    const times = async (prefix: string): Promise<readonly number[]> => {
      const took: number[] = []
      for (let n = 0; n < 60; n++) {
        const begun = performance.now()
        await send(`${prefix}-${n}`)
        took.push(performance.now() - begun)
      }
      return took.sort((a, b) => a - b)
    }
    const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? 0
    await times('warm')
    const without = median(await times('without'))
    const slow = await catcher({ onMailFrom: (_from, _session, done) => void setTimeout(done, 1_500) })
    await worker(slow.port)
    const beside = median(await times('beside'))
    t.diagnostic(
      `staging took ${without.toFixed(1)} ms without a worker, ${beside.toFixed(1)} ms beside one that waits`,
    )
    assert.ok(beside < without + 50, `${beside} ms`)
  })
})
