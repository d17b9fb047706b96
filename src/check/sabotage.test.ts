import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Claim } from '../kernel/claim.ts'
import type { Item } from '../kernel/item.ts'
import type { Sabotage } from '../kernel/sabotage.ts'
import { seconds } from '../kernel/time.ts'
import { claim, clock, type FakeTwins, fakeTwins, item } from './fakes.fixture.ts'
import { planFault } from './fault.ts'
import { runSabotages, type SabotageOutcome } from './sabotage.ts'
import type { Twin } from './twin.ts'

/** The fake's control is its log: a wrapped control puts a word there, and claims look for words. */
const wordClaim = (id: string, word: string, given: Partial<Claim> = {}): Claim =>
  claim({
    id,
    ...given,
    prove: async (context) => {
      const saw = context.telemetry.logs().length
      assert.equal(saw, 0)
      context.expect('positive', 'the twin answers', 1, 1)
      context.expect(
        'negative',
        `look for ${word}`,
        context.database.roleName('runtime').includes(word) ? 'there' : 'gone',
        'gone',
      )
    },
  })

const sabotage = (name: string, word: string, given: Partial<Sabotage> = {}): Sabotage => ({
  name,
  fault: 'Somebody forgot.',
  leaves: 'present',
  caughtBy: ['main'],
  plant: (plan) => plan.control((control: string) => `${control} ${word}`),
  ...given,
})

function twinsWithControl(): FakeTwins {
  return fakeTwins((twin, fault): Twin => {
    const control = (fault?.wraps ?? []).reduce<unknown>((wrapped, wrap) => wrap(wrapped), 'control')
    return { ...twin, database: { ...twin.database, roleName: () => String(control) } }
  })
}

const neighbour = item({ id: 'other/item', claims: [wordClaim('quick', 'leak')] })

async function plant(
  subject: Item,
  twins: FakeTwins = twinsWithControl(),
  items: readonly Item[] = [subject, neighbour],
): Promise<readonly SabotageOutcome[]> {
  return runSabotages({ items, selected: [subject], buildTwin: twins.build, clock, timeout: seconds(1) })
}

suite('a sabotage', () => {
  test('is caught when its claim held before and is broken after, and says what was seen', async () => {
    const [outcome] = await plant(
      item({ id: 'the/item', claims: [wordClaim('main', 'fault')], sabotages: [sabotage('one', 'fault')] }),
    )
    assert.deepEqual(
      [outcome?.caught, outcome?.before, outcome?.after, outcome?.brokenClaims, outcome?.collateral, outcome?.vantages],
      [true, 'holds', 'broken', ['main'], [], ['network']],
    )
    assert.equal(outcome?.reason, 'look for fault: saw there, expected gone')
  })

  test('is missed when its claim still holds', async () => {
    const [outcome] = await plant(
      item({ id: 'the/item', claims: [wordClaim('main', 'fault')], sabotages: [sabotage('one', 'harmless')] }),
    )
    assert.deepEqual([outcome?.caught, outcome?.after], [false, 'holds'])
  })

  test('is missed when its claim only became unproved', async () => {
    const main = claim({
      id: 'main',
      prove: async (context) => {
        if (context.database.roleName('runtime').includes('fault')) throw new Error('it is down')
        context.expect('positive', 'a', 1, 1)
        context.expect('negative', 'b', 1, 1)
      },
    })
    const [outcome] = await plant(item({ id: 'the/item', claims: [main], sabotages: [sabotage('one', 'fault')] }))
    assert.deepEqual([outcome?.caught, outcome?.after], [false, 'unproved'])
    assert.match(outcome?.reason ?? '', /it is down/)
  })

  test('is missed when its claim was broken before', async () => {
    const [outcome] = await plant(
      item({ id: 'the/item', claims: [wordClaim('main', 'control')], sabotages: [sabotage('one', 'fault')] }),
    )
    assert.deepEqual([outcome?.caught, outcome?.before, outcome?.after], [false, 'broken', 'broken'])
  })

  test('is missed when the twin does not start with it', async () => {
    const twins = twinsWithControl()
    const buildTwin: FakeTwins['build'] = (options) =>
      options?.fault === undefined ? twins.build(options) : Promise.reject(new Error('refuses to start'))
    const subject = item({
      id: 'the/item',
      claims: [wordClaim('main', 'fault')],
      sabotages: [sabotage('one', 'fault')],
    })
    const [outcome] = await plant(subject, { ...twins, build: buildTwin })
    assert.equal(outcome?.caught, false)
    assert.equal(outcome?.reason, 'the sabotaged twin did not run: refuses to start')
  })

  test('raises a false alarm when an item turns that it does not break', async () => {
    const [outcome] = await plant(
      item({ id: 'the/item', claims: [wordClaim('main', 'leak')], sabotages: [sabotage('one', 'leak')] }),
    )
    assert.deepEqual([outcome?.caught, outcome?.collateral], [true, ['other/item']])
    assert.deepEqual(outcome?.alarms, ['other/item quick: broken: look for leak: saw there, expected gone'])
  })

  test('raises none for an item that it says it breaks too', async () => {
    const honest = sabotage('one', 'leak', { alsoBreaks: ['other/item'] })
    const [outcome] = await plant(item({ id: 'the/item', claims: [wordClaim('main', 'leak')], sabotages: [honest] }))
    assert.deepEqual([outcome?.caught, outcome?.collateral], [true, []])
  })

  test('has a twin of its own, and a further one for each claim that disturbs it', async () => {
    const twins = twinsWithControl()
    const claims = ['main', 'b', 'c'].map((id) => wordClaim(id, 'fault', { exclusive: true }))
    const subject = item({
      id: 'the/item',
      claims,
      sabotages: [sabotage('one', 'fault', { caughtBy: ['main', 'b', 'c'] })],
    })
    const [outcome] = await plant(subject, twins)
    assert.deepEqual(outcome?.brokenClaims, ['main', 'b', 'c'])
    assert.equal(twins.built.filter((fault) => fault?.name === 'one').length, 4)
    assert.equal(twins.running, 0)
  })

  test('that runs statements has no other twin beside it', async () => {
    const twins = twinsWithControl()
    let most = 0
    const build: FakeTwins['build'] = async (options) => {
      const twin = await twins.build(options)
      if ((options?.fault?.statements.length ?? 0) > 0) most = Math.max(most, twins.running)
      return twin
    }
    const sabotages = ['a', 'b', 'c', 'd'].map((name) =>
      sabotage(
        name,
        'fault',
        name < 'c' ? { plant: (plan) => plan.sql('alter role x bypassrls', 'alter role x nobypassrls') } : {},
      ),
    )
    const outcomes = await plant(item({ id: 'the/item', claims: [wordClaim('main', 'fault')], sabotages }), {
      ...twins,
      build,
    })
    assert.deepEqual(
      outcomes.map((outcome) => outcome.name),
      ['a', 'b', 'c', 'd'],
    )
    assert.equal(most, 1)
  })

  test('changes the host once the twin runs', async () => {
    const seen: string[] = []
    const change = async (directory: string): Promise<void> => void seen.push(directory)
    const subject = item({
      id: 'the/item',
      claims: [wordClaim('main', 'fault')],
      sabotages: [sabotage('one', 'fault', { plant: (plan) => plan.host(change) })],
    })
    await plant(subject)
    assert.deepEqual(seen, ['/nowhere'])
  })

  test('that plants nothing, or names no claim, is an error', async () => {
    assert.throws(() => planFault('the/item', sabotage('one', 'x', { plant: () => {} })), /sabotage one plants nothing/)
    const lost = sabotage('one', 'x', { caughtBy: ['nobody'] })
    await assert.rejects(
      plant(item({ id: 'the/item', claims: [wordClaim('main', 'x')], sabotages: [lost] })),
      /nobody, which is no claim/,
    )
  })
})

test('a fault is what a sabotage planted, in order', () => {
  const fault = planFault('the/item', {
    ...sabotage('one', 'x'),
    plant(plan) {
      plan.sql('grant a', 'revoke a')
      plan.sql('drop b')
      plan.setting('origins', ['*'])
      plan.server(() => {})
    },
  })
  assert.deepEqual(fault.statements, [{ statement: 'grant a', undo: 'revoke a' }, { statement: 'drop b' }])
  assert.deepEqual(fault.settings, { origins: ['*'] })
  assert.equal(fault.server.length, 1)
})
