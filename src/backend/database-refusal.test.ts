import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Refusal, StartRefusal } from '../kernel/refusal.ts'
import { DatabaseError, unavailable } from '../platform/database/errors.ts'
import { type DatabaseSetting, databaseRefusal } from './database-refusal.ts'

const PLACE = { host: 'db.example', port: 5432, database: 'notes', tls: {} }
const ADMIN = 'HOLDFAST_ADMIN_DATABASE_URL'

const failure = (code: string, message = ''): DatabaseError => new DatabaseError({ code, message })

suite('a database that can not be had', () => {
  for (const [what, setting, error, says] of [
    [
      'nobody answers',
      'DATABASE_URL',
      unavailable(failure('ECONNREFUSED')),
      /reached at db\.example:5432 \(ECONNREFUSED\)$/,
    ],
    [
      'no such database',
      'DATABASE_URL',
      unavailable(failure('3D000')),
      /no database notes at .*; run holdfast migrate$/,
    ],
    [
      'no database to begin from',
      ADMIN,
      unavailable(failure('3D000')),
      /no database postgres at (?!.*holdfast migrate)/,
    ],
    [
      'a role it does not let in',
      'DATABASE_URL',
      unavailable(failure('28P01')),
      /roles of this backend in \(28P01\); run holdfast migrate/,
    ],
    [
      'a wrong password of the administrator',
      ADMIN,
      unavailable(failure('28P01')),
      /refuses the sign-in \(28P01\); check (?!.*holdfast migrate)/,
    ],
    [
      'an authority nobody knows',
      'DATABASE_URL',
      unavailable(failure('UNABLE_TO_VERIFY_LEAF_SIGNATURE')),
      /certificate .* does not verify .*sslrootcert=FILE/,
    ],
    [
      'a certificate for another host',
      ADMIN,
      unavailable(failure('ERR_TLS_CERT_ALTNAME_INVALID')),
      /certificate .* does not verify /,
    ],
    [
      'a server without TLS',
      'DATABASE_URL',
      unavailable(failure('08001', 'The server does not support SSL connections')),
      /\(The server does not support SSL connections\); by TCP there is always TLS: .*Unix socket/,
    ],
    [
      'an administrator who may too little',
      ADMIN,
      failure('42501', 'must be superuser to create replication users'),
      /may not do what is needed at db\.example:5432 \(must be superuser/,
    ],
  ] as const satisfies readonly (readonly [string, DatabaseSetting, Error, RegExp])[]) {
    test(`says so: ${what}`, () => {
      const refusal = databaseRefusal(error, setting, PLACE)
      assert.ok(refusal instanceof StartRefusal)
      assert.ok(refusal.message.startsWith(`${setting}: `))
      assert.match(refusal.message, says)
      assert.ok(!refusal.message.includes('\n'))
    })
  }

  for (const error of [
    failure('42501', 'permission denied'),
    failure('XX000'),
    new Refusal('unexpected'),
    new Error('?'),
  ])
    test(`is not what happened: ${error.message}`, () => {
      assert.equal(databaseRefusal(error, 'DATABASE_URL', PLACE), error)
    })
})
