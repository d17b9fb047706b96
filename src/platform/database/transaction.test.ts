import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { NOBODY } from '../../kernel/principal.ts'
import { Refusal } from '../../kernel/refusal.ts'
import { type Fixture, one, person, startFixture, type Tables } from './cluster.fixture.ts'
import type { Database } from './database.ts'
import { openDatabase } from './open-database.ts'

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

suite('a transaction', { timeout: 60_000 }, () => {
  before(emptied)

  test('is committed when its work is done', async () => {
    const result = await database.transaction(person(ADA), async (tx) => {
      await tx.insertInto('note').values({ id: 1, owner: ADA, title: 'a' }).execute()
      await tx.insertInto('note').values({ id: 2, owner: ADA, title: 'b' }).execute()
      return one(tx, "select current_setting('holdfast.identity')")
    })
    assert.equal(result, `${ADA}||own`)
    assert.equal(await one(database.as(person(ADA)), 'select count(*) from note'), 2)
  })

  test('is rolled back when its work throws, with that error', async () => {
    const work = database.transaction(person(ADA), async (tx) => {
      await tx.insertInto('note').values({ id: 3, owner: ADA, title: 'c' }).execute()
      throw new RangeError('changed my mind')
    })
    await assert.rejects(work, { name: 'RangeError' })
    assert.equal(await one(database.as(person(ADA)), 'select count(*) from note'), 2)
  })

  test('is not committed when a failure in it was swallowed', async () => {
    const work = database.transaction(person(ADA), async (tx) => {
      await tx.insertInto('note').values({ id: 3, owner: ADA, title: 'c' }).execute()
      await tx
        .insertInto('note')
        .values({ id: 1, owner: ADA, title: 'again' })
        .execute()
        .catch(() => {})
    })
    await assert.rejects(work, { code: 'conflict' })
    assert.equal(await one(database.as(person(ADA)), 'select count(*) from note'), 2)
  })

  test('whose first statement fails leaves nothing behind for the next', async () => {
    const alone = await openDatabase<Tables>(fixture.options({ transactions: 1 }))
    for (const sql of ['select * from nothing', 'select 1/0', 'commit', 'select $1']) {
      await assert.rejects(
        alone.transaction(person(ADA), (tx) => one(tx, sql)),
        Refusal,
      )
      const state = await alone.transaction(person(BOB), (tx) => one(tx, "select current_setting('holdfast.identity')"))
      assert.equal(state, `${BOB}||own`)
    }
    await alone.close()
  })

  test('can go back to a savepoint', async () => {
    await database.transaction(person(ADA), async (tx) => {
      await one(tx, 'savepoint here')
      await assert.rejects(one(tx, 'select 1/0'), { code: 'input-invalid' })
      await one(tx, 'rollback to here')
      await tx.insertInto('note').values({ id: 4, owner: ADA, title: 'd' }).execute()
    })
    assert.equal(await one(database.as(person(ADA)), 'select count(*) from note'), 3)
  })

  test('cannot be used when it is over', async () => {
    let kept: Kysely<Tables> | undefined
    await database.transaction(person(ADA), async (tx) => {
      kept = tx
      await one(tx, 'select 1')
    })
    assert.ok(kept !== undefined)
    await assert.rejects(one(kept, 'select 1'), { code: 'unexpected' })
  })

  test('runs the statements it did not wait for before it is committed', async () => {
    await database.transaction(person(ADA), async (tx) => {
      void tx.insertInto('note').values({ id: 5, owner: ADA, title: 'e' }).execute()
      void tx.insertInto('note').values({ id: 6, owner: ADA, title: 'f' }).execute()
    })
    assert.equal(await one(database.as(person(ADA)), 'select count(*) from note'), 5)
  })

  test('refused at its commit is not done', async () => {
    await fixture.admin.script('alter table note add constraint late unique (title) deferrable initially deferred')
    const work = database.transaction(person(ADA), (tx) =>
      tx.insertInto('note').values({ id: 7, owner: ADA, title: 'a' }).execute(),
    )
    await assert.rejects(work, { code: 'conflict' })
    assert.equal(await one(database.as(person(ADA)), 'select count(*) from note'), 5)
    await fixture.admin.script('alter table note drop constraint late')
  })

  test('waits for a connection, and not longer than a statement may take', async () => {
    const alone = await openDatabase<Tables>(fixture.options({ transactions: 1, statementTimeout: 300, queue: 2 }))
    const holding = alone.transaction(NOBODY, async (tx) => {
      await one(tx, 'select 1')
      await sleep(600)
    })
    await sleep(20)
    const waiting = await Promise.allSettled(
      Array.from({ length: 3 }, () => alone.transaction(NOBODY, (tx) => one(tx, 'select 1'))),
    )
    for (const result of waiting) assert.equal(result.status === 'rejected' && result.reason.code, 'overloaded')
    await holding
    assert.equal(await alone.transaction(NOBODY, (tx) => one(tx, 'select 1')), 1)
    await alone.close()
  })

  test('fits in number to its connections', async () => {
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, n) => database.transaction(person(ADA), (tx) => one(tx, 'select $1::int', n))),
    )
    assert.deepEqual(
      results,
      Array.from({ length: 60 }, (_, n) => n),
    )
    const { rows } = await fixture.admin.query(
      "select count(*)::int as n from pg_stat_activity where application_name = 'test'",
    )
    assert.ok(Number(rows[0]?.n) <= 9)
  })
})
