import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { resolveConfiguration } from '../../checklist/server/secure-configuration/index.ts'
import { defineBackend } from '../../index.ts'
import { backendOn } from '../testing/test-backend.ts'
import { type RunningTwin, startTwin } from '../twin/twin.ts'
import { openTwinHost, type TwinHost } from '../twin/twin-host.ts'
import { en } from '../words/en/index.ts'
import { literalsOf } from './literals.fixture.ts'

suite('the words of the pages', () => {
  // `@` for `$`, so that no tool takes these for templates.
  for (const [what, source, found] of [
    ['text between tags', 'html`<p>Sign in</p>`', ['Sign in']],
    ['text beside an expression', 'html`<p>until @{when}.</p>`', ['until .']],
    ['text within an expression', "html`<p>@{x ? html`<b>so</b>` : ''}</p>`", ['so']],
    ['what is read out', 'html`<button aria-label="End it">@{x}</button>`', ['End it']],
    ['what a field is given', "field({ label: 'Code', name: 'code' })", ['Code']],
    ['a page’s title', "shell(true, { title: 'Account' })", ['Account']],
    ['what is put into tags', 'html` aria-current="page"`', []],
    ['what is no text', 'html`<a href="/sign-in" class="button">@{words.go} · @{"it’s"}</a>`', []],
    ['a template behind a comment with a quote', "// it's\nconst a = html`<p>Yes</p>`", ['Yes']],
  ] as const)
    test(`are told from what is not one: ${what}`, () =>
      assert.deepEqual(literalsOf(source.replaceAll('@{', '$' + '{')), found))

  const folders = [import.meta.dirname, join(import.meta.dirname, '../../platform/html')]
  for (const folder of folders)
    for (const file of readdirSync(folder).filter((name) => /^[a-z-]+\.ts$/.test(name) && name !== 'page-words.ts'))
      test(`are none of ${file}’s own`, () =>
        assert.deepEqual(literalsOf(readFileSync(join(folder, file), 'utf8')), []))
})

suite('pages in another language', () => {
  let host: TwinHost
  let twin: RunningTwin
  before(async () => {
    const definition = defineBackend({
      name: 'harbour',
      title: '№ 7',
      tables: [],
      permissions: {},
      roles: { member: [] },
      routes() {},
    })
    host = await openTwinHost(definition, { identities: true })
    const configuration = resolveConfiguration({ environment: {}, mode: 'dev' })
    twin = await startTwin(host, { configuration, nodes: 1, words: foreign(en) })
  })
  after(async () => {
    await twin?.stop()
    await host?.close()
  })

  test('have no English left in them, whoever looks at which', async () => {
    const backend = backendOn(twin, () => undefined)
    const pages = twin.surface.routes.filter(
      ({ method, schema }) => method === 'GET' && schema.response['200'] === 'html',
    )
    assert.ok(pages.length > 20, `${pages.length} pages`)
    const { accountId } = backend.person('member')
    const left: string[] = []
    let seen = 0
    for (const [who, client] of [
      ['nobody', backend.anonymous],
      ['a member', backend.as('member')],
      ['an owner', backend.as('owner')],
    ] as const)
      for (const { path } of pages) {
        const place = path.replace(':token', 'A'.repeat(43)).replace(':provider', 'double').replace(/:\w+/, accountId)
        const query = path === '/look-into-your-mail' ? '?for=reset' : ''
        const { status, text, headers } = await client.get(place + query)
        assert.notEqual(status, 500, path)
        if (!/^text\/html/.test(headers['content-type'] ?? '')) continue
        seen++
        assert.match(text, /<html lang="xx">/)
        for (const word of english(text)) left.push(`${path} for ${who}: ${word}`)
      }
    assert.ok(seen > 40, `${seen} pages were seen`)
    assert.deepEqual(left, [])
  })
})

/** The same words in letters that English does not have, in functions too. */
function foreign<T>(words: T): T {
  if (typeof words === 'string')
    return (words === 'en' ? 'xx' : words.replace(/[A-Za-z]/g, (letter) => FOREIGN(letter))) as T
  if (typeof words === 'function') return ((...given: readonly unknown[]) => foreign(words(...given))) as T
  if (Array.isArray(words)) return words.map(foreign) as T
  if (typeof words === 'object' && words !== null)
    return Object.fromEntries(Object.entries(words).map(([name, word]) => [name, foreign(word)])) as T
  return words
}

/** A letter twice as wide. */
const FOREIGN = (letter: string): string => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0)

/** What is left in English of what people see or hear of a page: without data, and what is the same in all languages. */
function english(page: string): readonly string[] {
  const read = [...page.matchAll(/\s(?:aria-label|alt|title|placeholder)="([^"]*)"/g)].map(([, value]) => value ?? '')
  const text = page
    .replace(/<(script|style|code|time|svg|option)\b[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]*>/g, '\n')
    .split('\n')
  return [...text, ...read]
    .map((line) =>
      line
        .replace(/&#?\w+;/g, ' ')
        .replace(/\S+@\S+/g, ' ')
        .replace(/Person \S+/g, ' ')
        .replace(/\b(?:owner|admin|auditor|member|Tenant [AB]|UTC|Software|Double)\b/g, ' ')
        .replace(/\([a-z-]+\)/g, ' ')
        .trim(),
    )
    .filter((line) => /[A-Za-z]{2}/.test(line))
}
