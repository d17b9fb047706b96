import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, chown, lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { inspect, promisify } from 'node:util'
import { createKeyring, ensureKeyrings, openKeyring } from './index.ts'

suite('a keyring', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-keys-'))
  })
  after(() => rm(directory, { recursive: true }))
  const names = { keys: ['pepper'], passwords: ['runtime'] }

  test('is made once, with mode 0600, and opens as it was made', async () => {
    const file = join(directory, 'once.json')
    const made = createKeyring(file, names)
    const again = createKeyring(file, names)
    assert.equal((await lstat(file)).mode & 0o777, 0o600)
    assert.equal(again.password('runtime').release(), made.password('runtime').release())
    assert.deepEqual(again.current('pepper').key.release(), made.current('pepper').key.release())
    assert.equal(made.current('pepper').key.release().length, 32)
    assert.deepEqual(
      (await readdir(directory)).filter((name) => name.startsWith('once')),
      ['once.json'],
    )
  })

  test('made by several at once is one', async () => {
    const file = join(directory, 'race.json')
    const code = `import { createKeyring } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
      console.log(createKeyring(process.argv[1], { passwords: ['runtime'] }).password('runtime').release())`
    const run = promisify(execFile)
    const made = await Promise.all(
      Array.from({ length: 4 }, () => run(process.execPath, ['--input-type=module', '-e', code, file])),
    )
    assert.equal(new Set(made.map((one) => one.stdout)).size, 1)
    assert.equal(made[0]?.stdout.trim(), openKeyring(file).password('runtime').release())
  })

  test('gets a new version and keeps the old ones', async () => {
    const first = createKeyring(join(directory, 'versions.json'), names)
    const second = first.addVersion('pepper')
    assert.equal(second.current('pepper').version, 2)
    assert.deepEqual(second.version('pepper', 1).key.release(), first.current('pepper').key.release())
    assert.deepEqual(
      second.all('pepper').map((one) => one.version),
      [2, 1],
    )
    assert.throws(() => second.version('pepper', 3), { name: 'StartRefusal' })
    assert.equal(second.password('runtime').release(), first.password('runtime').release())
  })

  test('shows no secret when it is printed', async () => {
    const keyring = createKeyring(join(directory, 'printed.json'), names)
    const shown = inspect([keyring, keyring.current('pepper'), keyring.password('runtime')], { depth: 9 })
    assert.ok(!shown.includes(keyring.password('runtime').release()))
    assert.ok(!JSON.stringify(keyring.current('pepper')).includes('data'))
  })

  for (const mode of [0o640, 0o604, 0o620, 0o666]) {
    test(`is refused with mode 0${mode.toString(8)}`, async () => {
      const file = join(directory, `mode-${mode}.json`)
      createKeyring(file, names)
      await chmod(file, mode)
      assert.throws(() => openKeyring(file), {
        name: 'StartRefusal',
        message: new RegExp(`mode 0${mode.toString(8)}`),
      })
    })
  }

  const good = {
    format: 1,
    keys: { pepper: [{ version: 1, key: Buffer.alloc(32, 7).toString('base64') }] },
    passwords: {},
  }
  for (const [flaw, content] of [
    ['no JSON', '{"secret-word'],
    ['a list', '[]'],
    ['another format', JSON.stringify({ ...good, format: 2 })],
    ['a short key', JSON.stringify({ ...good, keys: { pepper: [{ version: 1, key: 'AAAA' }] } })],
    ['a key without version', JSON.stringify({ ...good, keys: { pepper: [{ key: good.keys.pepper[0]?.key }] } })],
    ['one version twice', JSON.stringify({ ...good, keys: { pepper: [good.keys.pepper[0], good.keys.pepper[0]] } })],
    ['a key of no versions', JSON.stringify({ ...good, keys: { pepper: [] } })],
    ['a weak password', JSON.stringify({ ...good, passwords: { runtime: 'secret-word' } })],
  ] as const) {
    test(`is refused with ${flaw}, without quoting it`, async () => {
      const file = join(directory, 'flaw.json')
      await writeFile(file, content, { mode: 0o600 })
      assert.throws(
        () => openKeyring(file),
        (error: Error) => {
          assert.equal(error.name, 'StartRefusal')
          assert.ok(!error.message.includes('secret-word') && !error.message.includes('\n'))
          return true
        },
      )
    })
  }

  test('is refused behind a link, and when it is missing', async () => {
    await symlink(join(directory, 'once.json'), join(directory, 'link.json'))
    assert.throws(() => openKeyring(join(directory, 'link.json')), { name: 'StartRefusal', message: /is a link/ })
    assert.throws(() => openKeyring(join(directory, 'nowhere.json')), { name: 'StartRefusal', message: /ENOENT/ })
  })

  if (process.getuid?.() === 0) {
    test('is refused when it belongs to somebody else', async () => {
      const file = join(directory, 'foreign.json')
      createKeyring(file, names)
      await chown(file, 65_534, 65_534)
      assert.throws(() => openKeyring(file), { name: 'StartRefusal', message: /somebody else/ })
    })
  }

  test('is one for each process: none holds what another needs', async () => {
    const keys = join(directory, 'state', 'keys')
    const { server, worker, hasher, operator } = ensureKeyrings(keys)
    assert.equal((await lstat(keys)).mode & 0o777, 0o700)
    assert.throws(() => server.current('pepper'), { name: 'StartRefusal' })
    assert.throws(() => server.password('owner'), { name: 'StartRefusal' })
    assert.throws(() => operator.password('runtime'), { name: 'StartRefusal' })
    assert.equal(hasher.current('pepper').version, 1)
    const all = await Promise.all((await readdir(keys)).map((name) => readFile(join(keys, name), 'utf8')))
    const passwords = all.flatMap((text) => Object.values(JSON.parse(text).passwords))
    assert.equal(new Set(passwords).size, 8)
    // Who runs the application's jobs runs them as the server's handlers, and signs nobody in.
    assert.equal(worker.password('runtime').release(), server.password('runtime').release())
    assert.throws(() => worker.password('accounts'), { name: 'StartRefusal' })
    assert.throws(() => server.password('jobs'), { name: 'StartRefusal' })
  })
})
