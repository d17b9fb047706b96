import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { html, trusted } from './html.ts'

suite('the html template', () => {
  for (const [what, value, text] of [
    ['text', `<script>"it's"</script> & more`, '&lt;script&gt;&quot;it&#39;s&quot;&lt;/script&gt; &amp; more'],
    ['what is escaped already, once more', '&amp;', '&amp;amp;'],
    ['numbers', 7, '7'],
    ['lists, each part', ['<a>', html`<b>`], '&lt;a&gt;<b>'],
    ['lists in lists', [['<'], [['>']]], '&lt;&gt;'],
    ['what another template made, as it is', html`<i>${'<'}</i>`, '<i>&lt;</i>'],
    ['null as nothing', null, ''],
    ['undefined as nothing', undefined, ''],
    ['truth values as nothing', [true, false], ''],
    ['what only says that it is markup', { toString: () => '<b>' } as unknown as string, '&lt;b&gt;'],
  ] as const) {
    test(`takes ${what}`, () => assert.equal(`${html`[${value}]`}`, `[${text}]`))
  }

  test('marks as markup only what stands in the source', () => {
    assert.equal(String(trusted`<b>`), '<b>')
    const withValue = trusted as (strings: TemplateStringsArray, ...rest: readonly string[]) => unknown
    assert.throws(() => withValue`<b>${'x'}`, TypeError)
  })
})
