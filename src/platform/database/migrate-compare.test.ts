import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { StartRefusal } from '../../kernel/refusal.ts'
import { column, table } from '../declaration/index.ts'
import { country, diary, label, type MigrationFixture, note, startMigrationFixture, tag } from './migrate.fixture.ts'
import { compare, differenceLine, refuseDrift } from './migrate.ts'

let fixture: MigrationFixture
before(async () => {
  fixture = await startMigrationFixture()
})
after(() => fixture.stop())

const lines = async (...arguments_: Parameters<typeof compare>) => (await compare(...arguments_)).map(differenceLine)
const refusal = (where: RegExp | string, what: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StartRefusal, String(error))
  assert.match(error.where, new RegExp(where))
  assert.match(error.message, what)
  assert.doesNotMatch(error.message, /\n/)
  return true
}

suite('drift', { concurrency: false }, () => {
  const definition = () =>
    fixture.define([note, tag, label, country, diary, table('later', { id: column.uuid().primary() })])

  for (const [what, statement, expected, undo] of [
    [
      'a dropped policy',
      'drop policy note_select on app.note',
      ['table note: policy note_select is declared and not there'],
    ],
    [
      'a changed policy',
      'alter policy note_select on app.note using (true)',
      ['table note: policy note_select was changed in the database'],
    ],
    [
      'an added policy',
      'create policy more on app.note for select to public using (true)',
      ['table note: policy more was added in the database'],
    ],
    [
      'row-level security switched off',
      'alter table app.note disable row level security',
      ['table note: row-level security is off'],
    ],
    [
      'row-level security not forced',
      'alter table app.note no force row level security',
      ['table note: row-level security is not forced'],
    ],
    [
      'a wider grant',
      'grant update (owner) on app.note to test_runtime',
      ['table note: is granted too widely: test_runtime UPDATE (owner)'],
    ],
    [
      'a grant to everybody',
      'grant select on app.note to public',
      ['table note: is granted too widely: public SELECT'],
    ],
    [
      'a missing grant',
      'revoke delete on app.note from test_runtime',
      ['table note: is not granted: test_runtime DELETE'],
    ],
    [
      'a role with too much',
      'alter role test_runtime bypassrls',
      ['role test_runtime: bypasses row-level security'],
      'alter role test_runtime nobypassrls',
    ],
    [
      'a membership',
      'grant pg_read_server_files to test_readonly',
      ['role test_readonly: is a member of pg_read_server_files'],
      'revoke pg_read_server_files from test_readonly',
    ],
    [
      'an unsafe search path',
      'alter role test_runtime set search_path = public, app',
      ['role test_runtime: search_path is public, app instead of pg_catalog, app, pg_temp'],
      'alter role test_runtime set search_path = pg_catalog, app, pg_temp',
    ],
  ] as const) {
    test(`by ${what} is found, and put right by what migrates and prepares`, async () => {
      await using database = await fixture.database()
      await database.migrate(definition(), true)
      await database.admin.query(statement)
      try {
        assert.deepEqual(await lines(await database.as('auditor'), definition()), expected)
        await assert.rejects(refuseDrift(await database.as('auditor'), definition()), refusal('database', /:/))
        if (undo === undefined) {
          await database.migrate(definition())
          assert.deepEqual(await lines(await database.as('auditor'), definition()), [])
        }
      } finally {
        if (undo !== undefined) await database.admin.query(undo)
      }
    })
  }

  for (const [what, statement, expected] of [
    [
      'a table that is not declared',
      'create table app.extra ()',
      'table extra: stands in schema app and is not declared',
    ],
    [
      'a column that is not declared',
      'alter table app.note add extra uuid',
      'table note: column extra is not declared',
    ],
    [
      'a wider column',
      'alter table app.note alter title type varchar(300)',
      'table note: column title is character varying(300) instead of character varying(20)',
    ],
    [
      'a column that may be null',
      'alter table app.note alter title drop not null',
      'table note: column title is nullable',
    ],
    [
      'a dropped check',
      'alter table app.note drop constraint note_title_check',
      'table note: constraint note_title_check is declared and not there',
    ],
    [
      'a weaker check',
      `alter table app.note drop constraint note_title_check, add constraint note_title_check check (true)`,
      'table note: constraint note_title_check was changed in the database',
    ],
    [
      'a check that is not validated',
      `alter table app.note drop constraint note_stars_check, add constraint note_stars_check check (stars between 0 and 5) not valid`,
      'table note: constraint note_stars_check was changed in the database',
    ],
    [
      'another default',
      `alter table app.note alter stars set default 5`,
      'table note: default stars was changed in the database',
    ],
    [
      'another owner',
      'alter table app.note owner to test_runtime',
      'table note: belongs to test_runtime instead of test_owner',
    ],
    [
      'a grant on the passwords',
      'grant select on holdfast.password to test_runtime',
      'holdfast.password: may be used by others than the migrations say',
    ],
    [
      'a changed event log',
      'grant update on holdfast.event_staging to test_runtime',
      'holdfast.event_staging: may be used by others than the migrations say',
    ],
  ] as const) {
    test(`by ${what} is found, and left to a person`, async () => {
      await using database = await fixture.database()
      await database.migrate(definition(), true)
      await database.admin.query(statement)
      const found = await lines(await database.as('auditor'), definition())
      assert.ok(found.includes(expected), found.join('\n'))
      await assert.rejects(database.migrate(definition()), StartRefusal)
    })
  }

  test('from the declaration is found: a changed bound is not hidden by other migrations', async () => {
    await using database = await fixture.database()
    await database.migrate(definition(), true)
    const stricter = table('later', { id: column.uuid().primary() })
    const tighterTag = table(
      'tag',
      {
        note: column.uuid().primary(),
        word: column.text({ max: 40 }).primary(),
        weight: column.number({ min: 0, max: 2 }).plain().default(1),
      },
      { parent: { table: 'note', column: 'note' } },
    )
    const changed = fixture.define([
      note,
      tighterTag,
      label,
      country,
      diary,
      stricter,
      table('more', { id: column.uuid().primary() }),
    ])
    await assert.rejects(
      database.migrate(changed, true),
      refusal('database', /table tag: constraint tag_weight_check differs from the declaration/),
    )
  })
})
