import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'
import { suite, test } from 'node:test'
import { SETTINGS } from '../src/checklist/server/secure-configuration/index.ts'
import { PROBLEMS } from '../src/kernel/refusal.ts'
import { excerptOf, quotesOf, sourceOf, tableBetween } from './markdown.fixture.ts'

const ROOT = resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const readJson = <T>(file: string): T => JSON.parse(read(file))

/** What is or will be in the repository: tracked, and new where it is not ignored. */
const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)))
const PAGES = FILES.filter((file) => file.endsWith('.md'))

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}
const MANIFEST = readJson<Manifest>('package.json')

suite('the documentation', () => {
  test('lists every problem with its status and title, and when it is sent', () => {
    const rows = tableBetween(read('docs/errors.md'), 'codes')
    assert.deepEqual(
      rows.map(([code, status, title]) => [code, status, title]),
      Object.entries(PROBLEMS).map(([code, { status, title }]) => [code, String(status), title]),
    )
    for (const [code, , , when = ''] of rows) assert.match(when, /\S.*\.$/, `${code} does not say when`)
  })

  test('lists every security event with its fields, and when it is written', () => {
    const rows = tableBetween(read('docs/events.md'), 'events')
    assert.deepEqual(
      rows.map(([name, fields = '']) => [name, fields === '' ? [] : fields.split(', ')]),
      declaredEvents().map(({ name, fields }) => [name, fields]),
    )
    for (const [name, , when = ''] of rows) assert.match(when, /\S.*\.$/, `${name} does not say when`)
  })

  test('names every value that a field of an event can have', () => {
    const rows = new Map(
      read('docs/events.md')
        .split('\n')
        .map((line) => [/^\| `(\w+)` /.exec(line)?.[1] ?? '', line]),
    )
    for (const { name, values } of declaredEvents()) {
      for (const value of values) assert.ok(rows.get(name)?.includes(`\`${value}\``), `${name}: ${value}`)
    }
  })

  test('lists every setting with its defaults', () => {
    const rows = tableBetween(read('docs/configuration.md'), 'settings')
    assert.deepEqual(
      rows.map(([name, dev, start]) => [name, dev, start]),
      Object.values(SETTINGS).map((one) => [
        one.secret ? `${one.variable} ●` : one.variable,
        shown(one.default('dev')),
        shown(one.default('start')),
      ]),
    )
    for (const [name, , , what = ''] of rows) assert.match(what, /\S.*\.$/, `${name} does not say what it is`)
  })

  test('quotes code as it stands in files that are checked', () => {
    const quotes = PAGES.flatMap((page) => quotesOf(read(page)).map((quote) => ({ page, ...quote })))
    assert.ok(quotes.length > 5)
    for (const { page, source, code } of quotes) {
      const [file = '', region] = source.split('#')
      assert.equal(code, sourceOf(read(file), region), `${page} quotes ${source}`)
    }
  })

  test('takes excerpts from where it says', () => {
    for (const page of PAGES) {
      for (const { file, lines } of excerptOf(read(page))) {
        const there = read(file)
          .split('\n')
          .map((line) => line.trim())
          .join('\n')
        assert.ok(there.includes(lines), `${page}: an excerpt of ${file} is not in it`)
      }
    }
  })

  for (const page of PAGES) {
    test(`links from ${page} to what is there`, () => {
      const wrong = linksOf(read(page)).filter((link) => {
        const [path = '', anchor] = link.split('#')
        const file = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)))
        if (file.startsWith('..') || !existsSync(join(ROOT, file))) return true
        return anchor !== undefined && !anchorsOf(read(file)).includes(anchor)
      })
      assert.deepEqual(wrong, [])
    })
  }
})

suite('the README', () => {
  const readme = read('README.md')

  test('lists the scripts of the package, all of them and no others', () => {
    const named = [...readme.matchAll(/^\| `npm (?:run )?([\w:]+)/gm)].map(([, name = '']) => name)
    assert.deepEqual(named.toSorted(), Object.keys(MANIFEST.scripts).toSorted())
  })

  test('lists the commands of the command line, all of them and no others', () => {
    const help = execFileSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'src/cli/main.ts', '--help'],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    )
    const commands = [...help.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name)
    const named = [...readme.matchAll(/^\| `holdfast (\w+)` /gm)].map(([, name]) => name)
    assert.ok(commands.length > 5)
    assert.deepEqual(named, commands)
  })

  test('gives every dependency a reason, and names no other', () => {
    const section = readme.slice(readme.indexOf('## Dependencies'), readme.indexOf('## Further'))
    const rows = [...section.matchAll(/^\| `([^`]+)` +\| (.*\S) +\|$/gm)].map(
      ([, name, why = '']) => [name, why] as const,
    )
    const { dependencies, devDependencies, optionalDependencies } = MANIFEST
    assert.deepEqual(
      rows.map(([name]) => name),
      [dependencies, devDependencies, optionalDependencies].flatMap((list) => Object.keys(list)),
    )
    for (const [name, why] of rows) assert.match(why, /\S.*\.$/, `${name} has no reason`)
  })

  test('has a place for figures', () => {
    assert.match(readme, /^<!-- bench -->\n[\s\S]*\S[\s\S]*\n<!-- \/bench -->$/m)
  })

  test('says of each item whether it is built', async () => {
    const { CHECKLIST } = await import('../src/checklist/index.ts')
    const built = readme.slice(readme.indexOf('## What is on by default'), readme.indexOf('## What is not built yet'))
    const open = readme.slice(readme.indexOf('## What is not built yet'), readme.indexOf('## Commands'))
    const listed = [...built.matchAll(/\]\(src\/checklist\/([\w-]+\/[\w-]+)\/README\.md\)/g)].map(([, id]) => id)
    assert.deepEqual(
      listed,
      CHECKLIST.filter(({ state }) => state === 'built').map(({ id }) => id),
    )
    const count = [...open.matchAll(/^\| \S.*\| (.*?) +\|$/gm)]
      .slice(2)
      .flatMap(([, items = '']) => items.split(' · ')).length
    assert.equal(count, CHECKLIST.filter(({ state }) => state === 'not-built').length)
  })
})

suite('the repository', () => {
  test('names no registry, no path of a developer’s machine and no address in its lock file', () => {
    const wrong = FILES.filter((file) => TEXTS.test(file)).flatMap((file) =>
      STRAY.filter(({ pattern }) => pattern.test(read(file))).map(({ what }) => `${file}: ${what}`),
    )
    assert.deepEqual(wrong, [])
    assert.doesNotMatch(read('package-lock.json'), /"resolved":/)
  })
})

const TEXTS = /\.(?:[cm]?[jt]s|json|md|sql|css|ya?ml|golden|test)$|^\.npmrc$|^\.ci\//

/** Written so that this file does not name them. */
const STRAY: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a registry', pattern: /registry[.](?:npm|yarn)|npm[m]irror/ },
  {
    what: 'a path of a developer’s machine',
    pattern: /[/]work[/](?:main|shared)\b|[/]root[/]|[/](?:home|Users)[/][a-z]+[/]\S*holdfast/,
  },
  { what: 'a folder of a session', pattern: /[/]tmp[/](?:hf|claude|bash_jobs)\b/ },
]

interface DeclaredEvent {
  readonly name: string
  readonly fields: readonly string[]
  /** The texts that a field can have, where its type says so. */
  readonly values: readonly string[]
}

/** Read from the source: types are gone at run time. */
function declaredEvents(): readonly DeclaredEvent[] {
  const source = read('src/kernel/event.ts')
  const body = /export interface EventFields \{\n([\s\S]*?)\n\}/.exec(source)?.[1] ?? ''
  return body.split('\n').flatMap((line) => {
    const [, name, type = ''] = /^ {2}'?(\w+)'?: (.*)$/.exec(line) ?? []
    if (name === undefined) return []
    const fields = [...type.matchAll(/readonly (\w+):/g)].map(([, field = '']) => field)
    return [{ name, fields, values: [...type.matchAll(/'([^']+)'/g)].map(([, value = '']) => value) }]
  })
}

const shown = (value: unknown): string =>
  value === null || (Array.isArray(value) && value.length === 0) ? '–' : String(value)

/** Targets of links and images within the repository; code is left out. */
function linksOf(page: string): readonly string[] {
  const prose = page.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link))
}

/** As GitHub makes them. */
const anchorsOf = (page: string): readonly string[] =>
  [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
