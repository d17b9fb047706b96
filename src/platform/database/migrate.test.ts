import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { StartRefusal } from '../../kernel/refusal.ts'
import { DATABASE_ROLES } from '../declaration/database-roles.ts'
import { column, table } from '../declaration/index.ts'
import { country, diary, label, type MigrationFixture, note, startMigrationFixture, tag } from './migrate.fixture.ts'
import { compare, differenceLine, newMigration, refuseDrift, secureDatabase } from './migrate.ts'
import { additiveChange } from './migrate-additive.ts'

/** Holdfast's own, which come first. */
const OWN = readdirSync(new URL('../../../migrations', import.meta.url)).sort()

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

suite('migrations of an application', { concurrency: false }, () => {
  test('are asked for where the declaration has more than they give', async () => {
    await using database = await fixture.database()
    await assert.rejects(
      database.migrate(fixture.define([note])),
      refusal('database', /table note: is declared and not there.*migrate new/),
    )
  })

  test('are written from the difference, run, and leave no difference', async () => {
    const definition = fixture.define([note, tag, label, country, diary])
    await using database = await fixture.database()
    await assert.rejects(database.migrate(definition), StartRefusal)
    const path = await newMigration(await database.as('owner'), definition, 'first')
    assert.match(path ?? '', /0001_first\.sql$/)
    assert.deepEqual(await database.migrate(definition), ['0001_first.sql'])
    assert.deepEqual(await database.migrate(definition), [])
    assert.deepEqual(await lines(await database.as('auditor'), definition), [])
    assert.deepEqual(await lines(await database.as('owner'), definition), [])
    await refuseDrift(await database.as('auditor'), definition)
    assert.equal(await newMigration(await database.as('owner'), definition, 'nothing'), null)
  })

  test('grow with additive changes, and leave the others to a person', async () => {
    await using database = await fixture.database()
    await database.migrate(fixture.define([note, tag, label, country, diary]))
    const changedNote = table(
      'note',
      {
        id: column.uuid().primary(),
        workspace: column.uuid().plain(),
        owner: column.uuid().plain(),
        title: column.text({ min: 1, max: 40 }).plain(),
        stars: column.integer({ min: 0, max: 5 }).plain().default(0),
        created_at: column.timestamp().plain().generated(),
        pinned: column.boolean().plain().default(false),
        label: column.uuid().plain().nullable().references('label', 'id'),
        colour: column.text({ max: 9 }).plain(),
      },
      { tenant: 'workspace', owner: 'owner', sharedThrough: 'note_share' },
    )
    const loneLabel = table(
      'label',
      {
        id: column.uuid().primary(),
        workspace: column.uuid().plain(),
        name: column.text({ max: 20 }).plain().unique(),
      },
      { tenant: 'workspace' },
    )
    const change = await additiveChange(
      await database.as('owner'),
      fixture.define([changedNote, tag, loneLabel, country, diary]),
    )
    const sql = change.statements.join(';\n')
    assert.match(sql, /alter table app\.note add column if not exists pinned boolean not null default false/)
    assert.match(sql, /add column if not exists label uuid;/)
    assert.match(sql, /foreign key \(workspace, label\) references app\.label \(workspace, id\) on delete restrict/)
    assert.match(sql, /create index if not exists note_workspace_label_idx/)
    assert.doesNotMatch(sql, /colour varchar|drop column|varchar\(40\)/)
    assert.deepEqual(change.forAPerson.filter((line) => line.startsWith('table note: column')).sort(), [
      'table note: column code is not declared',
      'table note: column colour is declared and not there',
      'table note: column title is character varying(20) instead of character varying(40)',
    ])
    assert.ok(change.forAPerson.includes('table label: column about is not declared'))
  })

  test('may be done without in development, and then still take the file', async () => {
    const definition = fixture.define([
      note,
      tag,
      label,
      country,
      diary,
      table('later', { id: column.uuid().primary() }),
    ])
    await using database = await fixture.database()
    assert.deepEqual(await database.migrate(definition, true), [...OWN, '0001_first.sql', '(declaration)'])
    assert.deepEqual(await database.migrate(definition, true), [])
    await using fresh = await fixture.database()
    await assert.rejects(fresh.migrate(definition), StartRefusal)
    await newMigration(await fresh.as('owner'), definition, 'later')
    assert.deepEqual(await database.migrate(definition, true), ['0002_later.sql'])
    assert.deepEqual(await lines(await database.as('auditor'), definition), [])
  })

  test('wait for each other', async () => {
    const definition = fixture.define([
      note,
      tag,
      label,
      country,
      diary,
      table('later', { id: column.uuid().primary() }),
    ])
    await using database = await fixture.database()
    const results = await Promise.all([1, 2, 3].map(() => database.migrate(definition)))
    assert.deepEqual(results.map((names) => names.length).sort(), [0, 0, OWN.length + 2])
  })

  test('are rolled back when one is damaged, with file and line', async () => {
    const definition = fixture.define([
      note,
      tag,
      label,
      country,
      diary,
      table('later', { id: column.uuid().primary() }),
    ])
    await using database = await fixture.database()
    await fixture.write(
      '0003_damaged.sql',
      'create table app.half (id uuid primary key);\n\nalter tabel app.half add x uuid;\n',
    )
    await assert.rejects(
      database.migrate(definition),
      refusal('migration 0003_damaged.sql line 3', /syntax error at or near "tabel"/),
    )
    const { rows } = await database.admin.query(
      `select to_regclass('app.half') as half, to_regclass('app.later') as later`,
    )
    assert.deepEqual(rows, [{ half: null, later: 'app.later' }])
    await fixture.write('0003_damaged.sql', '-- repaired before it ever ran\nselect 1;\n')
    assert.deepEqual(await database.migrate(definition), ['0003_damaged.sql'])
  })

  test('refuse to start when one that ran has changed', async () => {
    const definition = fixture.define([
      note,
      tag,
      label,
      country,
      diary,
      table('later', { id: column.uuid().primary() }),
    ])
    await using database = await fixture.database()
    await database.migrate(definition)
    await fixture.write('0003_damaged.sql', 'select 2;\n')
    await assert.rejects(database.migrate(definition), refusal('migration 0003_damaged.sql', /has changed since/))
    await fixture.write('0003_damaged.sql', '-- repaired before it ever ran\nselect 1;\n')
  })
})

suite('a prepared database', { concurrency: false }, () => {
  test('is prepared again without a difference', async () => {
    await using database = await fixture.database()
    await secureDatabase({ admin: database.admin, definition: { name: 'test' } })
    const { rows } = await database.admin.query(
      `select has_database_privilege('public', current_database(), 'connect') as connect,
        has_database_privilege('public', current_database(), 'temporary') as temporary,
        has_database_privilege('test_backup', current_database(), 'connect') as backup,
        has_schema_privilege('public', 'public', 'usage') as usage`,
    )
    assert.deepEqual(rows, [{ connect: false, temporary: false, backup: false, usage: false }])
  })

  test('keeps passwords as SCRAM verifiers', async () => {
    const { rows } = await fixture.admin.query(
      `select rolpassword like 'SCRAM-SHA-256$%' as scram from pg_authid where rolname like 'test\\_%'`,
    )
    assert.deepEqual(
      rows,
      DATABASE_ROLES.map(() => ({ scram: true })),
    )
  })
})
