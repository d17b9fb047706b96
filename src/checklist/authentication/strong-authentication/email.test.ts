import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { normaliseEmail } from './email.ts'

suite('an address', () => {
  for (const [written, stored] of [
    ['Ada@Example.ORG', 'ada@example.org'],
    ['first.last+tag@mail.example', 'first.last+tag@mail.example'],
    ['Zoe\u0308@BÜCHER.example', 'zo\u00eb@xn--bcher-kva.example'],
    ['用户@例え.テスト', '用户@xn--r8jz45g.xn--zckzah'],
    ['admin@localhost', 'admin@localhost'],
  ] as const) {
    test(`is found as ${stored} when written ${written}`, () => assert.equal(normaliseEmail(written), stored))
  }

  test('is the same once it is stored', () => {
    for (const written of ['Zoë@BÜCHER.example', 'İ@example.org', 'ẞ@example.org']) {
      const once = normaliseEmail(written) ?? assert.fail(written)
      assert.equal(normaliseEmail(once), once)
      assert.equal(once.toLowerCase(), once)
    }
  })

  for (const wrong of [
    '',
    '@',
    'ada',
    '@example.org',
    'ada@',
    'a b@example.org',
    'ada@exam ple.org',
    'ada@example..org',
    'ada@-example.org',
    'ada@example.org.',
    'ada@127.0.0.1',
    'ada@1.2',
    'ada@[::1]',
    'two@signs@example.org',
    'new\nline@example.org',
    'nul\0@example.org',
    'invisible\u200b@example.org',
    'right-to-left\u202e@example.org',
    'lone\ud83d@example.org',
    `${'a'.repeat(65)}@example.org`,
    `ada@${'a'.repeat(64)}.org`,
    `ada@${'a.'.repeat(130)}org`,
    '"quoted"@example.org',
    '<ada@example.org>',
  ]) {
    test(`is refused as ${JSON.stringify(wrong).slice(0, 40)}`, () => assert.equal(normaliseEmail(wrong), null))
  }
})
