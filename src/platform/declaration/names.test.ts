import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Refusal } from '../../kernel/refusal.ts'
import { NAME_PATTERN, readName } from './names.ts'

const pattern = new RegExp(NAME_PATTERN, 'u')
const at = 'body/name'

suite('a name', () => {
  for (const [what, given, stored] of [
    ['letters', 'Ada Lovelace', 'Ada Lovelace'],
    ['an apostrophe and a dash', 'Mary-Jane O’Neill', 'Mary-Jane O’Neill'],
    ['Hebrew', 'דניאל', 'דניאל'],
    ['Korean, taken apart', '한국'.normalize('NFD'), '한국'],
    ['a Persian name with a joiner', 'علی‌رضا', 'علی‌رضا'],
    ['a Sinhalese name with a joiner', 'ශ්‍රී', 'ශ්‍රී'],
    ['an accent put together', 'Ame\u0301lie', 'Am\u00e9lie'],
    ['a picture', '\u{1f9ff} Nadia', '\u{1f9ff} Nadia'],
    ['a hundred characters taken apart', 'e\u0301'.repeat(100), '\u00e9'.repeat(100)],
  ] as const) {
    test(`of ${what} is kept`, () => {
      assert.match(given, pattern)
      assert.equal(readName(given, at), stored)
    })
  }

  for (const [what, name] of [
    ['nothing', ''],
    ['blanks', '   '],
    ['a blank of no script', '\u2800\u2800'],
    ['Hangul fillers', '\u3164'],
    ['a line break', 'Ada\nLovelace'],
    ['a separator of lines', 'Ada\u2028Lovelace'],
    ['a control character', 'Ada\u0085'],
    ['an embedding', 'Ada\u202a'],
    ['an override', 'Ada\u202eecalevoL'],
    ['an isolate', 'Ada\u2066x\u2069'],
    ['a mark of direction', 'Ada\u200f'],
    ['an Arabic mark of direction', 'Ada\u061c'],
    ['a zero-width blank', 'Ada\u200b'],
    ['a joiner between Latin letters', 'A\u200dda'],
    ['a non-joiner at the end', 'Ada\u200c'],
    ['a soft hyphen', 'A\u00adda'],
    ['a byte order mark', '\ufeffAda'],
    ['a word joiner', 'Ada\u2060'],
    ['a grapheme joiner', 'Ada\u034f'],
    ['a variation selector', 'Ada\ufe0f'],
    ['a tag', 'Ada\u{e0041}'],
    ['half a surrogate pair', 'Ada\ud800'],
  ] as const) {
    test(`with ${what} is refused`, () => {
      assert.doesNotMatch(name, pattern)
      assert.throws(() => readName(name, at), naming)
    })
  }

  for (const [what, name] of [
    ['as sent', 'a'.repeat(101)],
    ['once it is normalised', '\u0958'.repeat(60)],
  ] as const) {
    test(`that is too long ${what} is refused`, () => {
      assert.throws(() => readName(name, at), naming)
    })
  }
})

const naming = (error: unknown): boolean =>
  error instanceof Refusal && error.code === 'input-invalid' && error.options.fields?.[0]?.at === at
