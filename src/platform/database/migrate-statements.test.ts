import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { StartRefusal } from '../../kernel/refusal.ts'
import { splitMigration } from './migrate-statements.ts'

const NAMES = { owner: 'my_owner', runtime: 'my_runtime' }
const split = (text: string): readonly string[] => splitMigration('f.sql', text, NAMES).map(({ sql }) => sql)

suite('a migration', () => {
  for (const [what, text, statements] of [
    ['is split at semicolons', 'select 1; select 2', ['select 1', 'select 2']],
    ['may end without one', 'select 1;;\n', ['select 1']],
    ['gets role names for placeholders', 'grant x to :owner, :runtime', ['grant x to "my_owner", "my_runtime"']],
    ['keeps casts', 'select a::owner, b:: runtime', ['select a::owner, b:: runtime']],
    ['keeps other colons', 'select a[1:2], :other', ['select a[1:2], :other']],
    ['keeps strings', `select ':owner; it''s'`, [`select ':owner; it''s'`]],
    ['keeps strings with escapes', String.raw`select e'\';:owner', E'x'`, [String.raw`select e'\';:owner', E'x'`]],
    [
      'takes a backslash before a quote as itself in ordinary strings',
      String.raw`select '\', :owner`,
      [String.raw`select '\', "my_owner"`],
    ],
    ['keeps quoted names', 'select ":owner;"', ['select ":owner;"']],
    ['keeps line comments', 'select 1 -- :owner; \n, 2', ['select 1 -- :owner; \n, 2']],
    ['keeps nested comments', 'select /* a /* :owner; */ ; */ 1', ['select /* a /* :owner; */ ; */ 1']],
    [
      'keeps dollar quotes',
      'do $a$ begin; :owner $$ end $a$; select 1',
      ['do $a$ begin; :owner $$ end $a$', 'select 1'],
    ],
    [
      'knows parameters from dollar quotes',
      'select $1; select a$b$c; select 2',
      ['select $1', 'select a$b$c', 'select 2'],
    ],
    ['is nothing where only comments are', '-- a; b\n/* c */', []],
  ] as const) {
    test(what, () => assert.deepEqual(split(text), statements))
  }

  test('knows where each statement begins', () => {
    assert.deepEqual(
      splitMigration('f.sql', '-- first\n\nselect 1;\n\n-- second\nselect\n2; select 3', NAMES).map(({ line }) => line),
      [3, 6, 7],
    )
  })

  for (const [flaw, text, where] of [
    ['a string that does not end', "select 1;\nselect 'a", 'f.sql line 2'],
    ['a comment that does not end', '/* /* */', 'f.sql line 1'],
    ['a dollar quote that does not end', '\ndo $$ x', 'f.sql line 2'],
    ['a quoted name that does not end', 'select "a', 'f.sql line 1'],
    ['begin', 'begin; select 1', 'f.sql line 1'],
    ['commit after a comment', '-- x\n/* y */ commit', 'f.sql line 2'],
    ['rollback to', 'select 1;\nROLLBACK to x', 'f.sql line 2'],
  ] as const) {
    test(`is refused for ${flaw}`, () => {
      assert.throws(
        () => split(text),
        (error) => error instanceof StartRefusal && error.where === where,
      )
    })
  }
})
