import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { type Identity, NOBODY } from '../../kernel/principal.ts'
import { Secret } from '../../kernel/secret.ts'
import { identityText } from './identity.ts'
import { encodeParameters } from './parameter.ts'
import { assertStatementKind } from './statement-kind.ts'

suite('an identity', () => {
  test('is one text that the database takes apart', () => {
    const [accountId, tenantId] = [randomUUID(), randomUUID()]
    assert.equal(identityText({ accountId, tenantId, scope: 'tenant' }), `${accountId}|${tenantId}|tenant`)
    assert.equal(identityText({ accountId, tenantId: null, scope: 'all' }), `${accountId}||all`)
    assert.equal(identityText(NOBODY), '||own')
  })

  for (const [what, wrong] of [
    ['an empty account', { accountId: '' }],
    ['an account with a bar', { accountId: `${randomUUID()}|` }],
    ['an account with a line behind it', { accountId: `${randomUUID()}\n` }],
    ['a tenant that is none', { tenantId: 'tenant' }],
    ['an undefined tenant', { tenantId: undefined as unknown as null }],
    ['an object for an account', { accountId: { toString: () => randomUUID() } as unknown as string }],
    ['another scope', { scope: 'everything' as 'all' }],
  ] satisfies readonly (readonly [string, Partial<Identity>])[]) {
    test(`with ${what} is refused`, () => {
      assert.throws(() => identityText({ ...NOBODY, ...wrong }), TypeError)
    })
  }
})

suite('a statement on a lane', () => {
  for (const sql of [
    'select 1',
    ' SELECT 1',
    '(select 1) union select 2',
    '-- why\nselect 1',
    '/* a */ /* b */ with x as (select 1) select',
    '/* /* a */ */--\rselect 1',
    '/*/**/*/((values (1)))',
    'insert into x',
    'table x',
    'create table x ()',
  ]) {
    test(`may be: ${JSON.stringify(sql)}`, () => assertStatementKind(sql, 'lane'))
  }

  for (const sql of [
    '',
    ';',
    ';begin',
    'begin',
    'BEGIN',
    'start transaction',
    'commit',
    'end',
    'rollback',
    'abort',
    'savepoint x',
    'release x',
    'prepare x as select 1',
    "prepare transaction 'x'",
    'execute x',
    'deallocate all',
    'discard all',
    'set role x',
    'reset all',
    'listen x',
    'copy x from stdin',
    'call x()',
    "do 'begin commit; end'",
    'declare c cursor with hold for select 1',
    'lock x',
    'vacuum',
    '-- select\nbegin',
    '/* select */ commit',
    '/* /* select */ */ begin',
    '/* /* */ select */ begin',
    '/*/ select /*/*/ */ */ begin',
    '/* select',
    '--\rbegin --\nselect',
    '/**/--\r\n/**/ (commit',
    '-- select',
    'selectx',
    'select\0; begin',
  ]) {
    test(`may not be: ${JSON.stringify(sql)}`, () => {
      assert.throws(() => assertStatementKind(sql, 'lane'), TypeError)
    })
  }

  test('may set points to return to within a transaction, but not end it', () => {
    for (const sql of [
      'savepoint a',
      'release a',
      'rollback to a',
      'ROLLBACK  TO a',
      'lock x',
      'set local lock_timeout = 1',
      'set constraints all deferred',
    ]) {
      assertStatementKind(sql, 'transaction')
    }
    for (const sql of [
      'rollback',
      'commit',
      'set x = 1',
      'set session x = 1',
      'prepare x as select 1',
      'rollback to_x',
    ]) {
      assert.throws(() => assertStatementKind(sql, 'transaction'), TypeError)
    }
  })
})

suite('parameters', () => {
  for (const [what, value, wire] of [
    ['a text', "x'", "x'"],
    ['a number', -0.5, '-0.5'],
    ['a large number', 1e21, '1e+21'],
    ['a bigint', 12n, '12'],
    ['a boolean', true, 'true'],
    ['nothing', null, null],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an array', ['a', 'b"\\', null, 1, true], '{"a","b\\"\\\\",NULL,"1","true"}'],
    ['an array in an array', [['a'], []], '{{"a"},{}}'],
    ['an array of bytes', [Buffer.from([1, 255])], '{"\\\\x01ff"}'],
    ['an object', { a: [1] }, '{"a":[1]}'],
  ] as const) {
    test(`with ${what} travel as text`, () => {
      assert.deepEqual(encodeParameters([value]), [wire])
    })
  }

  for (const [what, value] of [
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['an invalid date', new Date(Number.NaN)],
    ['a date beyond the calendar', new Date(Date.UTC(12_026, 0))],
    ['a secret', new Secret('x')],
    ['a map', new Map()],
    ['undefined in an array', [undefined]],
  ] as const) {
    test(`with ${what} are refused`, () => {
      assert.throws(() => encodeParameters([value]), TypeError)
    })
  }

  test('are bounded in number', () => {
    assert.throws(() => encodeParameters(Array(65_536).fill('')), TypeError)
  })
})
