import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Refusal } from '../../kernel/refusal.ts'
import { DatabaseError, toRefusal } from './errors.ts'

const report = (code: string) =>
  new DatabaseError({ code, message: 'invalid input: "4111 1111 1111 1111"', table: 'card', constraint: 'card_check' })

suite('an error of the database', () => {
  for (const [code, problem] of [
    ['08006', 'database-unavailable'],
    ['57P01', 'database-unavailable'],
    ['57P03', 'database-unavailable'],
    ['53300', 'database-unavailable'],
    ['28P01', 'database-unavailable'],
    ['3D000', 'database-unavailable'],
    ['23505', 'conflict'],
    ['23P01', 'conflict'],
    ['23001', 'conflict'],
    ['40001', 'conflict'],
    ['40P01', 'conflict'],
    ['23502', 'input-invalid'],
    ['23503', 'input-invalid'],
    ['23514', 'input-invalid'],
    ['22001', 'input-invalid'],
    ['22003', 'input-invalid'],
    ['22021', 'input-invalid'],
    ['22P02', 'input-invalid'],
    ['57014', 'overloaded'],
    ['55P03', 'overloaded'],
    ['53200', 'overloaded'],
    ['25P03', 'overloaded'],
    ['42501', 'unexpected'],
    ['42P01', 'unexpected'],
    ['P0001', 'unexpected'],
    ['XX000', 'unexpected'],
    ['', 'unexpected'],
  ] as const) {
    test(`${code} is refused as ${problem}, in the words of the refusal`, () => {
      const refusal = toRefusal(report(code))
      assert.equal(refusal.code, problem)
      assert.ok(!refusal.message.includes('4111'))
      const retry = problem === 'database-unavailable' || problem === 'overloaded' ? 1 : undefined
      assert.equal(refusal.options.retryAfterSeconds, retry)
    })
  }

  for (const code of ['22P02', '23505', '23514', 'P0001', 'XX000', '54000']) {
    test(`${code} keeps for the log what tells no values`, () => {
      const error = report(code)
      assert.equal(error.message, `SQLSTATE ${code} at card by card_check`)
      assert.ok(!JSON.stringify(error).includes('4111'))
      assert.equal(error.code, code)
    })
  }

  test('by a policy is a missing permission, by a grant is our mistake', () => {
    const policy = new DatabaseError({ code: '42501', message: '', routine: 'ExecWithCheckOptions' })
    assert.equal(toRefusal(policy).code, 'permission-missing')
    assert.equal(toRefusal(report('42501')).code, 'unexpected')
  })

  for (const code of [
    'ECONNREFUSED',
    'ENOENT',
    'EPIPE',
    'ENOTFOUND',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'CERT_HAS_EXPIRED',
  ]) {
    test(`of the connection (${code}) is a database that can not be reached`, () => {
      assert.equal(toRefusal(Object.assign(new Error('x'), { code })).code, 'database-unavailable')
    })
  }

  test('that is a refusal already stays what it is', () => {
    const refusal = new Refusal('conflict')
    assert.equal(toRefusal(refusal), refusal)
  })

  test('of no known kind is unexpected', () => {
    for (const odd of [null, undefined, 'x', new Error('x'), { code: '23505' }])
      assert.equal(toRefusal(odd).code, 'unexpected')
  })
})
