import type { Choices } from '../../../kernel/choices.ts'

/** The value with up to three changes somewhere in it: of a value, a key, a text, a number, a list. What it is made of stays. */
export function changedJson(valid: unknown, choices: Choices): unknown {
  let value = valid
  for (let left = 1 + choices.below(3); left > 0; left--) value = changedWithin(value, choices, 0)
  return value
}

/** The text with pieces put in, taken out, repeated or replaced. */
export function changedText(text: string, choices: Choices): string {
  const letters = [...text]
  const at = choices.below(letters.length + 1)
  const end = at + choices.below(letters.length - at + 1)
  switch (choices.below(7)) {
    case 0:
      return [...letters.slice(0, at), choices.of(PIECES), ...letters.slice(at)].join('')
    case 1:
      return [...letters.slice(0, at), ...letters.slice(end)].join('')
    case 2:
      return [...letters.slice(0, at), choices.of(PIECES), ...letters.slice(end)].join('')
    case 3:
      return (text === '' ? 'a' : text).repeat(2 + choices.below(4)).slice(0, LONGEST)
    case 4:
      return choices
        .of(PIECES)
        .repeat(1 + choices.below(300))
        .slice(0, LONGEST)
    case 5:
      return choices.onceIn(2) ? text.toUpperCase() : [...letters].reverse().join('')
    default:
      return choices.of(PIECES)
  }
}

/** The bytes with some flipped, put in, taken out or repeated. */
export function changedBytes(bytes: Buffer, choices: Choices): Buffer {
  let changed = bytes
  for (let left = 1 + choices.below(4); left > 0; left--) {
    const at = choices.below(changed.length + 1)
    const end = Math.min(changed.length, at + choices.below(16))
    const put = [
      Buffer.from([choices.below(256)]),
      Buffer.from(choices.of(PIECES)),
      changed.subarray(at, end),
      Buffer.alloc(0),
    ]
    changed = Buffer.concat([
      changed.subarray(0, at),
      choices.of(put),
      changed.subarray(choices.onceIn(2) ? at : end),
    ]).subarray(0, LONGEST)
  }
  return changed
}

function changedWithin(value: unknown, choices: Choices, depth: number): unknown {
  const inside = typeof value === 'object' && value !== null
  // Downwards twice of three times, so that what lies deep is changed as well.
  if (!inside || depth > DEEPEST || choices.onceIn(3)) return changedHere(value, choices)
  if (Array.isArray(value)) return changedList(value, choices, depth)
  return changedObject(value as Readonly<Record<string, unknown>>, choices, depth)
}

function changedHere(value: unknown, choices: Choices): unknown {
  switch (choices.below(5)) {
    case 0:
      return choices.onceIn(2) ? [value] : { [choices.of(NAMES)]: value }
    case 1:
      return choices.of(ANYTHING)
    default:
      if (typeof value === 'string') return changedText(value, choices)
      if (typeof value === 'number')
        return choices.of([value + 1, value - 1, -value, value * 1e9, value + 0.5, `${value}`])
      if (typeof value === 'boolean') return choices.of([!value, `${value}`, Number(value), null])
      if (Array.isArray(value)) return changedList(value, choices, DEEPEST)
      if (typeof value === 'object' && value !== null)
        return changedObject(value as Readonly<Record<string, unknown>>, choices, DEEPEST)
      return choices.of(ANYTHING)
  }
}

function changedList(list: readonly unknown[], choices: Choices, depth: number): unknown {
  const at = choices.below(list.length + 1)
  const one = list[at]
  switch (choices.below(4)) {
    case 0:
      return list.toSpliced(at, 1)
    case 1:
      return list.toSpliced(at, 0, choices.of(ANYTHING))
    case 2:
      return Array.from({ length: 1 + choices.below(MOST_ENTRIES) }, () => (isShort(one) ? one : 'a'))
    default:
      return at === list.length ? [...list, ...list] : list.toSpliced(at, 1, changedWithin(one, choices, depth + 1))
  }
}

function changedObject(object: Readonly<Record<string, unknown>>, choices: Choices, depth: number): unknown {
  const names = Object.keys(object)
  const name = names.length === 0 ? undefined : choices.of(names)
  if (name === undefined || choices.onceIn(5)) return { ...object, [choices.of(NAMES)]: choices.of(ANYTHING) }
  const { [name]: one, ...rest } = object
  switch (choices.below(6)) {
    case 0:
      return rest
    case 1:
      return { ...rest, [changedText(name, choices)]: one }
    case 2:
      return { ...object, [name]: object[choices.of(names)] }
    default:
      return { ...object, [name]: changedWithin(one, choices, depth + 1) }
  }
}

/** Few enough bytes to be sent a thousand times. */
const isShort = (value: unknown): boolean => (typeof value === 'string' ? value.length < 50 : typeof value !== 'object')

/** Letters and texts that parsers, databases, templates and terminals take for something. */
// biome-ignore format: one a line would be pages
const PIECES: readonly string[] = [
  ' ', '\n', '\r\n', '\t', '\u0000', '\u0007', '\u001b[2J', '\u007f', '\u0085', '\u00a0', '\u00ad', '\u200b', '\u200d',
  '\u202e', '\u2028', '\ufeff', '\ufffd', '\uffff', '\ud800', '\udfff', '\u{1f600}', '\u{10ffff}', 'é', 'e\u0301', 'İ', 'ß',
  'ﬃ', '٣', '"', "'", '`', '\\', '\\u0000', '/', '../', '%', '%00', '%2e%2e', '&', ';', ':', '=', ',', '{', '}', '[', ']',
  '<', '>', '<script>', '{{7*7}}', '#{7*7}', '$1', '$ne', '--', '/*', "' or '1'='1", '; select 1', '@', '@@', '#', '?', '*',
  '(', ')', '|', '~', '^', '+', '-', '_', '.', '0', '-0', '1e400', '0x10', 'NaN', 'Infinity', 'null', 'undefined', 'true',
  '__proto__', 'constructor', 'a', 'A', 'zz', 'aaaaaaaaaaaaaaaa',
]

// biome-ignore format: one a line would be pages
const ANYTHING: readonly unknown[] = [
  ...PIECES.slice(0, 30),
  null, true, false, 0, -0, 1, -1, 1.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 2 ** 63, 1e308, 5e-324, '', [], {}, [[]], [null],
  [{}], { a: 1 }, { length: -1 }, { toString: null }, { $gt: '' }, { type: 'Buffer', data: [0] }, 'x'.repeat(5_000),
  '0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee', 'somebody@example.test', '2026-02-30', '2026-11-23T20:50:60Z', '9'.repeat(400),
  Array.from({ length: 40 }).reduce<unknown>((inner) => [inner], 'deep'),
]

// biome-ignore format: one a line would be pages
const NAMES: readonly string[] = [
  'a', '', ' ', 'id', 'Id', 'role', 'owner', 'isAdmin', 'toString', 'valueOf', 'constructor', 'hasOwnProperty', 'toJSON',
  'length', '0', '-1', '$set', 'a.b', 'a[b]', 'é', '\u0000', '\u{1f600}', 'x'.repeat(200),
]

const DEEPEST = 12
const MOST_ENTRIES = 1_200
/** Characters or bytes. */
const LONGEST = 40_000
