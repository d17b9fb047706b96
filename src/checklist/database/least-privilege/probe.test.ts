import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Claim, type Evidence, Unproved } from '../../../kernel/claim.ts'
import { checkEffort } from '../../../kernel/effort.ts'
import { keepEvidence } from '../../../kernel/evidence.fixture.ts'
import type { SabotagePlan } from '../../../kernel/sabotage.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import type { DatabaseRole, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import {
  country,
  createPeople,
  type MigrationFixture,
  note,
  type People,
  type Prepared,
  startMigrationFixture,
  tag,
} from '../../../platform/database/migrate.fixture.ts'
import { roleName } from '../../../platform/declaration/database-roles.ts'
import type { BackendDefinition } from '../../../platform/declaration/definition.ts'
import { item } from './index.ts'

let fixture: MigrationFixture
let definition: BackendDefinition
before(async () => {
  fixture = await startMigrationFixture()
  definition = fixture.define([note, tag])
})
after(() => fixture.stop())

const CLAIMS = item.claims.filter((claim) => claim.on !== 'original')

suite('the proof of least privilege', { concurrency: false }, () => {
  test('holds on a prepared database, with both sides of evidence', async () => {
    await using database = await prepared()
    for (const claim of item.claims) {
      const evidence = await prove(claim, database)
      assert.deepEqual(
        evidence.filter(({ ok }) => !ok),
        [],
        claim.id,
      )
      for (const side of ['positive', 'negative'] as const)
        assert.ok(
          evidence.some((each) => each.side === side),
          `${claim.id} has no ${side} side`,
        )
    }
  })

  test('of the original holds as the auditor, who looks at a deployed database and may use no schema of its rows', async () => {
    await using database = await prepared()
    const original = item.claims.find(({ id }) => id === 'original')
    assert.ok(original)
    const failed = async (): Promise<readonly string[]> => {
      const auditor = await database.database.as('auditor')
      try {
        const evidence = await prove(original, { ...database, admin: auditor })
        return evidence.filter(({ ok }) => !ok).map(({ tried }) => tried)
      } finally {
        await auditor.close()
      }
    }
    assert.deepEqual(await failed(), [])
    await database.admin.script('alter table app.note no force row level security; grant truncate on app.tag to public')
    const seen = await failed()
    for (const part of [/row-level security of app.note is forced/, /tables open to everybody/, /may do to app.tag/])
      assert.ok(
        seen.some((tried) => part.test(tried)),
        `${part}: ${seen.join('; ')}`,
      )
  })

  test('tries at least forty things as each role that serves', async () => {
    await using database = await prepared()
    for (const id of ['runtime-confined', 'accounts-confined', 'readonly-confined', 'auditor-confined']) {
      const claim = CLAIMS.find((each) => each.id === id)
      assert.ok(claim)
      const refused = (await prove(claim, database)).filter(({ side }) => side === 'negative')
      assert.ok(refused.length >= 40, `${id}: ${refused.length}`)
    }
  })

  test('tries the tables that belong to nobody too, and says of which there is no row', async () => {
    const rowSecurity = CLAIMS.find(({ id }) => id === 'row-security')
    assert.ok(rowSecurity)
    await using database = await prepared(fixture.define([note, tag, country]))
    await assert.rejects(prove(rowSecurity, database), new Unproved('no row could be made to ask for in country'))
    await database.admin.query(`insert into app.country (code, "user") values ('AT', 'x')`)
    const evidence = await prove(rowSecurity, database)
    for (const name of ['country', 'note_share'])
      assert.ok(
        evidence.some(({ side, tried }) => side === 'positive' && tried.startsWith(`rows of ${name} `)),
        name,
      )
    assert.ok(evidence.every(({ ok }) => ok))
  })

  for (const sabotage of item.sabotages) {
    test(`sees that it breaks: ${sabotage.name}`, async () => {
      await using database = await prepared()
      const undo: string[] = []
      const statements: string[] = []
      const refuse = (): never => assert.fail('only statements are planted here')
      const plan: SabotagePlan<unknown> = {
        control: refuse,
        setting: refuse,
        server: refuse,
        host: refuse,
        sql(statement, back) {
          statements.push(statement)
          if (back !== undefined) undo.push(back)
        },
      }
      sabotage.plant(plan)
      try {
        for (const statement of statements) await database.admin.script(statement)
        for (const id of sabotage.caughtBy) {
          const claim = CLAIMS.find((each) => each.id === id)
          assert.ok(claim, id)
          const evidence = await prove(claim, database)
          assert.ok(
            evidence.some(({ ok }) => !ok),
            `${id} did not see it`,
          )
        }
      } finally {
        for (const statement of undo) await database.admin.script(statement)
      }
    })
  }
})

interface Place extends AsyncDisposable {
  readonly definition: BackendDefinition
  readonly database: Prepared
  readonly admin: Prepared['admin']
  readonly people: People
}

async function prepared(declared: BackendDefinition = definition): Promise<Place> {
  const database = await fixture.database()
  await database.migrate(declared, true)
  return {
    definition: declared,
    database,
    admin: database.admin,
    people: await createPeople(database.admin),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

async function prove(
  claim: Claim,
  { definition: declared, database, admin, people }: Place,
): Promise<readonly Evidence[]> {
  const { evidence, ...keeping } = keepEvidence()
  const who = (accountId: string, tenant: 'A' | 'B'): TwinIdentity => ({
    name: `member-${tenant}`,
    accountId,
    email: '',
    password: '',
    role: 'member',
    tenant,
    tenantId: tenant === 'A' ? people.here : people.elsewhere,
  })
  const absent = (): never => assert.fail('this claim says that it needs the database alone')
  const context: ProbeContext = {
    effort: checkEffort(0),
    surface: { name: 'test', routes: [ROUTE], roles: {}, permissions: [], tables: declared.tables },
    identities: [],
    identity: (_role, tenant = 'A') => who(tenant === 'A' ? people.ada : people.eve, tenant),
    async example(_route, { as }) {
      const { rows } = await admin.query(
        `insert into app.note (workspace, owner, title) values ($1, $2, 'seed') returning id::text`,
        [as.tenantId, as.accountId],
      )
      const id = String(rows[0]?.id)
      await admin.query(`insert into app.tag (note, word) values ($1, 'seed')`, [id])
      return { method: 'GET', path: `/notes/${id}` }
    },
    network: { origin: '', request: absent, raw: absent, signIn: absent },
    database: {
      admin,
      async as<T>(role: DatabaseRole, work: (connection: Prepared['admin']) => Promise<T>): Promise<T> {
        const session = await database.as(role)
        try {
          return await work(session)
        } finally {
          await session.close()
        }
      },
      // This cluster lets nobody in by the replication protocol; the twin's does, and there it is really spoken.
      async replicating(role, work) {
        const { rows } = await admin.query('select rolreplication from pg_roles where rolname = $1', [
          roleName(definition, role),
        ])
        if (rows[0]?.rolreplication !== true) throw new Error('permission denied to start WAL sender')
        return work({ query: async () => ({ rows: [{ systemid: '7' }], rowCount: 1 }) })
      },
      roleName: (role) => roleName(declared, role),
      connection: { host: '', port: 0, database: database.name },
    },
    host: { stateDirectory: '', files: absent, start: absent },
    repository: { root: '' },
    telemetry: { events: absent, logs: absent },
    mail: { received: absent },
    clock: { now: () => 0, advance: absent },
    faults: { database: absent, revocationChannel: absent, results: absent, mail: absent },
    ...keeping,
  }
  await claim.prove(context)
  return evidence
}

const ROUTE: SurfaceRoute = {
  method: 'GET',
  path: '/notes/:id',
  access: { kind: 'public' },
  schema: { params: { type: 'object' }, response: {} },
  accepts: 'nothing',
  builtIn: false,
  examples: () => ({}),
}
