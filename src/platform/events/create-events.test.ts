import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, beforeEach, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SecurityEvent } from '../../kernel/event.ts'
import { NOBODY } from '../../kernel/principal.ts'
import { systemClock } from '../../kernel/time.ts'
import type { Database } from '../database/database.ts'
import { openDatabase } from '../database/open-database.ts'
import { openSession, type Session } from '../database/open-session.ts'
import { generatePassword, type ScratchCluster, scramVerifier, startScratchCluster } from '../postgres/index.ts'
import { createEvents, type EventLoss, type Events } from './index.ts'

const refusal = (over: Partial<SecurityEvent> = {}): SecurityEvent => ({
  name: 'authz_fail',
  result: 'failure',
  fields: { permission: 'note:read', reason: 'missing' },
  address: '192.0.2.1',
  ...over,
})

suite('events', { timeout: 60_000 }, () => {
  let cluster: ScratchCluster
  let admin: Session
  // biome-ignore lint/suspicious/noExplicitAny: only plain SQL runs on it
  let database: Database<any>
  let events: Events
  let losses: EventLoss[] = []

  before(async () => {
    cluster = await startScratchCluster()
    admin = await openSession({ connection: cluster.admin, application: 'test admin' })
    const password = generatePassword()
    await admin.script(
      ROLES.map((role) => `create role t_${role} login password '${scramVerifier(password)}';`).join('\n'),
    )
    const migration = await readFile(new URL('../../../migrations/0001_holdfast.sql', import.meta.url), 'utf8')
    await admin.script(migration.replace(/:(owner|runtime|accounts|jobs|readonly|backup|auditor)\b/g, 't_$1'))
    database = await openDatabase({
      connection: cluster.connection('postgres', 't_runtime', password),
      application: 'events',
      lanes: 1,
    })
    events = createEvents({ database, clock: systemClock, random: randomBytes, onLoss: (loss) => losses.push(loss) })
  })
  beforeEach(async () => {
    await events.flush()
    await admin.script('truncate holdfast.event_staging')
    losses = []
  })
  after(async () => {
    await events.close()
    await database.close()
    await admin.close()
    await cluster.stop()
  })

  const staged = async (): Promise<readonly Record<string, unknown>[]> =>
    (await admin.query('select * from holdfast.event_staging order by n')).rows

  const counted = async (): Promise<number> =>
    Number((await admin.query('select coalesce(sum(count), 0) as n from holdfast.event_staging')).rows[0]?.n)

  test('staged in a transaction stand with it', async () => {
    const accountId = randomUUID()
    await database.transaction(NOBODY, (tx) =>
      events.stage(tx, {
        name: 'user_created',
        result: 'success',
        accountId,
        fields: { account: accountId, how: 'sign-up' },
      }),
    )
    const [row] = await staged()
    assert.equal(row?.account_id, accountId)
    assert.deepEqual(row?.fields, { account: accountId, how: 'sign-up' })
  })

  test('staged in a transaction fall with it', async () => {
    const failed = database.transaction(NOBODY, async (tx) => {
      await events.stage(tx, { name: 'sys_startup', result: 'success', fields: { mode: 'dev' } })
      throw new RangeError('no')
    })
    await assert.rejects(failed, RangeError)
    assert.deepEqual(await staged(), [])
  })

  test('reported are written within a moment', async () => {
    events.report(refusal())
    for (let waited = 0; (await staged()).length === 0; waited += 10) {
      assert.ok(waited < 1_000)
      await sleep(10)
    }
    assert.equal((await staged())[0]?.address, '192.0.2.1')
  })

  test('reported often fold into few rows that count them all', async () => {
    for (let n = 0; n < 1_000; n++) events.report(refusal())
    await events.flush()
    const rows = await staged()
    assert.deepEqual(
      rows.map(({ count }) => count),
      [1, 999],
    )
    assert.deepEqual(losses, [])
  })

  test('reported apart are all there, in order', async () => {
    for (let n = 0; n < 2_500; n++) events.report({ ...refusal(), result: 'success', requestId: String(n) })
    await events.flush()
    const rows = await staged()
    assert.deepEqual(
      rows.map(({ request_id }) => request_id),
      Array.from({ length: 2_500 }, (_, n) => String(n)),
    )
    assert.equal(new Set(rows.map(({ id }) => id)).size, 2_500)
  })

  test('of odd content are written as well', async () => {
    for (const odd of ['\0', '\ud800', 'x'.repeat(5_000), '"\\', '{}', "'; drop table x"]) {
      events.report(
        refusal({
          object: odd,
          address: odd,
          requestId: odd,
          accountId: odd,
          fields: { permission: odd, reason: odd },
        }),
      )
    }
    await events.flush()
    assert.equal(await counted(), 6)
    assert.deepEqual(losses, [])
  })

  test('survive the loss of the connection', async () => {
    for (let n = 0; n < 300; n++) {
      events.report(refusal({ address: `192.0.2.${n}` }))
      if (n % 60 === 30)
        await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'events'")
      await sleep(2)
    }
    for (let waited = 0; (await counted()) < 300; waited += 50) {
      assert.ok(waited < 5_000, `${await counted()} of 300`)
      await sleep(50)
    }
    await events.flush()
    assert.equal(await counted(), 300)
  })

  test('are kept while the database refuses them, and the flush says so', async () => {
    await admin.script('revoke insert (id) on holdfast.event_staging from t_runtime')
    events.report(refusal())
    await assert.rejects(events.flush(), { code: 'unexpected' })
    await admin.script('grant insert (id) on holdfast.event_staging to t_runtime')
    await events.flush()
    assert.equal(await counted(), 1)
  })

  test('that do not fit the table leave their neighbours alone, and their loss is told', async () => {
    await admin.script("alter table holdfast.event_staging add constraint odd check (address <> 'bad')")
    for (let n = 0; n < 50; n++) events.report(refusal({ address: n === 20 ? 'bad' : `192.0.2.${n}` }))
    await events.flush()
    await sleep(50)
    assert.equal(await counted(), 49)
    assert.deepEqual(losses, [{ reason: 'refused', events: 1 }])
    await admin.script('alter table holdfast.event_staging drop constraint odd')
  })

  test('are bounded while the database is away, and none is lost uncounted', async () => {
    const small = createEvents({
      database,
      clock: systemClock,
      random: randomBytes,
      limit: 100,
      onLoss: (loss) => losses.push(loss),
    })
    for (let n = 0; n < 5_000; n++) small.report(refusal({ address: `address ${n}` }))
    await small.close()
    assert.equal(await counted(), 5_000)
    assert.ok((await staged()).length <= 102)
    assert.ok(losses.some(({ reason }) => reason === 'details'))
  })

  test('reported after the close are told as lost', async () => {
    const closed = createEvents({
      database,
      clock: systemClock,
      random: randomBytes,
      onLoss: (loss) => losses.push(loss),
    })
    await closed.close()
    closed.report(refusal())
    assert.deepEqual(losses, [{ reason: 'closed', events: 1 }])
  })
})

const ROLES = ['owner', 'runtime', 'accounts', 'jobs', 'readonly', 'backup', 'auditor']
