import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { column } from '../declaration/column.ts'
import { table } from '../declaration/table.ts'
import { DatabaseError } from './errors.ts'
import { type MigrationFixture, startMigrationFixture } from './migrate.fixture.ts'
import type { Session } from './open-session.ts'

const place = table('place', {
  id: column.uuid().primary(),
  title: column.text({ max: 40, name: true }).plain(),
})

let fixture: MigrationFixture
let admin: Session
before(async () => {
  fixture = await startMigrationFixture()
  const database = await fixture.database()
  await database.migrate(fixture.define([place]), true)
  admin = database.admin
})
after(() => fixture.stop())

suite('a column that holds a name', () => {
  for (const [what, title] of [
    ['an override of the direction', 'ab\u202e'],
    ['an isolate', 'ab\u2066'],
    ['a zero-width blank', 'a\u200bb'],
    ['a byte order mark', '\ufeffab'],
    ['a soft hyphen', 'a\u00adb'],
    ['a variation selector', 'ab\ufe0f'],
    ['a tag', 'ab\u{e0041}'],
    ['a line break', 'a\nb'],
    ['nothing', ''],
  ] as const) {
    test(`takes none with ${what}, whoever writes it`, async () => {
      await assert.rejects(
        admin.query('insert into app.place (title) values ($1)', [title]),
        (error) => error instanceof DatabaseError && error.code === '23514',
      )
    })
  }

  test('takes what people are called', async () => {
    for (const title of ['Ada', 'علی‌رضا', '한국', '\u{1f9ff} x'])
      assert.equal((await admin.query('insert into app.place (title) values ($1)', [title])).rowCount, 1)
  })
})
