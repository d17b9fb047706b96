import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { html } from './html.ts'
import { field, type PageOptions, page } from './page.ts'
import { shownTime } from './time.ts'

const show = (options: Partial<PageOptions> = {}): string =>
  page({
    title: 'Tea & cake',
    application: 'Notes',
    navigation: [{ href: '/write', label: 'Write' }],
    current: '/',
    body: html`<h1>Here</h1>`,
    ...options,
  }).toString()

suite('a page', () => {
  test('names itself and the application, escaped', () => {
    assert.match(show(), /<title>Tea &amp; cake · Notes<\/title>/)
  })

  test('shows visitors the way in, and members theirs', () => {
    assert.match(show(), /href="\/sign-in".*href="\/sign-up"/)
    assert.doesNotMatch(show(), /\/write|\/sign-out/)
    assert.match(show({ person: 'Account' }), /\/write[\s\S]*href="\/account"[\s\S]*\/sign-out/)
    assert.doesNotMatch(show({ person: 'Account' }), /\/sign-in/)
  })

  test('does not offer an account where one is made by invitation', () => {
    assert.doesNotMatch(show({ signUp: false }), /\/sign-up/)
  })

  test('marks where one is', () => {
    assert.match(show({ person: 'Account', current: '/write' }), /href="\/write" aria-current="page"/)
    assert.doesNotMatch(show({ person: 'Account' }), /aria-current/)
  })

  test('needs no script and no style of its own', () => {
    assert.doesNotMatch(show({ person: 'Account' }), /<script|<style|\sstyle=|\son\w+=/)
  })
})

suite('a field', () => {
  test('is described by what is there, and by nothing else', () => {
    const plain = field({ label: 'Name', name: 'name' }).toString()
    assert.match(plain, /<label for="name">Name<\/label>/)
    assert.match(plain, / required>/)
    assert.doesNotMatch(plain, /aria-describedby|aria-invalid/)
    const wrong = field({ label: 'Name', name: 'name', hint: 'As on the door', problem: 'Too long' }).toString()
    assert.match(wrong, /aria-describedby="name-hint name-problem" aria-invalid="true"/)
    assert.match(wrong, /id="name-hint">As on the door<[\s\S]*id="name-problem">Too long</)
  })

  test('says that it may stay empty', () => {
    const optional = field({ label: 'Name', name: 'name', required: false }).toString()
    assert.match(optional, /\(optional\)/)
    assert.doesNotMatch(optional, / required/)
  })

  test('keeps what was typed within its quotes', () => {
    assert.match(field({ label: 'L', name: 'n', value: '"><b>' }).toString(), /value="&quot;&gt;&lt;b&gt;"/)
  })
})

test('a moment is shown in UTC, for people and for programs', () => {
  const text = shownTime(Date.UTC(2026, 10, 3, 21, 5, 9)).toString()
  assert.equal(text, '<time datetime="2026-11-03T21:05:09.000Z">2026-11-03 21:05 UTC</time>')
})
