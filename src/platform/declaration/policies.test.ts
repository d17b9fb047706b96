import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import type { Scope } from '../../kernel/principal.ts'
import {
  country,
  createPeople,
  diary,
  label,
  type MigrationFixture,
  note,
  type People,
  startMigrationFixture,
  tag,
} from '../database/migrate.fixture.ts'
import type { Session } from '../database/open-session.ts'

let fixture: MigrationFixture
let runtime: Session
let admin: Session
let people: People
let mine: string
before(async () => {
  fixture = await startMigrationFixture()
  const database = await fixture.database()
  await database.migrate(fixture.define([note, tag, label, country, diary]), true)
  admin = database.admin
  people = await createPeople(admin)
  runtime = await database.as('runtime')
  mine = await make(people.ada, people.here)
})
after(() => fixture.stop())

/** Runs one statement with an identity, as the server does, and rolls it back unless `keep`. */
async function as(
  account: string | null,
  tenant: string | null,
  scope: Scope,
  sql: string,
  values: readonly unknown[] = [],
  keep = false,
): Promise<{ rows: readonly Record<string, unknown>[]; rowCount: number }> {
  await runtime.query('begin')
  try {
    await runtime.query(`select set_config('holdfast.identity', $1, true)`, [
      `${account ?? ''}|${tenant ?? ''}|${scope}`,
    ])
    const result = await runtime.query(sql, values)
    await runtime.query(keep ? 'commit' : 'rollback')
    return result
  } catch (error) {
    await runtime.query('rollback')
    throw error
  }
}

async function make(account: string, tenant: string): Promise<string> {
  const { rows } = await as(account, tenant, 'own', `insert into note (title) values ('mine') returning id`, [], true)
  return String(rows[0]?.id)
}

const share = async (access: 'read' | 'write'): Promise<void> => {
  await as(
    people.ada,
    people.here,
    'own',
    'insert into note_share (note, grantee, access) values ($1, $2, $3) on conflict do nothing',
    [mine, people.bob, access],
    true,
  )
}
const unshare = () => as(people.ada, people.here, 'own', 'delete from note_share', [], true)

const count = async (account: string | null, tenant: string | null, scope: Scope, sql: string): Promise<number> =>
  (await as(account, tenant, scope, sql, sql.includes('$1') ? [mine] : [])).rowCount

suite('row-level security of an owned table', { concurrency: false }, () => {
  const READ = 'select from note where id = $1'
  const WRITE = `update note set title = 'changed' where id = $1`
  const DELETE = 'delete from note where id = $1'
  for (const [who, account, tenant, scope, [read, write, remove]] of [
    ['the owner', 'ada', 'here', 'own', [1, 1, 1]],
    ['the owner in another tenant', 'ada', 'elsewhere', 'own', [0, 0, 0]],
    ['the owner in no tenant', 'ada', null, 'own', [0, 0, 0]],
    ['another of the tenant', 'bob', 'here', 'own', [0, 0, 0]],
    ['another of the tenant, at its scope', 'bob', 'here', 'tenant', [1, 1, 1]],
    ['somebody elsewhere', 'eve', 'elsewhere', 'own', [0, 0, 0]],
    ['somebody elsewhere, at the scope of that tenant', 'eve', 'elsewhere', 'tenant', [0, 0, 0]],
    ['anybody at scope all', 'eve', 'elsewhere', 'all', [1, 1, 1]],
    ['nobody', null, null, 'own', [0, 0, 0]],
    ['nobody, claiming a tenant', null, 'here', 'tenant', [0, 0, 0]],
    ['nobody, claiming scope all', null, null, 'all', [0, 0, 0]],
  ] as const) {
    test(`lets ${who} read ${read}, change ${write} and delete ${remove}`, async () => {
      const identity = [
        account === null ? null : people[account],
        tenant === null ? null : people[tenant],
        scope,
      ] as const
      assert.deepEqual(
        [await count(...identity, READ), await count(...identity, WRITE), await count(...identity, DELETE)],
        [read, write, remove],
      )
    })
  }

  test('shows nothing to a connection that never said who asks', async () => {
    assert.equal((await runtime.query('select from note')).rowCount, 0)
  })

  for (const [access, write] of [
    ['read', 0],
    ['write', 1],
  ] as const) {
    test(`lets who was given a share to ${access} see it, change ${write}, never delete it or lend it on`, async () => {
      await share(access)
      try {
        const bob = [people.bob, people.here, 'own'] as const
        assert.deepEqual(
          [await count(...bob, READ), await count(...bob, WRITE), await count(...bob, DELETE)],
          [1, write, 0],
        )
        assert.equal(await count(...bob, `update note_share set access = 'write' where note = $1`), 0)
        await assert.rejects(
          as(...bob, `insert into note_share (note, grantee, access) values ($1, $2, 'read')`, [mine, people.ada]),
          { code: '23503' },
        )
        assert.equal(await count(people.eve, people.elsewhere, 'own', READ), 0)
        assert.equal(await count(people.bob, people.elsewhere, 'own', READ), 0)
      } finally {
        await unshare()
      }
    })
  }

  for (const [what, sql, values, code] of [
    ['make a row for somebody else', `insert into note (title, owner) values ('x', $1)`, ['bob'], '42501'],
    ['make a row in another tenant', `insert into note (title, workspace) values ('x', $1)`, ['elsewhere'], '42501'],
    ['change the owner', 'update note set owner = $1', ['bob'], '42501'],
    ['change the tenant', 'update note set workspace = $1', ['elsewhere'], '42501'],
    ['change the id', 'update note set id = $1', ['bob'], '42501'],
    ['say when it was made', `insert into note (title, created_at) values ('x', now())`, [], '42501'],
    [
      'lend beyond the tenant',
      `insert into note_share (note, grantee, access) select id, $1, 'read' from note`,
      ['eve'],
      '23503',
    ],
    ['write a control character', `insert into note (title) values (e'a\\x01b')`, [], '23514'],
    ['write a line break on one line', `insert into note (title) values (e'a\\nb')`, [], '23514'],
    ['write C1 characters', `insert into note (title) values (U&'a\\0085b')`, [], '23514'],
    ['write nothing', `insert into note (title) values ('')`, [], '23514'],
    ['write too much', `insert into note (title) values (repeat('x', 21))`, [], '22001'],
    ['write past the bounds', `insert into note (title, stars) values ('x', 6)`, [], '23514'],
    ['write what does not match', `insert into note (title, code) values ('x', 'ab-1')`, [], '23514'],
  ] as const) {
    test(`never lets an owner ${what}`, async () => {
      const given = values.map((name) => people[name])
      await assert.rejects(as(people.ada, people.here, 'own', sql, given), { code })
    })
  }

  test('holds the one who makes a row to their own name and tenant at wider scopes too', async () => {
    for (const scope of ['tenant', 'all'] as const) {
      await assert.rejects(
        as(people.ada, people.here, scope, `insert into note (title, owner) values ('x', $1)`, [people.bob]),
        { code: '42501' },
      )
      assert.equal((await as(people.ada, people.here, scope, `insert into note (title) values ('x')`)).rowCount, 1)
    }
  })
})

suite('row-level security of a child', { concurrency: false }, () => {
  const READ = 'select from tag where note = $1'
  const INSERT = `insert into tag (note, word) values ($1, 'new')`
  const WRITE = 'update tag set weight = 0.5 where note = $1'
  const DELETE = 'delete from tag where note = $1'
  before(async () => {
    await as(people.ada, people.here, 'own', `insert into tag (note, word) values ($1, 'a')`, [mine], true)
  })

  test('follows its parent', async () => {
    const ada = [people.ada, people.here, 'own'] as const
    const bob = [people.bob, people.here, 'own'] as const
    assert.deepEqual(
      [await count(...ada, READ), await count(...ada, INSERT), await count(...ada, WRITE), await count(...ada, DELETE)],
      [1, 1, 1, 1],
    )
    assert.deepEqual([await count(...bob, READ), await count(...bob, WRITE), await count(...bob, DELETE)], [0, 0, 0])
    await assert.rejects(count(...bob, INSERT), { code: '42501' })
    assert.equal(await count(people.eve, people.elsewhere, 'all', READ), 1)
    assert.equal(await count(null, null, 'all', READ), 0)
  })

  test('follows a share: to read, or to write', async () => {
    const bob = [people.bob, people.here, 'own'] as const
    await share('read')
    assert.deepEqual([await count(...bob, READ), await count(...bob, WRITE), await count(...bob, DELETE)], [1, 0, 0])
    await assert.rejects(count(...bob, INSERT), { code: '42501' })
    await unshare()
    await share('write')
    assert.deepEqual(
      [await count(...bob, READ), await count(...bob, INSERT), await count(...bob, WRITE), await count(...bob, DELETE)],
      [1, 1, 1, 1],
    )
    await unshare()
  })

  test('stays with its parent', async () => {
    await assert.rejects(as(people.ada, people.here, 'own', 'update tag set note = $1', [randomUUID()]), {
      code: '42501',
    })
  })
})

suite('row-level security of tables without an owner', { concurrency: false }, () => {
  test('gives a tenant’s table to its members to read, and to its scope to write', async () => {
    const insert = `insert into label (name) values ('red') returning id`
    await assert.rejects(as(people.ada, people.here, 'own', insert), { code: '42501' })
    await as(people.ada, people.here, 'tenant', insert, [], true)
    assert.equal(await count(people.bob, people.here, 'own', 'select from label'), 1)
    assert.equal(await count(people.bob, people.here, 'own', 'delete from label'), 0)
    assert.equal(await count(people.eve, people.elsewhere, 'tenant', 'select from label'), 0)
    assert.equal(await count(null, people.here, 'tenant', 'select from label'), 0)
  })

  test('keeps names unique within a tenant, without telling another', async () => {
    const insert = `insert into label (name) values ('red')`
    await assert.rejects(as(people.ada, people.here, 'tenant', insert), { code: '23505' })
    assert.equal((await as(people.eve, people.elsewhere, 'tenant', insert)).rowCount, 1)
  })

  test('lets no reference cross from one tenant to another', async () => {
    const insert = `insert into label (name, about) values ('blue', $1)`
    assert.equal((await as(people.ada, people.here, 'tenant', insert, [mine])).rowCount, 1)
    await assert.rejects(as(people.eve, people.elsewhere, 'tenant', insert, [mine]), { code: '23503' })
  })

  test('gives reference data to everybody signed in, to write at scope tenant or all', async () => {
    const insert = `insert into country (code, "user") values ('at', 'x')`
    await assert.rejects(as(people.ada, people.here, 'own', insert), { code: '42501' })
    await as(people.ada, people.here, 'all', insert, [], true)
    assert.equal(await count(people.eve, null, 'own', 'select from country'), 1)
    assert.equal(await count(null, null, 'all', 'select from country'), 0)
  })

  test('keeps what has an owner and no tenant to its owner, at scope tenant too', async () => {
    await as(people.ada, people.here, 'own', `insert into diary (text) values (e'a\\nb')`, [], true)
    assert.equal(await count(people.ada, null, 'own', 'select from diary'), 1)
    assert.equal(await count(people.bob, people.here, 'tenant', 'select from diary'), 0)
    assert.equal(await count(people.bob, people.here, 'all', 'select from diary'), 1)
  })
})

suite('the other roles', { concurrency: false }, () => {
  test('stay as long as their rows, and their tenant as long as they', async () => {
    await assert.rejects(admin.query('delete from holdfast.tenant_member where account_id = $1', [people.ada]), {
      code: '23503',
    })
    await assert.rejects(admin.query('delete from holdfast.tenant where id = $1', [people.here]), { code: '42501' })
  })
})
