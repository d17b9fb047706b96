import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Claim } from '../../../kernel/claim.ts'
import { type Fixture, startFixture } from './people.fixture.ts'
import { claims } from './probe.ts'
import { sabotages } from './sabotage.ts'
import { type Stage, stageTwin } from './twin.fixture.ts'

/**
 * Those of passkeys, outside providers, mails and what the world knows of passwords are about routes that the stage has not, that of a
 * flood beside others about clients it can't tell apart: see their tests, and the twin of every check.
 */
const isOfPasswords = (id: string): boolean =>
  !/^(passkey|security-key|openid|mail|breach|own-list|beside|flood-elsewhere)/.test(id)
const ofPasswords = sabotages.filter(({ caughtBy }) => caughtBy.every(isOfPasswords))

suite('the claims about passwords', () => {
  let fixture: Fixture

  before(async () => {
    fixture = await startFixture()
  })
  after(() => fixture.stop())

  for (const claim of claims.filter(({ level, id }) => level === 'required' && isOfPasswords(id))) {
    test(`hold: ${claim.says}`, async () => {
      const stage = await stageTwin(fixture)
      await claim.prove(stage.context)
      assert.deepEqual(failed(stage), [])
      for (const side of ['positive', 'negative'])
        assert.ok(
          stage.evidence.some((one) => one.side === side),
          `nothing ${side} was tried`,
        )
    })
  }

  // Those that change the database last: its roles and rows are shared.
  for (const sabotage of ofPasswords.sort((one, other) => Number(usesSql(one)) - Number(usesSql(other)))) {
    test(`break when ${sabotage.name}`, async () => {
      for (const id of sabotage.caughtBy) {
        const stage = await stageTwin(fixture, sabotage)
        await claimOf(id).prove(stage.context)
        assert.notDeepEqual(failed(stage), [], id)
      }
    })
  }
})

const failed = ({ evidence }: Stage): readonly string[] =>
  evidence.filter(({ ok }) => !ok).map(({ tried, saw, expected }) => `${tried}: ${saw}, not ${expected}`)

const claimOf = (id: string): Claim => claims.find((claim) => claim.id === id) ?? assert.fail(`there is no claim ${id}`)

function usesSql({ plant }: (typeof sabotages)[number]): boolean {
  return plant.toString().includes('plan.sql')
}
