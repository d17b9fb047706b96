import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { twinBuilder } from '../src/backend/twin/twin-builder.ts'
import { placeOf, runClaims } from '../src/check/runner.ts'
import { CHECKLIST } from '../src/checklist/index.ts'
import { systemClock } from '../src/kernel/time.ts'
import shapes from './shapes.fixture.ts'

/** Items whose claims follow from what an application declares. */
const ITEMS: readonly string[] = [
  'authentication/access-control',
  'database/least-privilege',
  'data/validation-and-encoding',
]

suite('a legitimate application of other shapes than the notes', { timeout: 180_000 }, () => {
  test('holds: tables without owner, without tenant, without both, and field rules that leave the owner out', async () => {
    const twins = twinBuilder(shapes, join(import.meta.dirname, 'shapes.fixture.ts'))
    // One twin: what needs one of its own (clocks, roles that change) does not follow from the application's shapes.
    const items = CHECKLIST.filter(({ id }) => ITEMS.includes(id)).map((item) => ({
      ...item,
      claims: item.claims.filter((claim) => claim.on !== 'original' && placeOf(claim) === 'side-by-side'),
    }))
    try {
      const results = await runClaims({ items, buildTwin: twins.build, clock: systemClock })
      const said = new Map(results.map(({ item, claim, verdict, reason }) => [`${item} ${claim}`, [verdict, reason]]))
      const wrong = [...said].filter(([, [verdict]]) => verdict !== 'holds' && verdict !== 'not-applicable')
      assert.deepEqual(wrong, [])
      const proved = [...said].filter(([, [verdict]]) => verdict === 'holds').map(([name]) => name.split(' ')[1])
      for (const claim of ['permissions', 'objects', 'lists', 'row-security', 'fields', 'tenant', 'columns'])
        assert.ok(proved.includes(claim), `${claim} is about these shapes and must have been tried`)
    } finally {
      await twins.close()
    }
  })
})
