import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { type Identity, NOBODY } from '../../kernel/principal.ts'
import { Refusal } from '../../kernel/refusal.ts'
import { type Fixture, startFixture } from './cluster.fixture.ts'
import type { Database } from './database.ts'
import { DatabaseError } from './errors.ts'
import { openDatabase } from './open-database.ts'
import { runStatement } from './run-statement.ts'

interface Tables {
  note: { id: number; owner: string; title: string; twin_of: number | null }
  open: { id: number; text: string | null }
}

const person = (accountId: string): Identity => ({ accountId, tenantId: null, scope: 'own' })
const [ADA, BOB] = [randomUUID(), randomUUID()]

const one = async (db: Kysely<Tables>, sql: string, ...parameters: unknown[]): Promise<unknown> => {
  const { rows } = await runStatement(db, { sql, parameters })
  return Object.values(rows[0] ?? {})[0]
}

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

suite('thousands of statements in flight', { timeout: 120_000 }, () => {
  const people = Array.from({ length: 40 }, () => randomUUID())

  before(async () => {
    await emptied()
    for (const [n, owner] of people.entries()) {
      await database
        .as(person(owner))
        .insertInto('note')
        .values({ id: n, owner, title: `note ${n}` })
        .execute()
    }
  })

  test('each see their own identity and no other, whatever fails around them', async () => {
    const wide = await openDatabase<Tables>(fixture.options({ lanes: 2, queue: 10_000 }))
    const wrong = ['select * from nothing', 'select 1/0', "select 'x'::int", 'selec', 'select $1::int']
    const jobs = Array.from({ length: 6_000 }, async (_, n) => {
      const who = n % people.length
      const db = wide.as(n % 7 === 0 ? NOBODY : person(people[who] ?? ''))
      if (n % 5 === 0) {
        // Some of these texts fail at Parse, some at Bind, some at Execute; some are new each time.
        const sql = n % 2 === 0 ? (wrong[(n / 10) % wrong.length] ?? '') : `select ${n} from nothing`
        await assert.rejects(runStatement(db, { sql, parameters: sql.includes('$1') ? ['no number'] : [] }), Refusal)
      } else if (n % 3 === 0) {
        const text = `${n % 7 === 0 ? '' : people[who]}||own`
        assert.equal(await one(db, `select current_setting('holdfast.identity') as c${n % 50}`), text)
      } else {
        const rows = await db.selectFrom('note').select('id').execute()
        assert.deepEqual(rows, n % 7 === 0 ? [] : [{ id: who }])
      }
    })
    await Promise.all(jobs)
    await wide.close()
  })

  test('new to the connection all succeed, though the same text is asked for at once', async () => {
    const fresh = await openDatabase<Tables>(fixture.options({ lanes: 1 }))
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, n) => one(fresh.as(NOBODY), 'select $1::int + 1 as x', n)),
    )
    assert.deepEqual(
      answers,
      Array.from({ length: 300 }, (_, n) => n + 1),
    )
    await fresh.close()
  })

  test('with more texts than are kept prepared are all answered', async () => {
    const fresh = await openDatabase<Tables>(fixture.options({ lanes: 1 }))
    for (let round = 0; round < 3; round++) {
      const texts = Array.from({ length: 700 }, (_, n) => n)
      const answers = await Promise.all(texts.map((n) => one(fresh.as(NOBODY), `select ${n} as n`)))
      assert.deepEqual(answers, texts)
      const kept = await one(fresh.as(NOBODY), 'select count(*) from pg_prepared_statements')
      assert.ok(typeof kept === 'number' && kept <= 570, `${kept} are kept`)
    }
    await fresh.close()
  })

  test('leave nothing of their identity on the connection', async () => {
    assert.equal(await one(database.as(NOBODY), "select current_setting('holdfast.identity')"), '||own')
    const { rows } = await fixture.admin.query("select current_setting('holdfast.identity', true) as i")
    assert.equal(rows[0]?.i, null)
  })

  test('beyond the bound of the queue are refused at once as overloaded', async () => {
    const small = await openDatabase<Tables>(fixture.options({ lanes: 1, queue: 10 }))
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, () => one(small.as(NOBODY), 'select pg_sleep(0.001)')),
    )
    const refused = results.filter(({ status }) => status === 'rejected')
    assert.equal(refused.length, 200 - 64 - 10)
    for (const result of refused) assert.equal(result.status === 'rejected' && result.reason.code, 'overloaded')
    await small.close()
  })

  test('do not stand behind a slow one for long', async () => {
    const two = await openDatabase<Tables>(fixture.options({ lanes: 2 }))
    await Promise.all(Array.from({ length: 20 }, () => one(two.as(NOBODY), 'select 1')))
    await sleep(100)
    const slow = one(two.as(NOBODY), 'select pg_sleep(1)')
    await sleep(50)
    const begun = performance.now()
    await Promise.all(Array.from({ length: 20 }, () => one(two.as(NOBODY), 'select 1')))
    assert.ok(performance.now() - begun < 500)
    await slow
    await two.close()
  })
})

suite('a result', { timeout: 60_000 }, () => {
  for (const [sql, value] of [
    ['1::int2', 1],
    ['(-2147483648)::int4', -2147483648],
    ['9007199254740991::int8', 9007199254740991],
    ['(-9223372036854775808)::int8', -9223372036854775808n],
    ['count(*) from generate_series(1, 3)', 3],
    ['1.5::float8', 1.5],
    ["'NaN'::float8", Number.NaN],
    ['12345678901234567890.10::numeric', '12345678901234567890.10'],
    ['true', true],
    ['false', false],
    ['null::int', null],
    ["''::text", ''],
    ["'grüße 🙂'::text", 'grüße 🙂'],
    ["'a'::char(3)", 'a  '],
    ["'0190a000-0000-7000-8000-000000000000'::uuid", '0190a000-0000-7000-8000-000000000000'],
    ["'2026-02-28'::date", '2026-02-28'],
    ["'2026-02-28 12:34:56.789+02'::timestamptz", new Date('2026-02-28T10:34:56.789Z')],
    ["'2026-02-28 12:34:56+00'::timestamptz", new Date('2026-02-28T12:34:56Z')],
    ["'2026-02-28 12:34:56.001'::timestamp", new Date('2026-02-28T12:34:56.001Z')],
    ["'0044-03-15 BC'::timestamptz", new Date('-000043-03-15T00:00:00Z')],
    ["'12026-02-28 12:00+00'::timestamptz", new Date('+012026-02-28T12:00:00Z')],
    ["'infinity'::timestamptz", Number.POSITIVE_INFINITY],
    [`'{"a": [1, null, "x"]}'::jsonb`, { a: [1, null, 'x'] }],
    ["'null'::json", null],
    ["'\\x00ff'::bytea", Buffer.from([0, 255])],
    ['array[1, null, 3]', [1, null, 3]],
    [
      'array[[1, 2], [3, 4]]::int8[]',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [`array['a,b', 'c"d', '\\', null]`, ['a,b', 'c"d', '\\', null]],
    ["array['2026-02-28']::date[]", ['2026-02-28']],
    ["array['x', 'y']::word[]", ['x', 'y']],
    ["'{}'::word[]", []],
    ["array['good', 'bad']::mood[]", ['good', 'bad']],
    ["'good'::mood", 'good'],
    ["'x'::word", 'x'],
  ] as const) {
    test(`of ${sql} is ${value}`, async () => {
      assert.deepEqual(await one(database.as(NOBODY), `select ${sql}`), value)
    })
  }

  test('brings parameters back as they went', async () => {
    for (const [value, type] of [
      ['grüße 🙂', 'text'],
      ['x'.repeat(200_000), 'text'],
      [-1.5, 'float8'],
      [2n ** 60n, 'int8'],
      [false, 'bool'],
      [new Date(1), 'timestamptz'],
      [Buffer.from([0, 1, 2]), 'bytea'],
      [['a', 'b"\\', null, '{,}'], 'text[]'],
      [{ a: { b: [1] } }, 'jsonb'],
      [null, 'text'],
    ] as const) {
      assert.deepEqual(await one(database.as(NOBODY), `select $1::${type}`, value), value)
    }
  })

  test('may have many rows and no columns', async () => {
    const { rows } = await runStatement(database.as(NOBODY), {
      sql: "select n, repeat('x', 100) as text from generate_series(1, 50000) n",
      parameters: [],
    })
    assert.equal(rows.length, 50_000)
    assert.deepEqual(rows.at(-1), { n: 50_000, text: 'x'.repeat(100) })
    assert.deepEqual((await runStatement(database.as(NOBODY), { sql: 'select', parameters: [] })).rows, [{}])
  })

  test('may have one field of many megabytes', async () => {
    const text = await one(database.as(NOBODY), "select repeat('x', 20000000)")
    assert.equal(String(text).length, 20_000_000)
  })

  test('that would fill the memory is refused, and the lane lives on', async () => {
    const large = one(database.as(NOBODY), "select repeat('x', 1000000) from generate_series(1, 70)")
    await assert.rejects(large, { code: 'unexpected' })
    assert.equal(await one(database.as(NOBODY), 'select 1'), 1)
  })

  test('is right again after its table changed', async () => {
    await emptied()
    await database.as(NOBODY).insertInto('open').values({ id: 1, text: 'x' }).execute()
    const read = (): Promise<unknown> => database.as(NOBODY).selectFrom('open').selectAll().execute()
    assert.deepEqual(await read(), [{ id: 1, text: 'x' }])
    await fixture.admin.script('alter table open add column more integer default 7')
    assert.deepEqual(await Promise.all([read(), read(), read()]), Array(3).fill([{ id: 1, text: 'x', more: 7 }]))
    await fixture.admin.script('alter table open drop column more')
    assert.deepEqual(await read(), [{ id: 1, text: 'x' }])
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

suite('a database', { timeout: 60_000 }, () => {
  before(emptied)
  const killAll = (application: string): Promise<unknown> =>
    fixture.admin.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
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
    for (let waited = 0; !(await mine.healthy()) && waited < 2_000; waited += 20) await sleep(20)
    assert.equal(await one(mine.as(NOBODY), 'select 1'), 1)
    assert.equal(await mine.transaction(person(ADA), (tx) => one(tx, 'select count(*) from note')), 0)
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
    const { Secret } = await import('../../kernel/secret.ts')
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
