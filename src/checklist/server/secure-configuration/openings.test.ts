import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { resolveConfiguration } from './configuration.ts'
import { openingsOf } from './openings.ts'

const openings = (environment: Record<string, string>) => openingsOf(resolveConfiguration({ environment, mode: 'dev' }))

suite('what a configuration opens', () => {
  test('is nothing by default, and nothing by settings that only change or narrow', () => {
    assert.deepEqual(openings({}), [])
    assert.deepEqual(openings({ HOLDFAST_PORT: '9443', HOLDFAST_SESSION_IDLE_SECONDS: '300' }), [])
  })

  for (const [variable, value, what] of [
    ['HOLDFAST_ALLOWED_ORIGINS', 'https://a.example', /https:\/\/a\.example/],
    ['HOLDFAST_TRUSTED_PROXIES', '10.1.2.3', /10\.1\.2\.3/],
  ] as const) {
    test(`is named with ${variable}, and what it lets in`, () => {
      const [opening, ...others] = openings({ [variable]: value })
      assert.equal(opening?.variable, variable)
      assert.match(opening?.what ?? '', what)
      assert.deepEqual(others, [])
    })
  }
})
