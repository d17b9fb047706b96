import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { NOBODY } from '../../kernel/principal.ts'
import { Refusal } from '../../kernel/refusal.ts'
import { Secret } from '../../kernel/secret.ts'
import { type Fixture, one, person, startFixture, type Tables } from './cluster.fixture.ts'
import type { Database } from './database.ts'
import { DatabaseError } from './errors.ts'
import { openDatabase } from './open-database.ts'
import { runStatement } from './run-statement.ts'

const [ADA, BOB] = [randomUUID(), randomUUID()]

let fixture: Fixture
let database: Database<Tables>

before(async () => {
  fixture = await startFixture()
  database = await openDatabase<Tables>(fixture.options())
})
after(async () => {
  await database.close()
  await fixture.stop()
})

const emptied = async (): Promise<void> => fixture.admin.script('truncate note; truncate open')

suite('a statement', { timeout: 60_000 }, () => {
  before(emptied)

  test('runs as the identity it was asked for, and row-level security shows only its rows', async () => {
    await database.as(person(ADA)).insertInto('note').values({ id: 1, owner: ADA, title: 'mine' }).execute()
    await database.as(person(BOB)).insertInto('note').values({ id: 2, owner: BOB, title: 'his' }).execute()
    assert.deepEqual(await database.as(person(ADA)).selectFrom('note').select('id').execute(), [{ id: 1 }])
    assert.deepEqual(await database.as(person(BOB)).selectFrom('note').select('id').execute(), [{ id: 2 }])
    assert.deepEqual(await database.as(NOBODY).selectFrom('note').selectAll().execute(), [])
  })

  test('tells how many rows it changed', async () => {
    const [updated] = await database.as(person(ADA)).updateTable('note').set({ title: 'still mine' }).execute()
    assert.equal(updated?.numUpdatedRows, 1n)
    const [missed] = await database.as(NOBODY).deleteFrom('note').execute()
    assert.equal(missed?.numDeletedRows, 0n)
  })

  test('is not written outside what its identity may write', async () => {
    const foreign = database.as(person(ADA)).insertInto('note').values({ id: 3, owner: BOB, title: 'x' })
    await assert.rejects(foreign.execute(), { name: 'Refusal', code: 'permission-missing' })
  })

  for (const [what, sql, parameters, code] of [
    ['a duplicate', 'insert into note values (1, $1, $2)', [ADA, 'x'], 'conflict'],
    ['a text too long', 'insert into note values (9, $1, $2)', [ADA, 'x'.repeat(21)], 'input-invalid'],
    ['a value its check forbids', 'insert into note values (9, $1, $2)', [ADA, 'forbidden'], 'input-invalid'],
    ['a missing value', 'insert into note values (9, $1, $2)', [ADA, null], 'input-invalid'],
    ['a reference to nothing', 'insert into note values (9, $1, $2, 77)', [ADA, 'x'], 'input-invalid'],
    ['text for a number', 'select $1::int', ['4111 1111 1111 1111'], 'input-invalid'],
    ['a NUL', 'select $1::text', ['a\0b'], 'input-invalid'],
    ['a table that is not there', 'select * from nothing', [], 'unexpected'],
    ['a table without a grant', 'select * from pg_authid', [], 'unexpected'],
    ['two statements in one', 'select 1; select 2', [], 'unexpected'],
    ['a value without meaning', 'select $1::text', [undefined], 'unexpected'],
    ['a begin', 'begin', [], 'unexpected'],
    ['a change of the session', "set search_path = 'x'", [], 'unexpected'],
  ] as const) {
    test(`with ${what} is refused as ${code}, and no value of it is told`, async () => {
      const error = await runStatement(database.as(person(ADA)), { sql, parameters }).then(
        () => assert.fail('was not refused'),
        (reason: unknown) => reason,
      )
      assert.ok(error instanceof Refusal)
      assert.equal(error.code, code)
      const told = `${error.message} ${error.cause instanceof Error ? `${error.cause.message} ${JSON.stringify(error.cause)}` : ''}`
      for (const value of parameters) if (typeof value === 'string') assert.ok(!told.includes(value), told)
    })
  }

  test('that is slow is stopped by the server and refused as overloaded', async () => {
    const hasty = await openDatabase<Tables>(fixture.options({ statementTimeout: 100, lanes: 1 }))
    await assert.rejects(one(hasty.as(NOBODY), 'select pg_sleep(5)'), { code: 'overloaded' })
    assert.equal(await one(hasty.as(NOBODY), 'select 1'), 1)
    await hasty.close()
  })

  test('does not open a transaction or a stream', async () => {
    const db = database.as(NOBODY)
    await assert.rejects(
      db.transaction().execute(async () => {}),
      /context\.transaction/,
    )
    await assert.rejects(db.startTransaction().execute(), /context\.transaction/)
    await assert.rejects(async () => {
      for await (const _ of db.selectFrom('open').selectAll().stream()) assert.fail('a row')
    }, /streaming is not supported/)
  })

  test('may not be made for what is no identity', () => {
    for (const identity of [
      { ...NOBODY, accountId: "x'|" },
      { ...NOBODY, tenantId: '' },
      { ...NOBODY, scope: 'god' as 'all' },
    ]) {
      assert.throws(() => database.as(identity), TypeError)
    }
  })
})

suite('a batch', { timeout: 60_000 }, () => {
  before(emptied)

  test('runs all its statements as one identity', async () => {
    const results = await database.batch(person(ADA), [
      { sql: 'insert into note values ($1, $2, $3)', parameters: [1, ADA, 'a'] },
      { sql: 'insert into note values ($1, $2, $3)', parameters: [2, ADA, 'b'] },
      { sql: 'select id from note order by id', parameters: [] },
    ])
    assert.deepEqual(results, [
      { rows: [], changed: 1 },
      { rows: [], changed: 1 },
      { rows: [{ id: 1 }, { id: 2 }], changed: 0 },
    ])
    assert.deepEqual(await database.batch(person(ADA), []), [])
  })

  test('is done as a whole or not at all', async () => {
    for (const last of [
      'insert into note values (1, $1)',
      'select * from nothing where $1 is null',
      'select 1/0 where $1::text is not null',
    ]) {
      const statements = [
        { sql: 'insert into note values (3, $1, $2)', parameters: [ADA, 'c'] },
        { sql: last, parameters: [ADA] },
      ]
      await assert.rejects(database.batch(person(ADA), statements), Refusal)
    }
    assert.equal(await one(database.as(person(ADA)), 'select count(*) from note'), 2)
  })
})

suite('a database', { timeout: 60_000 }, () => {
  before(emptied)
  // Waits for each to be gone, in milliseconds: one that dies later would take a later statement along.
  const killAll = (application: string): Promise<unknown> =>
    fixture.admin.query('select pg_terminate_backend(pid, 2000) from pg_stat_activity where application_name = $1', [
      application,
    ])

  test('whose connections are killed refuses what was in flight and is back by itself', async () => {
    const mine = await openDatabase<Tables>(fixture.options({ application: 'killed' }))
    const slow = one(mine.as(NOBODY), 'select pg_sleep(3)')
    const open = mine.transaction(person(ADA), async (tx) => {
      await tx.insertInto('note').values({ id: 1, owner: ADA, title: 'a' }).execute()
      await killAll('killed')
      await one(tx, 'select 1')
    })
    await assert.rejects(slow, { code: 'database-unavailable' })
    await assert.rejects(open, { code: 'database-unavailable' })
    // A connection that is dead on the other side shows it here only once its end has arrived: until then each may fail.
    assert.equal(await until(1, () => one(mine.as(NOBODY), 'select 1')), 1)
    const count = () => mine.transaction(person(ADA), (tx) => one(tx, 'select count(*) from note'))
    assert.equal(await until(0, count), 0)
    await mine.close()
  })

  test('that is down refuses at once, and recovers when it is up', async () => {
    const mine = await openDatabase<Tables>(fixture.options({ application: 'cut' }))
    await fixture.admin.script('alter role app nologin')
    await killAll('cut')
    await sleep(100)
    const begun = performance.now()
    for (const attempt of [
      one(mine.as(NOBODY), 'select 1'),
      mine.transaction(NOBODY, (tx) => one(tx, 'select 1')),
      mine.batch(NOBODY, [{ sql: 'select 1', parameters: [] }]),
    ]) {
      await assert.rejects(
        attempt,
        (error) =>
          error instanceof Refusal && error.code === 'database-unavailable' && error.options.retryAfterSeconds === 1,
      )
    }
    assert.equal(await mine.healthy(), false)
    assert.ok(performance.now() - begun < 100)
    await fixture.admin.script('alter role app login')
    for (let waited = 0; !(await mine.healthy()) && waited < 3_000; waited += 20) await sleep(20)
    assert.equal(await one(mine.as(NOBODY), 'select 1'), 1)
    await mine.close()
  })

  test('that can not be reached does not open', async () => {
    const nowhere = { ...fixture.connection, port: 1 }
    await assert.rejects(openDatabase(fixture.options({ connection: nowhere })), { code: 'database-unavailable' })
  })

  test('with a wrong password does not open, and says nothing of it', async () => {
    const wrong = { ...fixture.connection, password: new Secret('hunter2hunter2') }
    await assert.rejects(openDatabase(fixture.options({ connection: wrong })), (error) => {
      assert.ok(error instanceof Refusal && error.cause instanceof DatabaseError)
      assert.equal(error.cause.code, '28P01')
      assert.ok(!`${error.message} ${error.cause.message}`.includes('hunter2'))
      return true
    })
  })

  test('answers what is in flight before it closes, and then nothing', async () => {
    const mine = await openDatabase<Tables>(fixture.options({ application: 'closing' }))
    const slow = one(mine.as(NOBODY), 'select 7 from pg_sleep(0.2)')
    const open = mine.transaction(NOBODY, (tx) => one(tx, 'select 8 from pg_sleep(0.2)'))
    await sleep(20)
    const closed = mine.close()
    await assert.rejects(one(mine.as(NOBODY), 'select 1'), { code: 'shutting-down' })
    await assert.rejects(
      mine.transaction(NOBODY, async () => {}),
      { code: 'shutting-down' },
    )
    assert.deepEqual(await Promise.all([slow, open]), [7, 8])
    await closed
    await mine.close()
    const { rows } = await fixture.admin.query("select from pg_stat_activity where application_name = 'closing'")
    assert.equal(rows.length, 0)
  })

  test('speaks by Parse and Bind only, and bounds its sessions', async () => {
    const settings = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'timezone']
    const values = await Promise.all(
      settings.map((name) => one(database.as(NOBODY), 'select current_setting($1)', name)),
    )
    assert.deepEqual(values, ['5s', '4s', '10s', 'UTC'])
  })
})

/** Asks again while it fails, for two seconds at most. */
async function until(wanted: unknown, ask: () => Promise<unknown>): Promise<unknown> {
  const latest = performance.now() + 2_000
  for (;;) {
    const answer = await ask().catch((error: unknown) => error)
    if (answer === wanted || performance.now() > latest) return answer
    await sleep(20)
  }
}
