import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type CrossSiteFacts, parseOrigins, passesCrossSiteRule } from './cross-site.ts'

const TRUSTED = parseOrigins('publicOrigins', ['https://app.example', 'https://localhost:8443'])
const pass = (facts: Partial<CrossSiteFacts>): boolean =>
  passesCrossSiteRule(
    { method: 'POST', carriesCookie: true, simple: null, origin: undefined, secFetchSite: undefined, ...facts },
    (origin) => TRUSTED.has(origin),
  )

suite('the cross-site rule', () => {
  for (const [what, facts] of [
    ['our origin', { origin: 'https://app.example' }],
    ['another of ours', { origin: 'https://localhost:8443' }],
    ['no origin, sent by our own page', { secFetchSite: 'same-origin' }],
    ['no origin, sent by hand', { secFetchSite: 'none' }],
    ['no cookie', { carriesCookie: false }],
    ['no cookie, from anywhere', { carriesCookie: false, origin: 'https://evil.test' }],
    ['a form without cookie, by a program', { carriesCookie: false, simple: 'form' }],
    ['a form without cookie, from our page', { carriesCookie: false, simple: 'form', origin: 'https://app.example' }],
    ['a form without cookie, no origin, ours', { carriesCookie: false, simple: 'form', secFetchSite: 'same-origin' }],
    [
      'a button without cookie, from our page',
      { carriesCookie: false, simple: 'nothing', origin: 'https://app.example' },
    ],
    ['GET from anywhere', { method: 'GET', origin: 'https://evil.test' }],
    ['HEAD without anything', { method: 'HEAD' }],
  ] as const) {
    test(`lets pass: ${what}`, () => assert.equal(pass(facts), true))
  }
  for (const [what, facts] of [
    ['neither origin nor Sec-Fetch-Site', {}],
    ['another site', { origin: 'https://evil.test' }],
    ['null', { origin: 'null' }],
    ['an empty origin', { origin: '' }],
    ['ours with more behind', { origin: 'https://app.example.evil.test' }],
    ['ours over plain HTTP', { origin: 'http://app.example' }],
    ['ours at another port', { origin: 'https://app.example:444' }],
    ['ours in capitals', { origin: 'https://APP.example' }],
    ['two origins', { origin: 'https://app.example, https://evil.test' }],
    ['a sibling host', { secFetchSite: 'same-site' }],
    ['a cross-site fetch', { secFetchSite: 'cross-site' }],
    ['another site that says same-origin', { origin: 'https://evil.test', secFetchSite: 'same-origin' }],
    ['a form without cookie, from another site', { carriesCookie: false, simple: 'form', origin: 'https://evil.test' }],
    ['a form without cookie, origin null', { carriesCookie: false, simple: 'form', origin: 'null' }],
    [
      'a form without cookie, no origin, cross-site',
      { carriesCookie: false, simple: 'form', secFetchSite: 'cross-site' },
    ],
    ['a form with cookie and nothing else', { simple: 'form' }],
    [
      'a button without cookie, from another site',
      { carriesCookie: false, simple: 'nothing', origin: 'https://evil.test' },
    ],
    ['a method of somebody’s own', { method: 'PURGE' }],
    ['DELETE from another site', { method: 'DELETE', origin: 'https://evil.test' }],
  ] as const) {
    test(`refuses: ${what}`, () => assert.equal(pass(facts), false))
  }
})

suite('configured origins', () => {
  test('are taken as browsers write them', () => {
    assert.deepEqual([...parseOrigins('x', ['https://a.example', 'http://localhost:3000', 'http://[::1]:1'])].length, 3)
  })
  for (const wrong of [
    '*',
    'null',
    'a.example',
    'https://a.example/',
    'https://A.example',
    'https://a.example:443',
    'http://a.example',
    'https://u@a.example',
    'file:///x',
    '',
  ]) {
    test(`refuse to start with ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => parseOrigins('allowedOrigins', [wrong]), { name: 'StartRefusal', where: 'allowedOrigins' })
    })
  }
})
