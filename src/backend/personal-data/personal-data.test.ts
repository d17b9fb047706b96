import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { column, defineBackend, minutes, table } from '../../index.ts'
import { type BackendSuite, type TestBackend, testBackend } from '../../testing.ts'
import { SOURCES } from './kept-about.ts'

const letter = table(
  'letter',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    owner: column.uuid().plain(),
    text: column.text({ max: 200 }).personal(),
    secret: column.text({ max: 200 }).sensitive().nullable(),
    written_at: column.timestamp().plain().generated(),
  },
  { tenant: 'workspace', owner: 'owner', sharedThrough: 'letter_share' },
)
const stamp = table(
  'stamp',
  {
    letter: column.uuid().primary(),
    number: column.integer({ min: 0, max: 100_000 }).primary(),
  },
  { parent: { table: 'letter', column: 'letter' } },
)
/** Owned, and in no tenant. */
const habit = table(
  'habit',
  { id: column.uuid().primary(), person: column.uuid().plain(), text: column.text({ max: 200 }).personal() },
  { owner: 'person' },
)
/** Nobody's: reference data. */
const country = table('country', { id: column.uuid().primary(), name: column.text({ max: 100 }).plain() })
/** Somebody's, and refers to what may be another's. */
const answerTo = table(
  'answer_to',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    owner: column.uuid().plain(),
    letter: column.uuid().plain().references('letter', 'id'),
  },
  { tenant: 'workspace', owner: 'owner' },
)

const definition = defineBackend({
  name: 'letters',
  title: 'Letters',
  tables: [letter, stamp, habit, country, answerTo],
  permissions: { 'letter:read': 'Read letters' },
  roles: { member: ['letter:read'] },
  routes() {},
})

interface Export {
  readonly kept: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> & {
    readonly account: { readonly email: string }
  }
  readonly tables: Readonly<
    Record<
      string,
      {
        readonly classification: Readonly<Record<string, string>>
        readonly rows: readonly Readonly<Record<string, unknown>>[]
      }
    >
  >
  readonly leftOut: readonly string[]
}

suite('personal data', () => {
  let backends: BackendSuite
  before(async () => {
    backends = await testBackend(definition)
  })
  after(() => backends?.close())

  suite('taken along', () => {
    test('holds what is kept about its person and what they own, and nothing of others', async () => {
      await using backend = await backends.fresh()
      const [ada, bob] = [await letters(backend, 1), await letters(backend, 2)]
      await share(backend, bob, ada)
      const { status, headers, body } = await backend.as('member').get<Export>('/auth/account/export')
      assert.equal(status, 200)
      assert.match(headers['content-disposition'] ?? '', /attachment/)
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(body.kept.account.email, ada.email)
      assert.deepEqual(Object.fromEntries(Object.entries(body.tables).map(([name, { rows }]) => [name, rows.length])), {
        letter: 2,
        letter_share: 1,
        stamp: 1,
        habit: 1,
        answer_to: 0,
      })
      assert.deepEqual(body.tables.letter?.rows.map(({ text }) => text).toSorted(), ['hidden by ada', 'written by ada'])
      assert.deepEqual(
        ['text', 'secret', 'owner'].map((name) => body.tables.letter?.classification[name]),
        ['personal', 'sensitive', 'plain'],
      )
      assert.equal(body.kept.memberships?.length, 1)
      assert.equal(body.kept.passwords?.length, 1)
      assert.ok((body.kept.sessions?.length ?? 0) > 0)
      assert.ok(body.kept.events?.some(({ name, byThemselves }) => name === 'session_created' && byThemselves))
      assert.deepEqual(body.leftOut, [])
      // Of Bob only that he lent something, by its number.
      assert.ok(!JSON.stringify(body).includes('bob') && !JSON.stringify(body).includes(bob.email))
    })

    test('tells of what others did to them without telling who', async () => {
      await using backend = await backends.fresh()
      const [{ accountId }, admin] = [backend.person('member'), backend.person('admin')]
      await backend.database.query(
        `insert into holdfast.event_staging (id, at, name, result, account_id, object, address, fields)
         values ($1, now(), 'authz_role_granted', 'success', $2, 'role lead', '192.0.2.7', jsonb_build_object('role', 'lead', 'account', $3::text))`,
        [randomUUID(), admin.accountId, accountId],
      )
      const { body } = await backend.as('member').get<Export>('/auth/account/export')
      const told = body.kept.events?.find(({ name }) => name === 'authz_role_granted')
      assert.deepEqual(told && { ...told, at: '' }, {
        at: '',
        name: 'authz_role_granted',
        result: 'success',
        byThemselves: false,
        object: null,
        address: null,
        fields: null,
      })
      assert.ok(!JSON.stringify(body).includes(admin.accountId))
    })

    test('holds no secret and nothing that secrets are compared with', async () => {
      await using backend = await backends.fresh()
      const { accountId } = backend.person('member')
      const planted = randomBytes(32)
      await backend.database.query(
        `insert into holdfast.recovery_code (code_hash, account_id, created_at) values ($1, $2, now())`,
        [planted, accountId],
      )
      await backend.database.query(
        `insert into holdfast.totp (account_id, sealed_secret, confirmed_at) values ($1, $2, now())`,
        [accountId, planted],
      )
      // The session was made before, so it is asked for with the factor it has.
      const { text, status } = await backend.as('member').get('/auth/account/export')
      assert.equal(status, 403, 'a session of one factor does not do, where there is a second')
      assert.ok(!text.includes('argon2'))
      const owner = await backend.as('owner').get<Export>('/auth/account/export')
      assert.equal(owner.status, 200)
      for (const form of ['hex', 'base64', 'base64url'] as const)
        assert.ok(!owner.text.includes(planted.toString(form)))
      assert.ok(!owner.text.includes('argon2'))
      assert.equal(owner.body.kept.passkeys?.length, 1)
    })

    test('reads every built-in table that names an account', async () => {
      await using backend = await backends.fresh()
      const { rows } = await backend.database.query(
        `select distinct conrelid::regclass::text as name from pg_constraint
         where contype = 'f' and confrelid = 'holdfast.account'::regclass and connamespace = 'holdfast'::regnamespace`,
      )
      const read = Object.values(SOURCES).map((source) => source.table)
      assert.deepEqual(
        rows.map(({ name }) => String(name)).filter((name) => !read.includes(name)),
        [],
      )
    })

    test('asks for a recent proof of who somebody is', async () => {
      await using backend = await backends.fresh()
      const member = backend.as('member')
      assert.equal((await member.get('/auth/account/export')).status, 200)
      await backend.clock.advance(minutes(6))
      const { status, body } = await member.get<{ code: string }>('/auth/account/export')
      assert.deepEqual([status, body.code], [403, 'step-up-required'])
      assert.equal((await member.get('/account/data')).headers.location, '/confirm?next=%2Faccount%2Fdata')
      assert.equal((await backend.anonymous.get('/auth/account/export')).status, 401)
    })

    test('holds more rows than one page of them', async () => {
      await using backend = await backends.fresh()
      const { accountId, tenantId } = backend.person('member')
      const id = await put(backend, accountId, tenantId, 'written by ada')
      await backend.database.query(
        `insert into app.stamp (letter, number) select $1, n from generate_series(1, 1203) as n`,
        [id],
      )
      const { body } = await backend.as('member').get<Export>('/auth/account/export')
      assert.deepEqual(
        body.tables.stamp?.rows.map(({ number }) => number),
        Array.from({ length: 1203 }, (_, index) => index + 1),
      )
    })
  })

  suite('erased', () => {
    test('is gone from every table, and what others own stays', async () => {
      await using backend = await backends.fresh()
      const [ada, bob] = [await letters(backend, 1), await letters(backend, 2)]
      await share(backend, bob, ada)
      await share(backend, ada, bob)
      const elsewhere = backend.as('member')
      assert.equal((await elsewhere.get('/auth/session')).status, 200)
      const { status, headers } = await backend.as('member').delete('/auth/account')
      assert.equal(status, 204)
      assert.match(headers['set-cookie'] ?? '', /__Host-session=;/)

      assert.equal((await elsewhere.get('/auth/session')).status, 401)
      const left = await mentionsOf(backend, ada.accountId)
      // Append-only: a number, and no name.
      assert.deepEqual([...new Set(left)], ['holdfast.event_staging'])
      assert.deepEqual(await mentionsOf(backend, ada.email), [])
      const { rows } = await backend.database.query('select text from app.letter order by text')
      assert.deepEqual(
        rows.map(({ text }) => text),
        ['hidden by bob', 'written by bob'],
      )
      const { rows: counted } = await backend.database.query(
        `select (select count(*) from app.stamp)::int as stamps, (select count(*) from app.letter_share)::int as shares,
           (select count(*) from app.habit)::int as habits, (select count(*) from holdfast.tenant where id = $1)::int as tenants`,
        [ada.tenantId],
      )
      // The tenant has others in it.
      assert.deepEqual(counted, [{ stamps: 1, shares: 0, habits: 1, tenants: 1 }])
      const again = await backend.anonymous.post('/auth/sign-in', { email: ada.email, password: ada.password })
      assert.equal(again.status, 401)
    })

    test('is told by mail, and is an event', async () => {
      await using backend = await backends.fresh()
      const { email, accountId } = backend.person('member')
      await backend.as('member').delete('/auth/account')
      const [mail] = await backend.mailTo(email)
      assert.match(mail?.subject ?? '', /erased/)
      const events = await backend.events((all) => all.some(({ name }) => name === 'user_erased'))
      assert.deepEqual(events.find(({ name }) => name === 'user_erased')?.fields, { account: accountId })
    })

    test('takes a workspace along that nobody else is in', async () => {
      await using backend = await backends.fresh()
      const { accountId } = backend.person('member')
      const alone = randomUUID()
      await backend.database.query(`insert into holdfast.tenant (id, name, created_at) values ($1, 'Alone', now())`, [
        alone,
      ])
      await backend.database.query(
        'insert into holdfast.tenant_member (tenant_id, account_id, manages, joined_at) values ($1, $2, true, now())',
        [alone, accountId],
      )
      await put(backend, accountId, alone, 'written there')
      assert.equal((await backend.as('member').delete('/auth/account')).status, 204)
      const { rows } = await backend.database.query(
        `select (select count(*) from holdfast.tenant where id = $1)::int as tenants, (select count(*) from app.letter)::int as letters`,
        [alone],
      )
      assert.deepEqual(rows, [{ tenants: 0, letters: 0 }])
    })

    test('is not the last owner', async () => {
      await using backend = await backends.fresh()
      const { rows } = await backend.database.query(`select account_id from holdfast.account_role where role = 'owner'`)
      const [, ...others] = rows
      const { accountId } = backend.person('owner')
      await backend.database.query(`delete from holdfast.account_role where role = 'owner' and account_id <> $1`, [
        accountId,
      ])
      assert.ok(others.length > 0)
      const owner = backend.as('owner')
      const { status, body } = await owner.delete<{ code: string }>('/auth/account')
      assert.deepEqual([status, body.code], [409, 'last-owner'])
      assert.equal((await owner.get('/auth/session')).status, 200)
    })

    test('is nothing at all where what others own refers to it', async () => {
      await using backend = await backends.fresh()
      const [ada, bob] = [await letters(backend, 1), await letters(backend, 2)]
      await backend.database.query('insert into app.answer_to (workspace, owner, letter) values ($1, $2, $3)', [
        bob.tenantId,
        bob.accountId,
        ada.letter,
      ])
      const { status, body } = await backend.as('member').delete<{ code: string }>('/auth/account')
      assert.deepEqual([status, body.code], [409, 'conflict'])
      const { rows } = await backend.database.query(
        `select (select count(*) from app.letter where owner = $1)::int as letters, (select count(*) from app.habit where person = $1)::int as habits,
           (select disabled_at is null from holdfast.account where id = $1) as in_use`,
        [ada.accountId],
      )
      assert.deepEqual(rows, [{ letters: 2, habits: 1, in_use: true }])
    })

    test('is asked for on the page by typing one’s address', async () => {
      await using backend = await backends.fresh()
      const { email } = backend.person('member')
      const member = backend.as('member')
      assert.match((await member.get('/account')).text, /href="\/account\/data"/)
      assert.match((await member.get('/account/data')).text, new RegExp(email))
      const wrong = await member.post('/account/erase', new URLSearchParams({ email: 'somebody@else.example' }))
      assert.equal(wrong.status, 400)
      assert.match(wrong.text, /not the address of this account/)
      assert.equal((await member.get('/account')).status, 200)
      const gone = await member.post('/account/erase', new URLSearchParams({ email: email.toUpperCase() }))
      assert.equal(gone.status, 200)
      assert.match(gone.text, /erased/)
      assert.equal((await member.get('/auth/session')).status, 401)
    })
  })
})

/** Somebody of tenant A with two letters, a stamp on the first, a habit. */
async function letters(backend: TestBackend, number: 1 | 2) {
  const person = backend.person('member', { number })
  const name = number === 1 ? 'ada' : 'bob'
  const { accountId, tenantId } = person
  const id = await put(backend, accountId, tenantId, `written by ${name}`)
  await put(backend, accountId, tenantId, `hidden by ${name}`)
  await backend.database.query('insert into app.stamp (letter, number) values ($1, $2)', [id, number])
  await backend.database.query('insert into app.habit (person, text) values ($1, $2)', [accountId, `habit of ${name}`])
  return { ...person, letter: id }
}

async function put(backend: TestBackend, owner: string, workspace: string, text: string): Promise<string> {
  const { rows } = await backend.database.query(
    'insert into app.letter (owner, workspace, text) values ($1, $2, $3) returning id::text',
    [owner, workspace, text],
  )
  return String(rows[0]?.id)
}

interface Lender {
  readonly accountId: string
  readonly tenantId: string
  readonly letter: string
}

const share = (backend: TestBackend, from: Lender, to: Lender) =>
  backend.database.query(
    `insert into app.letter_share (letter, owner, workspace, grantee, access) values ($1, $2, $3, $4, 'read')`,
    [from.letter, from.accountId, from.tenantId, to.accountId],
  )

/** The tables in whose rows a text stands, whatever the column. */
async function mentionsOf({ database }: TestBackend, text: string): Promise<readonly string[]> {
  const { rows } = await database.query(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1`,
  )
  const found: string[] = []
  for (const { name } of rows) {
    const hits = await database.query(`select 1 from ${String(name)} as t where strpos(t::text, $1) > 0 limit 1`, [
      text,
    ])
    if (hits.rows.length > 0) found.push(String(name))
  }
  return found
}
