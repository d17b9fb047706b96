import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { PROBLEMS } from '../../../kernel/refusal.ts'
import { findLeak, WATCHED } from './leak-watch.ts'

suite('the leak watch', () => {
  for (const [leak, text] of [
    ['stack-trace', 'boom\n    at handler (server.js:12:5)'],
    ['stack-trace', '{"detail":"boom\\n    at async Object.<anonymous> (x.ts:1:2)"}'],
    ['stack-trace', "TypeError: Cannot read properties of undefined (reading 'id')"],
    ['file-path', 'ENOENT in /home/app/server.js'],
    ['file-path', 'file:///srv/app.ts'],
    ['file-path', 'C:\\Users\\app'],
    ['file-path', 'see node_modules for more'],
    ['database-error', 'relation "note" does not exist'],
    ['database-error', '{"detail":"relation \\"note\\" does not exist"}'],
    ['database-error', 'duplicate key value violates unique constraint "note_pkey"'],
    ['database-error', 'invalid input syntax for type uuid: "x"'],
    ['database-error', 'password authentication failed for user "notes_runtime"'],
    ['statement', 'select "id" from "note" where "id" = $1'],
    ['statement', 'insert into "note" ("title") values ($1)'],
    ['system-error', 'connect ECONNREFUSED 10.0.0.5:5432'],
    ['secret', '-----BEGIN PRIVATE KEY-----'],
    ['secret', '$argon2id$v=19$m=19456'],
    ['secret', 'postgres://runtime:hunter2@db/notes'],
    ['secret', 'SCRAM-SHA-256$15000:abc'],
  ] as const) {
    test(`knows ${JSON.stringify(text.slice(0, 50))} for a ${leak}`, () => assert.equal(findLeak(text), leak))
  }

  for (const text of [
    ...Object.values(PROBLEMS).map(({ title }) => title),
    'body/title must have at most 200 characters',
    'Meet at 10:30 in the room from the list',
    'select a role from the list, or update it',
    'query/page must be a whole number',
    'the address /notes/5 is gone',
    'sign in at https://example.org/sign-in',
    'send application/json',
  ]) {
    test(`lets ${JSON.stringify(text.slice(0, 50))} pass`, () => assert.equal(findLeak(text), null))
  }

  test('looks through the largest text in a few milliseconds, whatever it is made of', () => {
    for (const unit of [
      'a',
      '\n    at ',
      'relation "',
      ' from "',
      'http://',
      'eyJ',
      '-----BEGIN ',
      '/',
      '\\n',
      'a:b@',
      'at x:1',
    ]) {
      const text = unit.repeat(Math.ceil(WATCHED / unit.length))
      const before = performance.now()
      findLeak(text)
      assert.ok(performance.now() - before < 400, `${JSON.stringify(unit)} took ${performance.now() - before} ms`)
    }
  })
})
