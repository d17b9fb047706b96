import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { htmlReport } from './html.ts'
import { jsonReport } from './json.ts'
import { junitReport } from './junit.ts'
import { markdownReport } from './markdown.ts'
import { formOfFile, render } from './render.ts'
import { exitCode, sectionsOf, tallyText } from './report.ts'
import { sampleReport } from './sample.fixture.ts'
import { sarifReport } from './sarif.ts'
import { textReport } from './text.ts'

/** Compared with a file in `golden/`; `node --test --test-update-snapshots` writes them anew, to be read before they are committed. The ending keeps formatters away from them. */
const golden = (context: TestContext, name: string, text: string): void =>
  context.assert.fileSnapshot(text, join(import.meta.dirname, 'golden', `${name}.golden`), {
    serializers: [(value) => value],
  })

suite('a report', () => {
  test('for a terminal has sections, boxes, reasons and what to do', (context) => {
    golden(context, 'report.txt', textReport(sampleReport(), { colour: false }))
  })

  test('for a terminal, verbose, shows what was tried, when it was last seen failing, and how to repeat it', (context) => {
    golden(context, 'report.verbose.txt', textReport(sampleReport(), { colour: false, verbose: true, columns: 120 }))
  })

  test('for a terminal is coloured only where that is wanted', () => {
    const plain = textReport(sampleReport(), { colour: false })
    assert.ok(!plain.includes('\x1b'))
    const coloured = textReport(sampleReport(), { colour: true })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
    assert.equal(coloured.replace(/\x1b\[\d+m/g, ''), plain)
  })

  test('as JSON has the stable shape', (context) => {
    golden(context, 'report.json', render('json', sampleReport()))
    const [first] = jsonReport(sampleReport()).items
    assert.deepEqual(Object.keys(first ?? {}), ['id', 'verdict', 'reason', 'evidence', 'provedAt', 'expiresAt'])
    assert.deepEqual(Object.keys(first?.evidence[0] ?? {}), ['claim', 'tried', 'saw', 'expected', 'ok'])
  })

  test('as Markdown has boxes and links', (context) => {
    golden(context, 'report.md', markdownReport(sampleReport(), { linkOf: (id) => `src/checklist/${id}/README.md` }))
  })

  test('as Markdown changes with verdicts only, not with the time or the number of tries', () => {
    const report = sampleReport()
    const later = {
      ...report,
      finishedAt: report.finishedAt + 1,
      milliseconds: 1,
      definitionHash: 'f'.repeat(64),
      items: report.items.map((item) => ({ ...item, reason: 'other words', provedAt: 1, expiresAt: 2 })),
    }
    assert.equal(markdownReport(later), markdownReport(report))
  })

  test('as HTML is one page that nothing can run in and that asks for nothing', (context) => {
    const page = htmlReport(sampleReport())
    golden(context, 'report.html', page)
    assert.doesNotMatch(page, /<script|<img|<link|\son\w+=|https?:\/\/(?!localhost\/)/)
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? ''
    assert.ok(page.includes(createHash('sha256').update(style).digest('base64')))
  })

  test('as SARIF has a rule for each item and levels for failures only', (context) => {
    golden(context, 'report.sarif', `${JSON.stringify(sarifReport(sampleReport()), null, 2)}\n`)
  })

  test('as JUnit counts what is unproved as skipped, never as passed', (context) => {
    golden(context, 'report.xml', junitReport(sampleReport()))
  })
})

suite('the exit code', () => {
  const { items } = sampleReport()
  const only = (...ids: readonly string[]): typeof items => items.filter((item) => ids.includes(item.id))

  test('is 1 when something is broken', () => assert.equal(exitCode(items), 1))
  test('is 2 when something is unproved, also by an expired waiver', () =>
    assert.equal(exitCode(only('shop/prices')), 2))
  test('is 0 when what is unproved is waived, and shows it', () => {
    assert.equal(exitCode(only('database/strong-passwords', 'authentication/session-management')), 0)
    assert.equal(only('database/strong-passwords')[0]?.verdict, 'unproved')
  })
  test('is 0 when something is not applicable', () => assert.equal(exitCode(only('uploads/malware-scanning')), 0))
})

test('the sections keep their numbers, and an application adds its own', () => {
  const titles = sectionsOf(sampleReport().items).map((section) => `${section.number} ${section.title}`)
  assert.deepEqual(titles, ['1 Authentication and authorisation', '6 File uploads', '7 Database security', '8 shop'])
  assert.equal(tallyText(sampleReport().items), '1 holds · 1 broken · 2 unproved · 1 not applicable')
})

suite("a file's name tells the form", () => {
  const cases = [
    ['CHECKLIST.md', 'markdown'],
    ['report.HTML', 'html'],
    ['a.sarif', 'sarif'],
    ['a.sarif.json', 'sarif'],
    ['a.json', 'json'],
    ['junit.xml', 'junit'],
    ['report.txt', undefined],
  ] as const
  for (const [file, form] of cases) test(`${file}: ${form ?? 'none'}`, () => assert.equal(formOfFile(file), form))
})
