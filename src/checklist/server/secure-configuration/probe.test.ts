import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { keepEvidence } from '../../../kernel/evidence.fixture.ts'
import type { ProbeContext, StartAttempt } from '../../../kernel/vantage.ts'
import { claims } from './probe.ts'
import { scanRepository } from './probe-repository.ts'
import { sabotages } from './sabotage.ts'

const claimOf = (id: string) => claims.find((claim) => claim.id === id) ?? assert.fail(`no claim ${id}`)

suite('the claims and sabotages', () => {
  test('belong together: each claim is seen failing, also those about an original', () => {
    const caught = new Set(sabotages.flatMap((sabotage) => sabotage.caughtBy))
    assert.deepEqual([...caught].sort(), claims.map((claim) => claim.id).sort())
    assert.ok(sabotages.some((sabotage) => sabotage.leaves === 'present'))
  })
})

suite('the claim about refused settings', () => {
  const refusal = (variable: string, more = ''): StartAttempt => ({
    outcome: 3,
    stdout: '',
    stderr: `${variable}: is wrong; right would be HOLDFAST_ALLOWED_ORIGINS${more}\n`,
  })
  const started: StartAttempt = { outcome: 'started', stdout: 'it is running (', stderr: '' }
  const variableOf = (settings: Readonly<Record<string, string | undefined>>): string => Object.keys(settings)[0] ?? ''

  for (const [process, start, verdict] of [
    [
      'refuses what is wrong',
      (settings) => ('HOLDFAST_PORT' in settings ? started : refusal(variableOf(settings))),
      'ok',
    ],
    ['starts with anything', () => started, 'negative'],
    ['refuses everything', (settings) => refusal(variableOf(settings)), 'positive'],
    [
      'says several lines',
      (settings) => ('HOLDFAST_PORT' in settings ? started : refusal(variableOf(settings), '\nat x.ts')),
      'negative',
    ],
    [
      'names another setting',
      (settings) => ('HOLDFAST_PORT' in settings ? started : refusal('HOLDFAST_X')),
      'negative',
    ],
    [
      'ends with another code',
      (settings) => ('HOLDFAST_PORT' in settings ? started : { ...refusal(variableOf(settings)), outcome: 1 }),
      'negative',
    ],
  ] satisfies [string, (settings: Readonly<Record<string, string | undefined>>) => StartAttempt, string][]) {
    test(`finds ${verdict === 'ok' ? 'nothing' : `the ${verdict} side`} wrong with a process that ${process}`, async () => {
      const { evidence, ...keeping } = keepEvidence()
      const context = {
        host: { start: async (settings: Readonly<Record<string, string | undefined>>) => start(settings) },
        ...keeping,
      } as unknown as ProbeContext
      await claimOf('refused-settings').prove(context)
      const failed = new Set(evidence.filter(({ ok }) => !ok).map(({ side }) => side))
      assert.deepEqual([...failed], verdict === 'ok' ? [] : [verdict])
    })
  }
})

suite('the claim about what a deployment opens', () => {
  for (const [what, running, present, failed] of [
    ['does not apply where nothing runs', null, 'no setting opens anything', []],
    ['does not apply where nothing is open', { opens: [] }, 'no setting opens anything', []],
    ['names what production may open', { opens: ['HOLDFAST_ALLOWED_ORIGINS', 'HOLDFAST_TRUSTED_PROXIES'] }, true, []],
    ['is broken by what it may not', { opens: ['HOLDFAST_OPEN_ALL'] }, true, ['negative']],
    ['is broken by what is no setting', { opens: ['everything'] }, true, ['positive', 'negative']],
  ] as const) {
    test(what, async () => {
      const stateDirectory = await mkdtemp(join(tmpdir(), 'holdfast-running-'))
      if (running !== null) await writeFile(join(stateDirectory, 'running.json'), JSON.stringify(running))
      const { evidence, ...keeping } = keepEvidence()
      const context = { host: { stateDirectory }, ...keeping } as unknown as ProbeContext
      const claim = claimOf('opening-settings-deployed')
      assert.equal(await claim.present?.(context), present)
      await claim.prove(context)
      assert.deepEqual(
        evidence.filter(({ ok }) => !ok).map(({ side }) => side),
        failed,
      )
      await rm(stateDirectory, { recursive: true })
    })
  }
})

suite('the scan of a repository', () => {
  let root: string
  const git = (...args: string[]) =>
    promisify(execFile)('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.test', '-C', root, ...args])
  // Put together here, so that it is not found in this file.
  const secret = `id = ${'AKIA'}${'Q7'.repeat(8)}\n`
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'holdfast-repository-'))
    await git('init', '-q')
    await writeFile(join(root, 'notes.txt'), 'nothing here\n')
    await git('add', '.')
    await git('commit', '-qm', 'Begin')
  })
  after(() => rm(root, { recursive: true }))

  test('finds nothing where nothing is', async () => {
    assert.deepEqual(await scanRepository(root), { files: 1, commits: 1, tree: [], history: [] })
  })

  test('finds what is in the tree and not yet committed', async () => {
    await writeFile(join(root, 'new.txt'), secret)
    const { tree, history } = await scanRepository(root)
    assert.deepEqual(tree, [{ rule: 'AWS access key', line: 1, place: 'new.txt' }])
    assert.deepEqual(history, [])
  })

  test('finds in the history what was removed from the tree', async () => {
    await git('add', '.')
    await git('commit', '-qm', 'Add it')
    await git('rm', '-q', 'new.txt')
    await git('commit', '-qm', 'Remove it')
    const { tree, history } = await scanRepository(root)
    assert.deepEqual(tree, [])
    assert.deepEqual(
      history.map(({ rule, place }) => [rule, place.split(' ')[1]]),
      [['AWS access key', 'new.txt']],
    )
  })

  test('leaves ignored files alone', async () => {
    await writeFile(join(root, '.gitignore'), 'private.txt\n')
    await writeFile(join(root, 'private.txt'), secret)
    assert.deepEqual((await scanRepository(root)).tree, [])
  })

  test('is unproved where the history is cut short', async () => {
    const shallow = await mkdtemp(join(tmpdir(), 'holdfast-shallow-'))
    await git('clone', '-q', '--depth', '1', `file://${root}`, shallow)
    await assert.rejects(scanRepository(shallow), { name: 'Unproved', message: /shallow/ })
    await rm(shallow, { recursive: true })
  })

  test('is unproved where there is no repository', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'holdfast-empty-'))
    await assert.rejects(scanRepository(empty), { name: 'Unproved' })
    await rm(empty, { recursive: true })
  })
})
