import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { suite, test } from 'node:test'
import { CHECKLIST } from '../src/checklist/index.ts'
import { ITEM_IDS } from '../src/kernel/items.ts'

const ROOT = resolve(import.meta.dirname, '..')
const HEADINGS = ['The attack', 'What happens by default', 'Options', 'How it is proved', 'What is not proved']

suite('the checklist', () => {
  test('lists the thirty items in order', () => {
    assert.equal(ITEM_IDS.length, 30)
    assert.deepEqual(
      CHECKLIST.map((item) => item.id),
      ITEM_IDS,
    )
  })

  test('gives each item words of its own', () => {
    assert.equal(new Set(CHECKLIST.map((item) => item.title)).size, 30)
    assert.equal(new Set(CHECKLIST.map((item) => item.requirement)).size, 30)
    for (const item of CHECKLIST) {
      assert.ok(item.sources.length > 0, `${item.id} has no source`)
      assert.equal(new Set(item.sources).size, item.sources.length, `${item.id} names a source twice`)
      assert.match(item.remedy, /\S.*\.$/s, `${item.id} does not say what to do`)
    }
  })

  test('has the verdicts that continuous integration expects, and no others', async () => {
    const expected = JSON.parse(await readFile(join(ROOT, 'test', 'expected-verdicts.json'), 'utf8')) as Record<
      string,
      Expected
    >
    assert.deepEqual(Object.keys(expected), [...ITEM_IDS])
    for (const item of CHECKLIST) {
      const { verdict, reason } = expected[item.id] ?? {}
      if (item.state === 'not-built') assert.deepEqual([verdict, reason], ['unproved', 'not built'], item.id)
      else if (verdict === 'unproved') assert.ok(reason, `${item.id} must say which vantage or item it waits for`)
      else assert.equal(verdict, 'holds', item.id)
    }
  })
})

interface Expected {
  readonly verdict: string
  /** For `unproved`: the vantage or item it waits for. */
  readonly reason?: string
}

for (const item of CHECKLIST) {
  const folder = join(ROOT, 'src', 'checklist', item.id)

  suite(item.id, () => {
    test('explains itself under the fixed headings', async () => {
      const readme = await readFile(join(folder, 'README.md'), 'utf8')
      const sections = readme
        .split(/^## /m)
        .slice(1)
        .map((section) => section.split('\n'))
      assert.deepEqual(
        sections.map(([heading]) => heading),
        HEADINGS,
      )
      for (const [heading, ...lines] of sections) assert.ok(lines.join('').trim() !== '', `${heading} is empty`)
    })

    if (item.state === 'not-built') {
      test('claims nothing, since it is not built', () => {
        assert.deepEqual([item.claims.length, item.sabotages.length], [0, 0])
      })
      return
    }

    test('has its parts and their tests', async () => {
      const files = await readdir(folder, { recursive: true })
      for (const part of ['index.ts', 'control.ts', 'probe.ts', 'sabotage.ts', 'README.md'])
        assert.ok(files.includes(part), `${part} is missing`)
      assert.ok(
        files.some((file) => /(^|\/)probe.*\.test\.ts$/.test(file)),
        'the probe has no test',
      )
      assert.ok(
        files.some((file) => file.endsWith('.test.ts') && !/(^|\/)probe/.test(file)),
        'the control has no test',
      )
    })

    test('has claims and sabotages with names of their own', () => {
      const [claims, sabotages] = [item.claims.map(({ id }) => id), item.sabotages.map(({ name }) => name)]
      assert.ok(claims.length > 0)
      for (const name of [...claims, ...sabotages]) assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/)
      assert.equal(new Set(claims).size, claims.length)
      assert.equal(new Set(sabotages).size, sabotages.length)
      assert.ok(
        item.claims.some(({ level }) => level === 'required'),
        'it requires nothing',
      )
    })

    test('says of every claim what it looks from, how long it keeps and how to repeat it', () => {
      for (const claim of item.claims) {
        assert.match(claim.says, /^\S.*\.$/, claim.id)
        assert.ok(claim.needs.length > 0, `${claim.id} needs no vantage`)
        assert.ok(claim.keeps > 0, claim.id)
        assert.match(claim.byHand, /\S/, claim.id)
        assert.doesNotMatch(claim.byHand, /\n/, `${claim.id}: one line repeats it by hand`)
        if (claim.on === 'original') assert.equal(claim.effect, 'reads', `${claim.id}: the original is only read`)
      }
    })

    test('has at least three sabotages, one of which leaves the control present', () => {
      assert.ok(item.sabotages.length >= 3)
      assert.ok(item.sabotages.some(({ leaves }) => leaves === 'present'))
    })

    test('sees each claim fail', () => {
      const failing = new Set(item.sabotages.flatMap(({ caughtBy }) => caughtBy))
      for (const id of failing)
        assert.ok(
          item.claims.some((claim) => claim.id === id),
          `there is no claim ${id}`,
        )
      const unseen = item.claims.filter((claim) => claim.level === 'required' && !failing.has(claim.id))
      assert.deepEqual(
        unseen.map(({ id }) => id),
        [],
      )
    })

    test('blames other items for its sabotages only where there are such items', () => {
      for (const { name, alsoBreaks = [] } of item.sabotages) {
        for (const other of alsoBreaks)
          assert.ok(other !== item.id && CHECKLIST.some(({ id }) => id === other), `${name}: ${other}`)
      }
    })
  })
}
