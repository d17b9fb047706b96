import assert from 'node:assert/strict'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, suite, test } from 'node:test'
import type { Item } from '../kernel/item.ts'
import { hours } from '../kernel/time.ts'
import { type CheckOptions, runCheck } from './check.ts'
import { capture, claim, fakeTwins, item, NOON, SURFACE } from './fakes.fixture.ts'
import type { CheckJson } from './report/json.ts'
import { runSabotage } from './sabotage-command.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'
import type { Original } from './twin.ts'

suite('check', () => {
  const folder = temporaryFolder()
  let now: number
  let stdout: ReturnType<typeof capture>
  let stderr: ReturnType<typeof capture>
  beforeEach(() => {
    now = NOON
    stdout = capture()
    stderr = capture()
  })

  const good = item({ id: 'the/good', claims: [claim({ id: 'a', keeps: hours(24) })] })
  const unbuilt = item({ id: 'the/unbuilt', state: 'not-built' })
  const bad = item({
    id: 'other/bad',
    claims: [claim({ id: 'b', prove: async (context) => void context.expect('negative', 'GET /', 200, 404) })],
  })
  const sabotaged = item({
    ...good,
    id: 'the/sabotaged',
    claims: [
      claim({
        id: 'a',
        prove: async (context) => {
          context.expect('positive', 'x', 1, 1)
          context.expect('negative', 'y', context.surface.name, 'fake')
        },
      }),
    ],
    sabotages: [
      {
        name: 'one',
        fault: 'Forgotten.',
        alsoBreaks: ['the/sabotaged'],
        leaves: 'present',
        caughtBy: ['a'],
        plant: (plan) => plan.setting('name', 'sabotaged'),
      },
    ],
  })

  const options = (items: readonly Item[], given: Partial<CheckOptions> = {}): CheckOptions => ({
    backend: 'fake',
    items,
    buildTwin: fakeTwins((twin, fault) =>
      fault === undefined ? twin : { ...twin, surface: { ...SURFACE, name: 'sabotaged' } },
    ).build,
    definitionHash: 'd'.repeat(64),
    lockHash: 'e'.repeat(64),
    sourceHash: async () => 'f'.repeat(64),
    root: folder.path,
    stateDirectory: join(folder.path, 'state'),
    stdout,
    stderr,
    environment: {},
    clock: { now: () => now },
    ...given,
  })
  const run = async (
    items: readonly Item[],
    given: Partial<CheckOptions> = {},
  ): Promise<[code: number, output: string]> => {
    stdout = capture()
    stderr = capture()
    const code = await runCheck(options(items, { stdout, stderr, ...given }))
    return [code, stdout.text()]
  }
  const errors = (): string => stderr.text()
  const json = async (items: readonly Item[], given: Partial<CheckOptions> = {}): Promise<CheckJson['items']> =>
    (JSON.parse((await run(items, { ...given, form: 'json' }))[1]) as CheckJson).items

  test('exits 0 when all hold, 1 when something is broken, 2 when something is unproved', async () => {
    assert.equal((await run([good]))[0], 0)
    assert.equal((await run([good, unbuilt]))[0], 2)
    assert.equal((await run([good, unbuilt, bad]))[0], 1)
  })

  test('prints only the machine form on standard output, and progress on standard error', async () => {
    const [, output] = await run([good, bad], { form: 'json' })
    assert.doesNotThrow(() => JSON.parse(output))
    assert.match(errors(), /2 claims\nbuilding the twin\nbroken: other\/bad b: GET \/: saw 200, expected 404\n/)
  })

  test('looks at the items or the sections that are named, in the order of the list', async () => {
    const of = async (given: Partial<CheckOptions>): Promise<string[]> =>
      (await json([good, unbuilt, bad], given)).map(({ id }) => id)
    assert.deepEqual(await of({ item: ['the/good'] }), ['the/good'])
    assert.deepEqual(await of({ item: ['other/bad', 'the/good', 'other/bad'] }), ['the/good', 'other/bad'])
    assert.deepEqual(await of({ section: ['other'] }), ['other/bad'])
    assert.deepEqual(await of({ section: ['other', 'the'] }), ['the/good', 'the/unbuilt', 'other/bad'])
  })

  const refused: readonly (readonly [what: string, given: Partial<CheckOptions>, message: RegExp])[] = [
    ['an item that is not there', { item: ['the/good', 'the/best'] }, /^--item: there is no item the\/best/],
    ['a section that is not there', { section: ['the', 'best'] }, /^--section: there is no section best/],
    ['a part of a section', { section: ['th'] }, /^--section: there is no section th;/],
    ['items beside sections', { item: ['the/good'], section: ['the'] }, /^--item: can not be given beside --section/],
    ['a file of no known form', { write: 'report.txt' }, /^--write: the file must end in/],
    [
      'a twin that does not start',
      { buildTwin: () => Promise.reject(new Error('twin: no port is free')) },
      /\ntwin: no port is free\n$/,
    ],
  ]
  for (const [what, given, message] of refused) {
    test(`exits 3 with one line for ${what}, and prints nothing else`, async () => {
      assert.deepEqual(await run([good], given), [3, ''])
      assert.match(errors(), message)
    })
  }

  test('refuses a wrong waivers file, and shows a right one', async () => {
    const file = join(folder.path, 'holdfast.waivers.json')
    await writeFile(file, '[{"item":"the/unbuilt"}]')
    assert.equal((await run([good, unbuilt]))[0], 3)
    await writeFile(
      file,
      JSON.stringify([{ item: 'the/unbuilt', reason: 'Next month.', owner: 'Ada', expires: '2026-12-24' }]),
    )
    const [code, output] = await run([good, unbuilt])
    assert.equal(code, 0)
    assert.match(output, /\[ \] Title of the\/unbuilt .*not built\n +waived by Ada until 2026-12-24: Next month\./)
    now += 40 * 86_400_000
    assert.equal((await run([good, unbuilt]))[0], 2)
  })

  test('writes a file in the form its name tells', async () => {
    const write = join(folder.path, 'CHECKLIST.md')
    await run([good], { write })
    assert.match(await readFile(write, 'utf8'), /^# The backend security checklist\n/)
  })

  test('joins the original with answers of earlier runs that still keep, for the same definition', async () => {
    const about = claim({
      id: 'o',
      on: 'original',
      effect: 'reads',
      needs: ['host'],
      prove: async (context) => {
        context.expect('positive', context.host.stateDirectory, 1, 1)
        context.expect('negative', 'x', 1, 1)
      },
    })
    const without = claim({ id: 'c', level: 'where-present', keeps: hours(24), present: async () => 'there is none' })
    const both = item({ id: 'the/both', claims: [claim({ id: 'a', keeps: hours(24) }), about, without] })
    const inspectOriginal = async (): Promise<Original> => ({
      surface: SURFACE,
      definitionHash: 'd'.repeat(64),
      host: { stateDirectory: '/srv', files: async () => [], start: () => assert.fail('started') },
      close: async () => {},
    })
    const deployed = { original: true, inspectOriginal, buildTwin: () => assert.fail('built') }
    assert.match(
      (await json([both], deployed))[0]?.reason ?? '',
      /^needs a twin, and no earlier answer keeps.* \(2 claims\)/,
    )
    assert.equal((await json([both], { inspectOriginal }))[0]?.verdict, 'holds')
    now += 3_600_000
    const [joined] = await json([both], deployed)
    assert.equal(joined?.verdict, 'holds')
    assert.equal(joined?.provedAt, new Date(NOON).toISOString())
    const other = { ...deployed, definitionHash: 'f'.repeat(64), inspectOriginal: async () => ({ reason: 'none' }) }
    assert.equal((await json([both], other))[0]?.verdict, 'unproved')
    now += 24 * 3_600_000
    assert.equal((await json([both], deployed))[0]?.verdict, 'unproved')
  })

  const isBuilt = (): never => assert.fail('a twin was built')

  test('finds out before it runs that its report could not be written', async () => {
    const unwritable = [
      [join(folder.path, 'nowhere', 'report.md'), /^--write: .*: the folder .*nowhere is not there\n$/],
      [folder.path, /^--write: the file must end in/],
    ] as const
    for (const [write, message] of unwritable) {
      assert.deepEqual(await run([good], { write, buildTwin: isBuilt }), [3, ''])
      assert.match(errors(), message)
    }
  })

  test('finds out before it runs that its evidence could not be kept', async () => {
    await writeFile(join(folder.path, 'file'), '')
    const stateDirectory = join(folder.path, 'file', 'state')
    for (const command of [runCheck, runSabotage]) {
      stderr = capture()
      assert.equal(await command({ ...options([sabotaged], { stateDirectory, buildTwin: isBuilt }), stderr }), 3)
      assert.match(errors(), /^\S*file\/state\/evidence\/\w+: what is found could not be kept there \(ENOTDIR\)\n$/)
    }
  })

  const kept = async (given: Partial<CheckOptions>): Promise<boolean> =>
    (await json([good], { original: true, buildTwin: isBuilt, ...given }))[0]?.verdict === 'holds'
  const source = (...hashes: readonly (string | null)[]): Pick<CheckOptions, 'sourceHash'> => {
    const left = [...hashes]
    return { sourceHash: async () => (left.length > 1 ? (left.shift() ?? null) : (left[0] ?? null)) }
  }

  test('rests on no answer that was given for other code', async () => {
    await run([good], source('one'))
    assert.equal(await kept(source('one')), true)
    assert.equal(await kept(source('two')), false)
    assert.equal(await kept(source(null)), false)
    assert.equal(await kept({ ...source('one'), definitionHash: 'x' }), false)
    assert.equal(await kept({ ...source('one'), lockHash: 'x' }), false)
  })

  test('keeps no answer for later when nobody can tell for which code it was given', async () => {
    const [, changed] = await run([good], source('one', 'two'))
    assert.match(changed, /note: the code changed while this ran; its answers are not kept/)
    assert.equal(await kept(source('one')), false)
    assert.equal(await kept(source('two')), false)
    const [, unbounded] = await run([good], source(null))
    assert.match(unbounded, /note: there is too much code to tell it from other code; no answer is kept/)
    assert.equal(await kept(source(null)), false)
  })

  test('sets damaged evidence aside, says so, and rests nothing on it', async () => {
    await run([good])
    await appendFile(join(folder.path, 'state', 'evidence', 'check', '00000001.jsonl'), 'x\n')
    const [code, output] = await run([good], { original: true })
    assert.equal(code, 2)
    assert.match(output, /note: evidence of earlier runs is not what was written \(run 1: a line is unreadable\)/)
    assert.equal((await run([good]))[0], 0)
  })

  test('tells when a claim was last seen failing, once sabotage has run', async () => {
    assert.match((await run([sabotaged], { verbose: true }))[1], /never seen failing here/)
    assert.equal(await runSabotage({ ...options([sabotaged, good]), stdout: capture() }), 0)
    now += 60_000
    assert.match(
      (await run([sabotaged], { verbose: true }))[1],
      /last seen failing 2026-11-23 12:00 UTC, by sabotage one/,
    )
  })

  test('sabotage prints its matrix, as text or JSON alone, and exits 1 when one is missed', async () => {
    const blind = item({ ...sabotaged, id: 'the/blind', claims: [claim({ id: 'a' })] })
    const text = capture()
    assert.equal(await runSabotage({ ...options([sabotaged, blind]), stdout: text }), 1)
    const shown = text.text()
    assert.match(shown, /caught {2}one +present +by a\n/)
    assert.match(shown, /MISSED {2}one +present +holds → holds/)
    assert.match(shown, /1 of 2 caught · 0 with false alarms/)
    const machine = capture()
    await runSabotage({ ...options([sabotaged, blind]), stdout: machine, item: ['the/sabotaged'], json: true })
    assert.deepEqual(JSON.parse(machine.text()), {
      sabotages: [{ item: 'the/sabotaged', name: 'one', caught: true, collateral: [] }],
    })
  })

  test('sabotage of what is not built could not run', async () => {
    assert.equal(await runSabotage({ ...options([unbuilt]), stdout }), 3)
    assert.match(errors(), /none of the selected items is built/)
  })
})
