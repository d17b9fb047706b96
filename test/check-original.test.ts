import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { development, holdfast, NOTES, temporaryDirectory } from './processes.fixture.ts'

interface Item {
  readonly id: string
  readonly verdict: string
  readonly reason: string
  readonly evidence: readonly { readonly claim: string; readonly ok: boolean }[]
}

/** Claims about what runs, in a development that opens nothing. */
const DEPLOYED = ['original', 'file-modes-deployed', 'certificate-deployed', 'log-deployed']

suite('check --original beside a backend that runs', () => {
  test('looks at it, finds nothing broken, and takes no other definition for it', async (t) => {
    const folder = await temporaryDirectory(t)
    const state = join(folder, 'state')
    await development(t, state)
    const check = async (application: string): Promise<readonly Item[]> => {
      const run = holdfast(t, ['check', application, '--state', state, '--original', '--json'])
      assert.equal(await run.exited, 2, run.errors.join('\n'))
      return JSON.parse(run.lines.join('\n')).items
    }

    const items = await check(NOTES)
    assert.deepEqual(
      items.filter(({ verdict }) => verdict === 'broken').map(({ id, reason }) => `${id}: ${reason}`),
      [],
    )
    const lookedAt = new Set(items.flatMap(({ evidence }) => evidence.map(({ claim }) => claim)))
    for (const claim of DEPLOYED) assert.ok(lookedAt.has(claim), claim)

    // JUnit has a case for each claim: looked at is not enough, since an error on the way leaves it unproved.
    const run = holdfast(t, ['check', NOTES, '--state', state, '--original', '--junit'])
    await run.exited
    const cases = run.lines.filter((line) => DEPLOYED.some((claim) => line.includes(`name="${claim}: `)))
    assert.equal(cases.length, DEPLOYED.length, run.lines.join('\n'))
    for (const line of cases) assert.match(line, /\/>$/, `it must hold: ${line}`)

    const other = await check(join(import.meta.dirname, '../docs/examples/first-backend.ts'))
    assert.deepEqual(
      other.flatMap(({ evidence }) => evidence),
      [],
    )
  })
})
