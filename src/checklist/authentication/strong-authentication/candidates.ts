import { BASE_WORDS, COMMONEST, SENTENCES } from './base-words.ts'
import { listedForm } from './fold.ts'

/**
 * The passwords that ship in the filter: what a guesser tries first, made by the habits with which people reach a required
 * length. Forms that only differ in case, separators and look-alikes are looked up as one (fold.ts), so they stand here once.
 */
export function commonPasswords(): ReadonlySet<string> {
  const all = new Set<string>()
  for (const password of everyHabit()) {
    const text = listedForm(password)
    if (text.length >= SHORTEST) all.add(text)
  }
  return all
}

function* everyHabit(): Generator<string> {
  const words = [...new Set([...BASE_WORDS, ...COMMONEST])]
  for (const word of words) {
    yield word
    yield word + word
    yield word + word + word
    for (const tail of TAILS) {
      yield word + tail
      yield tail + word
      yield word + tail + word
      yield word + word + tail
    }
    for (let year = FIRST_YEAR; year <= LAST_YEAR; year += 1) {
      yield `${word}${year}`
      yield `${word}${word}${year}`
      if (year >= 1990) yield `${word}${year}${word}`
    }
    for (const [before, after] of PHRASES) yield before + word + after
  }
  for (const one of COMMONEST) for (const other of COMMONEST) yield one + other
  for (const sentence of SENTENCES) {
    yield sentence
    for (const tail of ['1', '12', '123', '2024', '2025', '2026']) yield sentence + tail
  }
  yield* walks()
}

/** Runs over the keyboard and the alphabet, forwards, backwards, twice, and one row after the other. */
function* walks(): Generator<string> {
  const rows = ROWS.flatMap((row) => [row, [...row].reverse().join('')])
  for (const row of rows) {
    for (let start = 0; start < row.length; start += 1) {
      for (let length = 4; start + length <= row.length; length += 1) {
        const piece = row.slice(start, start + length)
        yield piece
        yield piece + piece
        yield piece + piece + piece
        for (const tail of ['1', '12', '123', '1234', '12345', '123456', '1234567890']) {
          yield piece + tail
          yield tail + piece
        }
      }
    }
    for (const other of rows) {
      yield row + other
      yield row.slice(0, 4) + other.slice(0, 4)
      yield row.slice(0, 6) + other.slice(0, 6)
      for (const third of ['1234', '123456', '1234567890']) yield row.slice(0, 6) + other.slice(0, 6) + third
    }
  }
}

const SHORTEST = 6
const FIRST_YEAR = 1970
const LAST_YEAR = 2030
const TAILS =
  `1 2 3 7 12 123 1234 12345 123456 1234567 12345678 123456789 1234567890 321 4321 54321 654321 11 111 1111 22 222 333
  69 77 777 88 99 999 00 000 007 01 10 100 1000 101 123123 111111 000000 abc abcd qwerty asdf xyz xxx`
    .trim()
    .split(/\s+/)
const PHRASES: readonly (readonly [string, string])[] = [
  ['ilove', ''],
  ['ilovemy', ''],
  ['ihate', ''],
  ['iam', ''],
  ['mynameis', ''],
  ['my', ''],
  ['the', ''],
  ['thebest', ''],
  ['hello', ''],
  ['welcometo', ''],
  ['super', ''],
  ['my', 'password'],
  ['my', 'password1'],
  ['my', 'password123'],
  ['', 'password'],
  ['', 'password1'],
  ['', 'password123'],
  ['', 'isthebest'],
  ['', 'iscool'],
  ['', 'forever'],
  ['', 'rocks'],
  ['', 'rules'],
  ['', 'sucks'],
  ['', 'loves'],
  ['', 'lover'],
  ['', 'girl'],
  ['', 'boy'],
  ['', 'man'],
  ['', 'admin'],
  ['admin', ''],
  ['password', ''],
  ['letmein', ''],
  ['changeme', ''],
]
const ROWS = [
  '1234567890',
  '0123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiop',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiop',
  'azertyuiopqsdfghjklmwxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  'qazwsxedcrfvtgbyhnujm',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  'a1b2c3d4e5f6g7h8i9',
  '1a2b3c4d5e6f7g8h9i',
  '147258369',
  '159357456',
  '112233445566778899',
  'aabbccddeeffgghhiijj',
  '123321123321123321',
]
