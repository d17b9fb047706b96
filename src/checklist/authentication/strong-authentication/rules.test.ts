import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { coveredBy, wordsAbout } from './context-words.ts'
import { effectiveLength, repeatedBlock } from './patterns.ts'
import { createRules } from './rules.ts'
import { openFilter } from './shipped-filter.ts'

const rules = createRules(openFilter())

function judge(text: string, minimum = 15): string {
  const password = text.normalize('NFC')
  const about = {
    email: 'quirin.zelenikova@fjordlicht.example',
    name: 'Brunhilde Kowalczyk',
    serviceName: 'Harbour Notes',
  }
  const candidate = { password, length: [...password].length, minimum, ...about }
  for (const rule of [rules.length, rules.pattern, rules.context, rules.common]) {
    const problem = rule(candidate)
    if (problem !== null) {
      assert.ok(text.length < 9 || !problem.message.includes(text), 'a message never quotes the password')
      return problem.code
    }
  }
  return 'accepted'
}

/** Each password with what is said of it where it is the only factor. */
const VERDICTS: readonly (readonly [verdict: string, passwords: readonly string[]])[] = [
  [
    'accepted',
    [
      'violet harbour staircase',
      'my lantern is out',
      'lantern gravel 7',
      'ǎěǐǒǔ ŵŷẑ ḿńṕŕẃ',
      'κόσμος 你好世界 🦊🌋🎻🛶',
      '🦊🌋🎻🛶🧵🪁🦉🌵🍄🧊🥁🪐🗿🧩🪵',
      '314159265358979',
      'brunhilde walks to the pier at night',
      'she reads harbour notes before sleeping',
      'anna likes pancakes',
      'x2#Kq9!vLm4@Tz7w',
      'kowalczyk 83519274 01635724',
    ],
  ],
  ['too-short', ['', 'lantern', 'fourteen chars', '🦊🌋🎻🛶🧵🪁🦉🌵🍄🧊🥁🪐🗿🧩', 'cafe\u0301 au lait d'.slice(0, 15)]],
  ['too-long', [`${'lantern gravel '.repeat(9)}`, '🦊'.repeat(129)]],
  [
    'pattern',
    [
      'aaaaaaaaaaaaaaa',
      'zqzqzqzqzqzqzqzq',
      'passwordpassword',
      'PasswordpassworD',
      'lantern1lantern1lan',
      '123456789012345',
      '098765432109876',
      'abcdefghijklmnop',
      'ponmlkjihgfedcba',
      'qwertyuiopasdfgh',
      'QWERTZUIOPasdfgh',
      'azertyuiopqsdfgh',
      '1qaz2wsx3edc4rfv',
      'αβγδεζηθικλμνξο',
    ],
  ],
  [
    'contextual',
    [
      'brunhilde kowalczyk',
      'BRUNHILDE-KOWALCZYK-26',
      'Brunh1ld3 K0w@lczyk 2026',
      'kowalczykbrunhilde',
      'Zelenikova.Quirin!',
      'fjordlicht fjordLicht 1',
      'harbournotes2026!!!',
      'Notes-Harbour-20262027',
      'kyzclawok edlihnurb',
      'Kowalczyk geheim 1',
    ],
  ],
  [
    'common',
    [
      'correct horse battery staple',
      'CorrectHorseBatteryStaple!',
      'm4yTh3F0rc3B3W1thY0u',
      'maytheforcebewithyou',
      'Password1234567',
      'P@$$w0rd!!!!!!!',
      'iloveyouiloveyou1',
      'administrator123',
      'summer2025summer!',
      'Welcome-Welcome-1',
      '1qaz2wsx3edc4rfv5tgb',
      'contraseña123456',
    ],
  ],
]

suite('a password as the only factor', () => {
  for (const [verdict, passwords] of VERDICTS) {
    for (const password of passwords) {
      test(`is ${verdict}: ${JSON.stringify(password).slice(0, 50)}`, () => assert.equal(judge(password), verdict))
    }
  }

  test('may have exactly 15 and exactly 128 characters', () => {
    const letters = 'kzvbdmwtfgphnrxclsjqoiuea'
    const text = Array.from({ length: 200 }, (_, index) => letters[(index * index * 7 + index * 3) % 25]).join('')
    assert.equal(judge(text.slice(0, 15)), 'accepted')
    assert.equal(judge(text.slice(0, 128)), 'accepted')
    assert.equal(judge(text.slice(0, 129)), 'too-long')
  })
})

suite('a password beside an enforced second factor', () => {
  for (const [password, verdict] of [
    ['gravel7x', 'accepted'],
    ['gravel7', 'too-short'],
    ['password', 'common'],
    ['sunshine1', 'common'],
    ['zelenikova', 'contextual'],
    ['abcdefgh', 'pattern'],
    ['aaaaaaaa', 'pattern'],
  ] as const) {
    test(`is ${verdict}: ${password}`, () => assert.equal(judge(password, 8), verdict))
  }
})

suite('words about somebody', () => {
  test('cover the whole address, however short its parts are', () => {
    const words = wordsAbout({ email: 'bo@example.test', name: 'Bo', serviceName: 'Notes' })
    for (const password of ['bo@example.test', 'Bo@Example.Test 1', 'boexampletest'])
      assert.equal(coveredBy(password, words), true, password)
    assert.equal(coveredBy('velvet example cactus', words), false)
  })
})

suite('patterns', () => {
  test('are found by the shortest repeated block', () => {
    for (const [text, block] of [
      ['aaaa', 1],
      ['abab', 2],
      ['ababa', 2],
      ['passwordpassword', 8],
      ['🦊🌋🦊🌋', 2],
      ['abcd', 4],
      ['', 0],
    ] as const)
      assert.equal(repeatedBlock(text), block, text)
  })

  test('are found by what does not follow from the character before', () => {
    for (const [text, length] of [
      ['', 0],
      ['aaaa', 1],
      ['abcdef', 1],
      ['qwertyuiopasdfgh', 2],
      ['123456789012345', 1],
      ['kvxj', 4],
    ] as const)
      assert.equal(effectiveLength(text), length, text)
  })
})
