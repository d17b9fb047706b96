import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readWritten } from './written.ts'

const written = { title: 'Tea', body: '', tags: '', secret: '' }

suite('what was written in the form of a note', () => {
  for (const [what, given, kept] of [
    ['line ends as one character', { body: 'a\r\nb' }, { body: 'a\nb' }],
    ['a title on one line', { title: '  Tea \t time ' }, { title: 'Tea time' }],
    ['no secret where none was written', { secret: '  ' }, { secret: null }],
    ['tabs in words', { body: '\tx' }, { body: '\tx' }],
    ['20,000 characters of any kind', { body: '🫖'.repeat(20_000) }, { body: '🫖'.repeat(20_000) }],
  ] as const) {
    test(`is kept with ${what}`, () =>
      assert.deepEqual(readWritten({ ...written, ...given }).note, { title: 'Tea', body: '', secret: null, ...kept }))
  }

  for (const [what, given, why] of [
    ['no title', { title: '' }, /title/],
    ['a title of spaces', { title: ' \u00a0 ' }, /title/],
    ['too many words', { body: 'x'.repeat(20_001) }, /20,000/],
    ['a control character in its title', { title: 'a\u0007' }, /control characters/],
    ['a control character in its words', { body: 'a\u0085' }, /control characters/],
    ['a control character in its secret', { secret: 'a\u001b[0m' }, /control characters/],
  ] as const) {
    test(`comes back for ${what}`, () => assert.match(readWritten({ ...written, ...given }).problem ?? '', why))
  }
})
