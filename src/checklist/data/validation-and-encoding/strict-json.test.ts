import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { MOST_DEPTH, MOST_KEYS, parseJson } from './strict-json.ts'

const parse = (text: string): unknown => parseJson(Buffer.from(text))
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
const keys = (count: number): string => `{${Array.from({ length: count }, (_, i) => `"${i}":0`).join(',')}}`

suite('strict JSON', () => {
  for (const text of [
    '{}',
    '[]',
    'null',
    '1',
    '"a"',
    '{"a":{"b":[1,2.5,-0,true,null,"ä😀"]}}',
    '{"a":"with: colons, \\"quotes\\": and \\\\"}',
    '{"a":"\\\\\\"","b":":"}',
    '{"a":"\\u00e4\\ud83d\\ude00"}',
    '{"constructor":1}',
    '{"prototype":{}}',
    '{"note":"__proto__ and constructor.prototype"}',
    '[{"a":1},{"a":1}]',
    '{"":0}',
    nested(MOST_DEPTH),
    keys(MOST_KEYS),
    ' \r\n\t{"a" : 1 } ',
  ]) {
    test(`reads ${text.slice(0, 40)} as JSON.parse does`, () => assert.deepEqual(parse(text), JSON.parse(text)))
  }

  for (const [what, text, code] of [
    ['no JSON', '{', 'body-malformed'],
    ['nothing', '', 'body-malformed'],
    ['two documents', '{}{}', 'body-malformed'],
    ['a byte order mark', '\ufeff{}', 'body-malformed'],
    ['a key twice', '{"a":1,"a":1}', 'body-malformed'],
    ['a key twice below', '{"x":[{"a":1,"b":2,"a":3}]}', 'body-malformed'],
    ['a key twice, with colons around', '{"a:":":","b":":\\":","a:":1}', 'body-malformed'],
    ['a key twice, once escaped', '{"a":1,"\\u0061":1}', 'body-malformed'],
    ['a prototype', '{"__proto__":{}}', 'body-malformed'],
    ['an escaped prototype', '{"\\u005f_proto__":1}', 'body-malformed'],
    ['a prototype below', '{"a":[{"__proto__":null}]}', 'body-malformed'],
    ['the prototype of a constructor', '{"constructor":{"prototype":1}}', 'body-malformed'],
    ['a quote in a key', '{"\\"":1}', 'body-malformed'],
    ['a backslash in a key', '{"\\\\":1}', 'body-malformed'],
    ['a line end in a key', '{"a\\n":1}', 'body-malformed'],
    ['a lone surrogate', '{"a":"\\ud800"}', 'body-malformed'],
    ['a lone surrogate as a key', '{"\\udc00":1}', 'body-malformed'],
    ['a lone surrogate as the whole', '"\\ud800"', 'body-malformed'],
    ['surrogates the wrong way round', '["\\ude00\\ud83d"]', 'body-malformed'],
    ['an escaped NUL', '{"a":"\\u0000"}', 'body-malformed'],
    ['a raw NUL', '{"a":"\0"}', 'body-malformed'],
    ['one level too many', nested(MOST_DEPTH + 1), 'body-too-deep'],
    ['many levels too many', nested(30_000), 'body-too-deep'],
    ['one key too many', keys(MOST_KEYS + 1), 'body-malformed'],
  ] as const) {
    test(`refuses ${what}`, () => assert.throws(() => parse(text), { name: 'Refusal', code }))
  }

  for (const [what, hex] of [
    ['a stray byte', '2261ff22'],
    ['overlong UTF-8', '22c0af22'],
    ['an encoded surrogate', '22eda08022'],
    ['cut UTF-8', '22e28222'],
    ['UTF-16', 'fffe7b007d00'],
  ] as const) {
    test(`refuses ${what}`, () =>
      assert.throws(() => parseJson(Buffer.from(hex, 'hex')), { name: 'Refusal', code: 'body-malformed' }))
  }

  test('says nothing of the body in what it throws', () => {
    try {
      parse('{"password":"hunter2"')
      assert.fail('it was taken')
    } catch (error) {
      assert.doesNotMatch(`${String(error)} ${String((error as Error).cause)}`, /hunter2|password/)
    }
  })

  test('reads every value that JSON writes, unless it is one of the refused', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const expected: unknown = JSON.parse(text)
        try {
          assert.deepEqual(parse(text), expected)
        } catch (error) {
          if ((error as { name?: string }).name !== 'Refusal') throw error
          assert.match(text, /__proto__|constructor|\\/)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('finds every key given twice', () => {
    const member = fc.tuple(
      fc.constantFrom('a', 'b', 'c:', '{', ','),
      fc.constantFrom('1', '":"', '"\\":"', '{"a":1}', '[]'),
    )
    fc.assert(
      fc.property(fc.array(member, { maxLength: 5 }), (members) => {
        const text = `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
        const twice = new Set(members.map(([key]) => key)).size < members.length
        if (twice) assert.throws(() => parse(text), { code: 'body-malformed' })
        else assert.deepEqual(parse(text), JSON.parse(text))
      }),
      { numRuns: 2_000 },
    )
  })
})
