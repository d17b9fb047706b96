import type { JsonSchema } from '../../../kernel/surface.ts'
import { fits, sampleOf, typesOf } from './probe-schema.ts'

/** JSON texts that a field's schema does not take: every one of them is to be refused. */
export function badJson(schema: JsonSchema, valid: unknown): readonly string[] {
  const values = [
    ...ANY,
    ...textsFor(schema, valid),
    ...numbersFor(schema),
    ...listsFor(schema, valid),
    ...around(valid),
  ]
  const bad = values.filter((value) => !fits(schema, value)).map((value) => JSON.stringify(value))
  // Written as texts, since no value of ours is like them.
  return [...new Set([...bad, ...(takesNumbers(schema) ? BIG : BIG_ANYWAY), ...HOSTILE])]
}

/** Percent-encoded texts that a parameter's schema does not take, in a query, a path or a form. */
export function badTexts(schema: JsonSchema, valid: unknown, source: 'query' | 'params' | 'form'): readonly string[] {
  const texts = [...numbersFor(schema).map(String), ...textsFor(schema, valid)].filter(
    (text) => typeof text === 'string',
  )
  const bad = texts
    .filter((text) => !fitsAsText(schema, text, source))
    .map((text) => encodeURIComponent(text.toWellFormed()))
  // An empty text in a path is another path; in a form it may mean that nothing was entered.
  const sendable = bad.filter((text) => text !== '' || source === 'query')
  return spread([sendable, ILL_ENCODED.flatMap((text) => [text, `a${text}`])])
}

/** Texts of a header field that its schema does not take; what no field can hold is another claim's, so it is left out. */
export function badFields(schema: JsonSchema): readonly string[] {
  const lengths = Array.from({ length: MOST }, (_, more) =>
    'x'.repeat(Number(stringBranch(schema).maxLength ?? 1) + 1 + more),
  )
  const texts = [...numbersFor(schema).map(String), ...textsFor(schema, undefined), ...lengths]
  const bad = texts.filter((text): text is string => typeof text === 'string' && !fitsAsText(schema, text, 'query'))
  return [...new Set(bad)].filter((text) => /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)).slice(0, MOST)
}

/** {@link MOST} different ones, as evenly from the lists as they last. */
function spread(lists: readonly (readonly string[])[]): readonly string[] {
  const taken = new Set<string>()
  const longest = Math.max(...lists.map((list) => list.length))
  for (let i = 0; i < longest; i++) {
    for (const list of lists) {
      const text = list[i]
      if (text !== undefined && taken.size < MOST) taken.add(text)
    }
  }
  return [...taken]
}

/** Violations of one field: enough to try each kind, and few enough to try them on every field of every route. */
const MOST = 56

/** Whether a text, read as what the schema says, fits: a strict reading of numbers and booleans. */
export function fitsAsText(schema: JsonSchema, text: string, source: string): boolean {
  const types = typesOf(schema)
  if (types.includes('array')) return fitsAsText((schema.items ?? {}) as JsonSchema, text, source)
  if (types.includes('integer') || types.includes('number')) {
    return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && fits(schema, Number(text))
  }
  if (types.includes('boolean')) return text === 'true' || text === 'false' || (source === 'form' && text === 'on')
  return fits(schema, text)
}

const takesNumbers = (schema: JsonSchema): boolean =>
  typesOf(schema).some((type) => type === 'number' || type === 'integer')

function textsFor(schema: JsonSchema, valid: unknown): readonly unknown[] {
  const { maxLength, minLength } = stringBranch(schema)
  const texts: unknown[] = []
  if (typeof maxLength === 'number') {
    for (const length of [maxLength + 1, maxLength + 2, maxLength + 17, maxLength * 2 + 1])
      texts.push('a'.repeat(length))
    texts.push('é'.repeat(maxLength + 1), '\u{1f600}'.repeat(maxLength + 1), ' '.repeat(maxLength + 1))
  }
  if (typeof minLength === 'number' && minLength > 0)
    texts.push('', 'a'.repeat(minLength - 1), '\u{1f600}'.repeat(minLength - 1))
  if (typeof valid === 'string' && valid !== '') {
    texts.push(
      `${valid} `,
      ` ${valid}`,
      `${valid}\n`,
      `${valid}\u0007`,
      valid.slice(0, -1),
      `{${valid}}`,
      `urn:uuid:${valid}`,
    )
    texts.push(valid.toUpperCase(), valid.toLowerCase(), valid + valid)
  }
  return [...texts, ...TEXTS]
}

const stringBranch = (schema: JsonSchema): JsonSchema => {
  const branches = (schema.anyOf ?? schema.oneOf) as readonly JsonSchema[] | undefined
  return branches?.find((branch) => branch.type === 'string') ?? schema
}

function numbersFor({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): readonly number[] {
  const numbers: number[] = []
  if (typeof minimum === 'number') numbers.push(minimum - 1, minimum - 0.5, minimum - 1000)
  if (typeof maximum === 'number') numbers.push(maximum + 1, maximum + 0.5, maximum + 1000)
  if (typeof exclusiveMinimum === 'number') numbers.push(exclusiveMinimum, exclusiveMinimum - 1)
  if (typeof exclusiveMaximum === 'number') numbers.push(exclusiveMaximum, exclusiveMaximum + 1)
  return numbers
}

function listsFor(schema: JsonSchema, valid: unknown): readonly unknown[] {
  if (!typesOf(schema).includes('array')) return []
  const items = (schema.items ?? {}) as JsonSchema
  const item = sampleOf(items) ?? (Array.isArray(valid) ? valid[0] : undefined)
  const { maxItems, minItems } = schema
  const lists: unknown[] = [[[item]], [item, null], [item, {}], { 0: item }, item]
  if (typeof maxItems === 'number') lists.push(several(items, item, maxItems + 1))
  if (typeof minItems === 'number' && minItems > 0) lists.push(Array.from({ length: minItems - 1 }, () => item))
  if (Array.isArray(valid) && valid.length > 0) lists.push([...valid, valid], [valid])
  return lists
}

/** So many values that an entry may have, different ones where that is easy: a list may be refused for repeating itself too. */
function several(schema: JsonSchema, item: unknown, count: number): readonly unknown[] {
  const found = new Set<unknown>()
  for (let i = 0; found.size < count && i < 2 * count + 26; i++) {
    const letters = i
      .toString(26)
      .replace(/./g, (digit) => 'abcdefghijklmnopqrstuvwxyz'[Number.parseInt(digit, 26)] ?? '')
    const id = `0190aaaa-bbbb-7ccc-8ddd-${i.toString(16).padStart(12, '0')}`
    const candidate = [letters, id, i, `${letters}:${letters}`].find((each) => fits(schema, each))
    if (candidate !== undefined) found.add(candidate)
  }
  return [...found, ...Array.from({ length: count - found.size }, () => item)]
}

/** The valid value wrapped, as parsers that are too friendly unwrap it. */
const around = (valid: unknown): readonly unknown[] => [
  [valid],
  [[valid]],
  { value: valid },
  { $eq: valid },
  { 0: valid },
]

/** Values of all types: whatever a field takes, most of these are of another type. */
const ANY: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  -0.5,
  1e308,
  5e-324,
  2 ** 53,
  [],
  [null],
  [[]],
  [0],
  [{}],
  [true, false],
  {},
  { '': '' },
  { a: 1 },
  { $ne: null },
  { $gt: '' },
  { $in: [] },
  { $where: '1' },
  { $regex: '.*' },
  { $exists: true },
  { length: 1 },
  { toString: 'x' },
  { valueOf: 1 },
  { toJSON: 'x' },
  { constructor: 1 },
  { hasOwnProperty: 1 },
  { type: 'Buffer', data: [97] },
]

const TEXTS: readonly string[] = [
  '',
  ' ',
  'a',
  'true',
  'false',
  'yes',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '0',
  '1',
  '01',
  '+1',
  '1.',
  '.5',
  '-0',
  '1.5',
  '1e3',
  '0x1',
  '0b1',
  '1_000',
  '1,000',
  ' 1',
  '1 ',
  '\u0661',
  '\uff11',
  '9007199254740993',
  '99999999999999999999',
  '[]',
  '{}',
  '[object Object]',
]

/** Numbers that JSON can write and JavaScript can't keep. */
const BIG = ['1e400', '-1e400', '9007199254740993', '123456789012345678901234567890', '0.1e400']
const BIG_ANYWAY = ['1e400', '-1e400']

/** Texts that no field takes: NUL and surrogates without their other half, written as escapes. */
const HOSTILE = [
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\u0000\\u0000"',
  '"\\ud800"',
  '"a\\ud800b"',
  '"\\udc00"',
  '"\\udfff a"',
  '"\\ud83d\\ud83d"',
  '"\\udc00\\ud800"',
  '"a\u0000b"',
]

/** What is no percent-encoded UTF-8, and NUL. */
const ILL_ENCODED = [
  '%',
  '%2',
  'a%',
  '%zz',
  '%g0',
  '%0g',
  '%u0041',
  '%%41',
  '%00',
  'a%00',
  '%00a',
  '%80',
  '%bf',
  '%c3',
  '%c3a',
  '%c0%80',
  '%c0%af',
  '%c1%bf',
  '%e2%82',
  '%e2%28%a1',
  '%e0%80%80',
  '%e0%80%af',
  '%ed%a0%80',
  '%ed%af%bf',
  '%ed%bf%bf',
  '%f0%9f%92',
  '%f0%28%8c%bc',
  '%f0%80%80%80',
  '%f0%80%80%af',
  '%f4%90%80%80',
  '%f8%a1%a1%a1%a1',
  '%fc%a1%a1%a1%a1%a1',
  '%fe',
  '%ff',
  '%ff%fe%41%00',
]
