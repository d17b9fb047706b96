import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, beforeEach, suite, test } from 'node:test'
import { NOBODY } from '../../../kernel/principal.ts'
import type { Clock } from '../../../kernel/time.ts'
import type { Database } from '../../../platform/database/database.ts'
import { openDatabase } from '../../../platform/database/open-database.ts'
import { openSession, type Session } from '../../../platform/database/open-session.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import { type ScratchCluster, startScratchCluster } from '../../../platform/postgres/index.ts'
import { lookAtEnrolment, openEnrolment, useEnrolment } from './enrolment.ts'

// Only the tables that enrolment touches: the whole schema is tested where it is made.
const SCHEMA = `
create schema holdfast;
create table holdfast.account_role (account_id uuid not null, role text not null);
create table holdfast.one_time_link (
  token_hash bytea primary key check (octet_length(token_hash) = 32), purpose text not null, tenant_id uuid,
  created_at timestamptz not null, expires_at timestamptz not null, used_at timestamptz
);
create function holdfast.account_id() returns uuid language sql as 'select null::uuid'`

suite('the first owner’s enrolment', { timeout: 60_000 }, () => {
  let cluster: ScratchCluster
  let accounts: Database<HoldfastTables>
  let admin: Session
  let now = Date.now()
  const clock: Clock = { now: () => now }
  const random = (bytes: number): Buffer => randomBytes(bytes)
  const open = async (): Promise<string> => {
    const token = await openEnrolment({ accounts, random, clock })
    assert.ok(token !== null)
    return token.release()
  }
  const use = (token: string): Promise<void> =>
    accounts.transaction(NOBODY, (tx) => useEnrolment(tx, token, clock.now()))
  const look = (token: string): Promise<void> => lookAtEnrolment(accounts.as(NOBODY), token, clock.now())

  before(async () => {
    cluster = await startScratchCluster()
    admin = await openSession({ connection: cluster.admin, application: 'test' })
    await admin.script(SCHEMA)
    accounts = await openDatabase<HoldfastTables>({ connection: cluster.admin, application: 'test' })
  })
  beforeEach(async () => {
    now = Date.now()
    await admin.script('truncate holdfast.account_role, holdfast.one_time_link')
  })
  after(async () => {
    await accounts?.close()
    await admin?.close()
    await cluster?.stop()
  })

  test('gives a token of 256 bits, of which only the hash is stored', async () => {
    const token = await open()
    assert.match(token, /^[\w-]{43}$/)
    const { rows } = await admin.query('select encode(token_hash, $1) as hash from holdfast.one_time_link', ['base64'])
    assert.equal(rows.length, 1)
    assert.ok(!JSON.stringify(rows).includes(token.slice(0, 20)))
  })

  test('lets a token in once', async () => {
    const token = await open()
    await use(token)
    await assert.rejects(use(token), { code: 'link-invalid' })
  })

  test('lets one of many in that come at once', async () => {
    const token = await open()
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => use(token)))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  test('leaves the token good when what it was for failed', async () => {
    const token = await open()
    const failing = accounts.transaction(NOBODY, async (tx) => {
      await useEnrolment(tx, token, now)
      throw new Error('no account')
    })
    await assert.rejects(failing)
    await use(token)
  })

  test('voids what was opened before', async () => {
    const earlier = await open()
    const later = await open()
    await assert.rejects(use(earlier), { code: 'link-invalid' })
    await use(later)
  })

  test('ends after an hour', async () => {
    const token = await open()
    now += 3_600_000
    await assert.rejects(use(token), { code: 'link-invalid' })
    now -= 1
    await use(token)
  })

  test('is closed once there is an owner, for links that are open too', async () => {
    const token = await open()
    await admin.query(`insert into holdfast.account_role values ($1, 'owner')`, [randomUUID()])
    assert.equal(await openEnrolment({ accounts, random, clock }), null)
    await assert.rejects(use(token), { code: 'link-invalid' })
  })

  test('lets a token be looked at as often as one likes', async () => {
    const token = await open()
    await look(token)
    await look(token)
    await use(token)
    await assert.rejects(look(token), { code: 'link-invalid' })
  })

  for (const [what, spoil] of [
    ['that is none', () => randomBytes(32).toString('base64url')],
    ['that was cut off', (token: string) => token.slice(0, -1)],
    [
      'whose hour is over',
      (token: string) => {
        now += 3_600_000
        return token
      },
    ],
    [
      'after which another was opened',
      async (token: string) => {
        await open()
        return token
      },
    ],
    [
      'that an owner came before',
      async (token: string) => {
        await admin.query(`insert into holdfast.account_role values ($1, 'owner')`, [randomUUID()])
        return token
      },
    ],
  ] satisfies [string, (token: string) => string | Promise<string>][])
    test(`shows nobody a form for a token ${what}`, async () => {
      const token = await open()
      await assert.rejects(look(await spoil(token)), { code: 'link-invalid' })
    })

  test('is open while there are accounts of other roles', async () => {
    await admin.query(`insert into holdfast.account_role values ($1, 'member')`, [randomUUID()])
    await use(await open())
  })

  for (const [flaw, change] of [
    ['altered', (token: string) => `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`],
    ['shortened', (token: string) => token.slice(1)],
    ['lengthened', (token: string) => `${token}A`],
    ['empty', () => ''],
    ['something else', () => "' or true --"],
  ] as const) {
    test(`refuses a token that is ${flaw}`, async () => {
      const token = await open()
      await assert.rejects(use(change(token)), { code: 'link-invalid' })
      await use(token)
    })
  }

  test('is no place for an invitation', async () => {
    const token = await open()
    await admin.script(`update holdfast.one_time_link set purpose = 'invitation'`)
    await assert.rejects(use(token), { code: 'link-invalid' })
  })
})
