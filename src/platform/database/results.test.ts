import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { NOBODY } from '../../kernel/principal.ts'
import { type Fixture, one, startFixture, type Tables } from './cluster.fixture.ts'
import type { Database } from './database.ts'
import { openDatabase } from './open-database.ts'
import { runStatement } from './run-statement.ts'

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
