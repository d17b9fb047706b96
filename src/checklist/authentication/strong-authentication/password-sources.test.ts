import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { keyOf } from './filter-key.ts'
import { listedForm, listedForms } from './fold.ts'
import { takeHashes, takeList } from './password-sources.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-sources-'))
})
after(() => rm(folder, { recursive: true }))

const sha1 = (text: string): string => hash('sha1', text, 'hex').toUpperCase()

async function list(content: string | Buffer, least = 8) {
  const file = join(folder, 'list.txt')
  await writeFile(file, content)
  const keys: string[] = []
  const count = await takeList(file, least, { add: (key) => void keys.push(key.toString('hex')) })
  return { ...count, keys }
}

async function hashes(content: Readonly<Record<string, string>> | string, least = 1) {
  const path = await mkdtemp(join(folder, 'hashes-'))
  const file = join(path, 'dump.txt')
  if (typeof content === 'string') await writeFile(file, content)
  else for (const [name, text] of Object.entries(content)) await writeFile(join(path, name), text)
  const keys: string[] = []
  const add = (key: Buffer): void => void keys.push(key.toString('hex').toUpperCase())
  const count = await takeHashes(typeof content === 'string' ? file : path, least, { add })
  return { ...count, keys }
}

suite('a list of passwords', () => {
  test('is taken line by line, whatever ends them, each in the form of all its spellings', async () => {
    const { taken, keys } = await list('Hunter Two 2000\r\ncontraseña\n🦊🦊🦊🦊🦊🦊🦊🦊\nlast line without end')
    assert.equal(taken, 4)
    for (const typed of ['hunter-two 2000', 'Contrasena', '🦊🦊🦊🦊🦊🦊🦊🦊', 'Last.line.without.end'])
      assert.ok(keys.includes(keyOf(listedForm(typed)).toString('hex')), typed)
  })

  test('may begin with a mark of its byte order', async () => {
    assert.deepEqual((await list('\ufeffhuntertwo')).keys, [keyOf('huntertwo').toString('hex')])
  })

  test('is counted where lines are left out, with the numbers of the first', async () => {
    const long = 'x'.repeat(3_000_000)
    const latin1 = Buffer.from('contrase\xf1a\n', 'latin1')
    const start = `short\n\n${'y'.repeat(129)}\n${'🦊'.repeat(128)}\n${long}\nfollowing one\n`
    const { taken, left } = await list(Buffer.concat([Buffer.from(start), latin1, latin1]))
    assert.equal(taken, 2)
    assert.deepEqual(left, {
      'too short': { count: 2, lines: [1, 2] },
      'too long': { count: 2, lines: [3, 5] },
      'not UTF-8': { count: 2, lines: [7, 8] },
    })
  })

  test('names five lines of a kind and no more', async () => {
    const { left } = await list('a\n'.repeat(1_000))
    assert.deepEqual(left['too short'], { count: 1_000, lines: [1, 2, 3, 4, 5] })
  })

  test('is of passwords as long as was asked for', async () => {
    assert.equal((await list('1234567\n12345678\n123456789012345\n', 15)).taken, 1)
  })

  for (const [what, content, says] of [
    ['compressed', Buffer.from([0x1f, 0x8b, 8, 0]), /is compressed; unpack it first/],
    ['in UTF-16', Buffer.from('\ufeffpassword', 'utf16le'), /is UTF-16; right would be UTF-8/],
    ['of hashes', `${sha1('password')}:3\n`, /has hashes and no passwords; give it as --hashes$/],
    ['of bare hashes', `${sha1('password').toLowerCase()}\n`, /has hashes and no passwords/],
  ] as const)
    test(`that is ${what} is refused`, () => assert.rejects(list(content), { name: 'StartRefusal', message: says }))

  test('that is not there is refused', () =>
    assert.rejects(takeList(join(folder, 'absent'), 8, { add: () => undefined }), {
      message: /absent: can not be read \(ENOENT\)$/,
    }))
})

suite('a dump of range queries', () => {
  const range = (...passwords: readonly (readonly [string, number])[]): Readonly<Record<string, string>> =>
    Object.fromEntries(
      passwords.map(([password, seen]) => [sha1(password).slice(0, 5), `${sha1(password).slice(5)}:${seen}`]),
    )

  test('is a folder of ranges, with padding that is left out', async () => {
    const { taken, keys, left } = await hashes(range(['hunter two', 3], ['Violet Harbour', 1], ['padding', 0]))
    assert.equal(taken, 2)
    assert.deepEqual(keys.toSorted(), [sha1('hunter two'), sha1('Violet Harbour')].toSorted())
    assert.deepEqual(left, { padding: { count: 1, lines: [1] } })
  })

  test('may have its ranges in files named .txt, in small digits, with any end of line', async () => {
    const hex = sha1('hunter two').toLowerCase()
    const { keys } = await hashes({ [`${hex.slice(0, 5)}.txt`]: `${hex.slice(5)}:12\r\n` })
    assert.deepEqual(keys, [sha1('hunter two')])
  })

  test('is a file of whole hashes', async () => {
    const { keys } = await hashes(`${sha1('one')}:5\n${sha1('two')}:7\r\n`)
    assert.deepEqual(keys, [sha1('one'), sha1('two')])
  })

  test('is of what was seen as often as was asked for', async () => {
    const { taken, left } = await hashes(`${sha1('one')}:5\n${sha1('two')}:4\n${sha1('three')}:6\n`, 5)
    assert.equal(taken, 2)
    assert.deepEqual(left, { 'seen too seldom': { count: 1, lines: [2] } })
  })

  const good = `${sha1('one')}:5\n`
  for (const [what, line] of [
    ['a password', 'hunter two'],
    ['a hash without a count', sha1('one')],
    ['an NTLM hash', `${'A'.repeat(32)}:4`],
    ['a count that is none', `${sha1('one')}:many`],
    ['a negative count', `${sha1('one')}:-1`],
    ['a digit that is none', `G${sha1('one').slice(1)}:1`],
    ['nothing', ''],
    ['a line without end', 'A'.repeat(100_000)],
  ] as const)
    test(`with ${what} is refused with the line`, () =>
      assert.rejects(hashes(`${good}${line}\n${good}`), {
        name: 'StartRefusal',
        message:
          /dump\.txt, line 2: is not 40 digits of a SHA-1 hash, a colon and a count; right would be 21BD1[0-9A-F]{35}:3$/,
      }))

  test('with a suffix of the wrong length is refused with file and line', () =>
    assert.rejects(hashes({ ABCDE: `${'F'.repeat(36)}:1` }), { message: /ABCDE, line 1: is not 35 digits/ }))

  test('with a file that is no range, or none at all, is refused', async () => {
    await assert.rejects(hashes({ 'README.md': '' }), {
      message: /README\.md: is no range; right would be files 00000/,
    })
    await assert.rejects(hashes({}), { message: /is empty; right would be files 00000/ })
    const path = await mkdtemp(join(folder, 'folders-'))
    await mkdir(join(path, 'ABCDE'))
    await assert.rejects(takeHashes(path, 1, { add: () => undefined }), {
      message: /ABCDE: can not be read \(EISDIR\)/,
    })
  })
})

test('a password is looked up as typed and in lower case, since a list of hashes has no other form of it', () => {
  const forms = listedForms('Hunter Two!')
  for (const form of ['Hunter Two!', 'hunter two!', 'huntertwo']) assert.ok(forms.includes(form), form)
  assert.ok(!listedForms('hunter two').includes('Hunter Two'))
  assert.ok(listedForms('V1olet H4rbour $taircase 12').length <= 9)
})
