import assert from 'node:assert/strict'
import { beforeEach, suite, test } from 'node:test'
import { COUNTS } from '../kernel/effort.ts'
import type { Item } from '../kernel/item.ts'
import { capture, claim, fakeTwins, item, NOON, SURFACE } from './fakes.fixture.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'
import { runTorture, type TortureOptions } from './torture.ts'

suite('torture', () => {
  const folder = temporaryFolder()
  let stdout: ReturnType<typeof capture>
  let stderr: ReturnType<typeof capture>
  let tried: string[]
  beforeEach(() => {
    stdout = capture()
    stderr = capture()
    tried = []
  })

  const noting = (id: string, given: Partial<Item['claims'][number]> = {}): Item['claims'][number] =>
    claim({
      id,
      prove: async (context) => {
        const { seed, times } = context.effort
        const how = given.count === undefined ? '' : ` ${times(given.count)} times from ${seed}`
        tried.push(`${context.surface.name} ${id}${how}`)
        context.expect('positive', 'x', 1, 1)
        context.expect('negative', 'y', context.surface.name.includes(id) ? 'sabotaged' : 'sound', 'sound')
      },
      ...given,
    })
  const subject = item({
    id: 'the/item',
    claims: [noting('quick'), noting('timed', { count: 'timed-rounds' }), noting('fuzz', { count: 'fuzzed-requests' })],
    sabotages: [
      {
        name: 'one',
        fault: 'Forgotten.',
        leaves: 'present',
        caughtBy: ['quick'],
        plant: (plan) => plan.setting('name', 'sabotaged quick'),
      },
    ],
  })
  const neighbour = item({
    id: 'other/item',
    claims: [noting('slow', { exclusive: true }), noting('load', { effect: 'loads' })],
  })
  const unbuilt = item({ id: 'the/unbuilt', state: 'not-built' })

  const run = (given: Partial<TortureOptions> = {}, items: readonly Item[] = [subject, neighbour, unbuilt]) =>
    runTorture({
      backend: 'fake',
      items,
      buildTwin: fakeTwins((twin, fault) => ({
        ...twin,
        surface: { ...SURFACE, name: String(fault?.settings.name ?? 'as it is') },
      })).build,
      definitionHash: 'd'.repeat(64),
      lockHash: 'l'.repeat(64),
      sourceHash: async () => 's'.repeat(64),
      stateDirectory: folder.path,
      stdout,
      stderr,
      environment: {},
      clock: { now: () => NOON },
      only: [],
      seed: 7,
      scale: 1,
      kill: async ({ kills, below, over, progress }) => {
        tried.push(`${kills} kills, the first after ${below(100)}, ${over() ? 'late' : 'in time'}`)
        progress(1, 'server')
        return { killed: { server: kills, worker: 0 }, acknowledged: 31, troubles: [] }
      },
      ...given,
    })

  test('proves claims with their long counts and everything as a bystander, and ends with 0', async () => {
    assert.equal(await run(), 0, stdout.text() + stderr.text())
    const { timed, fuzz } = { timed: COUNTS['timed-rounds'].torture, fuzz: COUNTS['fuzzed-requests'].torture }
    for (const what of [
      `as it is timed ${timed} times from 7`,
      `as it is fuzz ${fuzz} times from 7`,
      'sabotaged quick quick',
      'sabotaged quick slow',
      '200 kills, the first after ',
    ])
      assert.ok(
        tried.some((line) => line.startsWith(what)),
        `${what}: ${tried.join('\n')}`,
      )
    assert.ok(!tried.includes('sabotaged quick load'), 'what loads the machine is no bystander')
    assert.match(stdout.text(), /well +kill +200 of 200 kills \(server 200\), 31 acknowledged writes: all there/)
    assert.match(stdout.text(), /well +sabotage +1 of 1 caught, 0 with false alarms/)
    assert.match(stderr.text(), /^seed 7; torture --seed 7 makes the same choices$/m)
  })

  test('makes the same choices of the same seed', async () => {
    await run({ only: ['kill'] })
    await run({ only: ['kill'] })
    assert.equal(tried[0], tried[1])
    assert.equal(tried.length, 2)
  })

  test('takes a part of the long counts', async () => {
    assert.equal(await run({ only: ['fuzz', 'kill'], scale: 0.01 }), 0)
    assert.deepEqual(
      tried.map((line) => line.replace(/, the.*/, '')),
      [`as it is fuzz ${COUNTS['fuzzed-requests'].torture / 100} times from 7`, '2 kills'],
    )
    assert.match(stdout.text(), /seed 7, 0\.01 of the long counts/)
  })

  test('finds the bystander that a sabotage takes along, however it has to be run', async () => {
    const along: Item = {
      ...subject,
      sabotages: subject.sabotages.map((one) => ({ ...one, plant: (plan) => plan.setting('name', 'quick and slow') })),
    }
    assert.equal(await run({ only: ['sabotage'] }, [along, neighbour]), 1)
    assert.match(stdout.text(), /false alarm: other\/item slow: broken/)
  })

  for (const [what, troubles, killed, code] of [
    ['something is lost', ['kill 3 (server): 1 of 9 rows of "app"."note" that were acknowledged are gone'], 200, 1],
    ['time was up before all were killed', [], 120, 2],
  ] as const) {
    test(`ends with ${code} when ${what}`, async () => {
      const kill = async () => ({ killed: { server: killed }, acknowledged: 9, troubles })
      assert.equal(await run({ only: ['kill'], kill }), code)
      for (const trouble of troubles) assert.ok(stdout.text().includes(trouble))
    })
  }

  test('begins nothing when time is up, and says so', async () => {
    assert.equal(await run({ minutes: 0 }), 2)
    assert.deepEqual(tried, [])
    assert.equal(stdout.text().match(/not whole +\w+ +time was up/g)?.length, 4)
  })

  test('says when a part has nothing to do for what is selected', async () => {
    assert.equal(await run({ only: ['fuzz'], item: ['other/item'] }), 2)
    assert.match(stdout.text(), /none of the selected items has anything of this kind/)
  })
})
