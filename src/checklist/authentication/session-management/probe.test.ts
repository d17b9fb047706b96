import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { claims } from './probe.ts'
import { planted, runClaims } from './probing.fixture.ts'
import { sabotages } from './sabotage.ts'
import { type SharedDatabase, startDatabase } from './two-nodes.fixture.ts'

suite('the claims of sessions', () => {
  let database: SharedDatabase
  before(async () => {
    database = await startDatabase()
  })
  after(() => database.stop())

  test('hold on two nodes with the control in place', async () => {
    for (const [id, outcome] of await runClaims(database, claims)) {
      assert.equal(outcome.verdict, 'holds', `${id}: ${outcome.failed.join(' | ')}`)
    }
  })
  test('each see themselves fail: every one is caught by a sabotage that names it', () => {
    const named = new Set(sabotages.flatMap(({ caughtBy }) => caughtBy))
    assert.deepEqual(
      claims.map(({ id }) => id).filter((id) => !named.has(id)),
      [],
    )
  })
})

suite('planted in two nodes', () => {
  let shared: SharedDatabase
  before(async () => {
    shared = await startDatabase()
  })
  after(() => shared.stop())

  for (const sabotage of sabotages) {
    test(`${sabotage.name} turns each claim broken that it names`, async () => {
      const rig = planted(sabotage.plant)
      // Statements stay in their database.
      const database = rig.statements.length > 0 ? await startDatabase() : shared
      try {
        const named = claims.filter(({ id }) => sabotage.caughtBy.includes(id))
        assert.equal(named.length, sabotage.caughtBy.length)
        for (const [id, outcome] of await runClaims(database, named, rig)) {
          assert.equal(outcome.verdict, 'broken', `${id}: ${outcome.failed.join(' | ')}`)
        }
      } finally {
        if (database !== shared) await database.stop()
      }
    })
  }
})
