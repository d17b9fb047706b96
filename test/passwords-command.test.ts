import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { openFilter } from '../src/checklist/authentication/strong-authentication/index.ts'

const MAIN = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-passwords-'))
  await writeFile(join(folder, 'list.txt'), 'violet harbour staircase\nshort\nwörterbuch eins\n')
  await writeFile(join(folder, 'dump.txt'), `${sha1('Lantern Gravel Seven')}:40\n${sha1('seldom seen words')}:2\n`)
})
after(() => rm(folder, { recursive: true }))

const sha1 = (text: string): string => hash('sha1', text, 'hex').toUpperCase()
const at = (name: string): string => join(folder, name)

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function passwords(argv: readonly string[], input = ''): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const { HOLDFAST_PASSWORD_FILTER: _, ...env } = process.env
  const child = execFile(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, 'passwords', ...argv],
    { env },
    (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
  )
  child.stdin?.end(input)
  return promise
}

suite('passwords build', () => {
  test('makes one filter of lists and of dumps, and says what is in it', async () => {
    const file = at('both.fuse16')
    const argv = ['build', '--from', at('list.txt'), '--hashes', at('dump.txt'), '--least-count', '20', '--to', file]
    const { code, stdout, stderr } = await passwords(argv)
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /list\.txt: 2 taken\n {2}1 left out, too short: line 2\n/)
    assert.match(stdout, /dump\.txt: 1 taken\n {2}1 left out, seen too seldom: line 2\n/)
    assert.match(stdout, /both\.fuse16: 3 different ones in 0\.0 MB, after [\d.]+ s\nOne in 65,536 passwords/)
    const isCommon = openFilter(file)
    for (const listed of ['violetharbourstaircase', 'worterbucheins', 'Lantern Gravel Seven'])
      assert.ok(isCommon(listed), listed)
    assert.ok(!isCommon('seldom seen words') && !isCommon('lantern gravel seven'))
  })

  test('says it as JSON', async () => {
    const { stdout } = await passwords(['build', '--from', at('list.txt'), '--to', at('json.fuse16'), '--json'])
    const { entries, falsePositives, sources } = JSON.parse(stdout)
    assert.deepEqual({ entries, falsePositives }, { entries: 2, falsePositives: { one: 1, in: 65_536 } })
    assert.deepEqual(sources[0].left, { 'too short': { count: 1, lines: [2] } })
  })

  test('takes the place of a filter, and of nothing else', async () => {
    await writeFile(at('notes.txt'), 'not to be lost')
    const other = await passwords(['build', '--from', at('list.txt'), '--to', at('notes.txt')])
    assert.match(other.stderr, /notes\.txt: is there and is no password filter; name another file\n$/)
    assert.equal(await readFile(at('notes.txt'), 'utf8'), 'not to be lost')
    for (const list of ['list.txt', 'list.txt']) {
      const again = await passwords(['build', '--from', at(list), '--to', at('again.fuse16')])
      assert.equal(again.code, 0)
    }
  })

  for (const [what, argv, says] of [
    ['no source', ['--to', 'x'], /^passwords build: needs a source and a target/],
    ['no target', ['--from', 'list.txt'], /^passwords build: needs a source and a target/],
    ['a list that is none', ['--from', 'dump.txt', '--to', 'x'], /dump\.txt: has hashes .*--hashes\n$/],
    ['a dump that is none', ['--hashes', 'list.txt', '--to', 'x'], /list\.txt, line 1: is not 40 digits/],
    ['a source that is not there', ['--from', 'absent.txt', '--to', 'x'], /absent\.txt: can not be read \(ENOENT\)\n$/],
    ['a source without a line that counts', ['--from', 'empty.txt', '--to', 'x'], /x: would be empty/],
    ['no number', ['--from', 'list.txt', '--to', 'x', '--least-characters', 'many'], /^--least-characters: must be/],
  ] as const)
    test(`with ${what} is refused in one line, and leaves nothing behind`, async () => {
      await writeFile(at('empty.txt'), '\n\n')
      const named = argv.map((arg) => (arg.startsWith('--') || /^(many|20)$/.test(arg) ? arg : at(arg)))
      const { code, stdout, stderr } = await passwords(['build', ...named])
      assert.deepEqual([code, stdout, stderr.split('\n').length], [3, '', 2], stderr)
      assert.match(stderr, says)
      assert.deepEqual(
        (await readdir(folder)).filter((name) => name.startsWith('x')),
        [],
      )
    })
})

suite('passwords check', () => {
  for (const [password, argv, code, says] of [
    ['velvet cactus 47 lamps\n', [], 0, 'accepted\n'],
    ['correct horse battery staple', [], 1, /^refused \(common\): /],
    ['gravel7x\r\n', [], 1, /^refused \(too-short\): Use at least 15/],
    ['gravel7x', ['--second-factor'], 0, 'accepted\n'],
    ['brunhilde kowalczyk', ['--name', 'Brunhilde Kowalczyk'], 1, /^refused \(contextual\): /],
  ] as const)
    test(`says of ${JSON.stringify(password)} ${argv.join(' ')}: ${says}`, async () => {
      const ended = await passwords(['check', ...argv], password)
      assert.deepEqual([ended.code, ended.stderr], [code, ''])
      if (typeof says === 'string') assert.equal(ended.stdout, says)
      else assert.match(ended.stdout, says)
    })

  test('asks a filter of one’s own too', async () => {
    await passwords(['build', '--from', at('list.txt'), '--to', at('own.fuse16')])
    const ended = await passwords(['check', '--filter', at('own.fuse16')], 'Violet-Harbour-Staircase')
    assert.match(ended.stdout, /^refused \(common\): /)
    const wrong = await passwords(['check', '--filter', at('list.txt')], 'velvet cactus 47 lamps')
    assert.deepEqual([wrong.code, wrong.stdout], [3, ''])
    assert.match(wrong.stderr, /list\.txt: is no password filter/)
  })
})

test('passwords without a verb says which there are', async () => {
  const { code, stderr } = await passwords([])
  assert.deepEqual([code, stderr], [3, 'passwords: say what: holdfast passwords build, or holdfast passwords check\n'])
})
