import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { startHttpTwin } from '../../../../test/http-twin.fixture.ts'
import { planFault } from '../../../check/fault.ts'
import { item } from './index.ts'

/** A twin of HTTP alone has neither a process nor tables that could have triggers; `npm run sabotage` has. */
const CLAIMS = item.claims.filter(({ id, needs }) => !needs.includes('host') && id !== 'database-faults')

suite('the claims of server/error-handling', () => {
  test('are each seen failing', () => {
    const caught = new Set(item.sabotages.flatMap((sabotage) => sabotage.caughtBy))
    assert.deepEqual([...caught].sort(), item.claims.map(({ id }) => id).sort())
  })

  test('hold on a sound server', async () => {
    const twin = await startHttpTwin()
    try {
      for (const claim of CLAIMS) {
        const proved = await twin.prove(item.id, claim)
        const failed = proved.evidence.filter(({ ok }) => !ok).map(({ tried, saw }) => `${tried}: ${saw}`)
        assert.deepEqual([claim.id, proved.verdict, failed], [claim.id, 'holds', []], proved.reason)
        assert.ok(proved.milliseconds < 15_000, `${claim.id} took ${proved.milliseconds} ms`)
        if (process.env.SHOW)
          console.log(
            claim.id,
            proved.milliseconds,
            proved.evidence.map(({ tried, saw }) => `${tried} → ${saw}`),
          )
      }
    } finally {
      await twin.stop()
    }
  })

  for (const sabotage of item.sabotages) {
    const catching = CLAIMS.filter(({ id }) => sabotage.caughtBy.includes(id))
    if (catching.length === 0) continue
    test(`are broken by ${sabotage.name}`, async () => {
      const twin = await startHttpTwin(planFault(item.id, sabotage))
      try {
        for (const claim of catching) {
          const proved = await twin.prove(item.id, claim)
          if (process.env.SHOW)
            console.log(claim.id, proved.milliseconds, proved.evidence.filter(({ ok }) => !ok).slice(0, 5))
          assert.equal(proved.verdict, 'broken', `${claim.id}: ${proved.reason}`)
        }
      } finally {
        await twin.stop()
      }
    })
  }
})
