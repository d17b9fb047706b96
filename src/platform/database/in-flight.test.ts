import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { NOBODY } from '../../kernel/principal.ts'
import { Refusal } from '../../kernel/refusal.ts'
import { type Fixture, one, person, startFixture, type Tables } from './cluster.fixture.ts'
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
