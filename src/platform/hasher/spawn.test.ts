import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { argon2Sync, createHmac } from 'node:crypto'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Secret } from '../../kernel/secret.ts'
import type { Hasher } from './hasher.ts'
import { parsePhc } from './phc.ts'
import { type RunningHasher, spawnHasher } from './spawn.ts'

const PASSWORD = new Secret('correct horse battery staple')
const pepper = (version: number, fill = version) => ({ version, key: new Secret(Buffer.alloc(32, fill)) })

test('a hasher starts where node_modules is a link', async () => {
  const root = join(import.meta.dirname, '../../..')
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-linked-'))
  try {
    for (const path of ['package.json', 'src/kernel', 'src/platform/hasher'])
      await cp(join(root, path), join(folder, path), { recursive: true })
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const there: typeof import('./spawn.ts') = await import(
      pathToFileURL(join(folder, 'src/platform/hasher/spawn.ts')).href
    )
    const running = await there.spawnHasher({ pepper: [pepper(1)] })
    try {
      assert.match((await running.hasher().hash(PASSWORD)).phc, /^\$argon2id/)
    } finally {
      await running.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

suite('a hasher process', () => {
  let running: RunningHasher
  let hasher: Hasher

  before(async () => {
    running = await spawnHasher({ pepper: [pepper(1)] })
    hasher = running.hasher()
  })
  after(() => running.stop())

  test('makes argon2id hashes of 19 MiB and two passes, and verifies them', async () => {
    const { phc, pepperVersion } = await hasher.hash(PASSWORD)
    assert.match(phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    assert.equal(pepperVersion, 1)
    assert.deepEqual(await hasher.verify(PASSWORD, phc, 1), { ok: true, stale: null })
    assert.deepEqual(await hasher.verify(new Secret('correct horse battery stapl'), phc, 1), { ok: false, stale: null })
  })

  test('never makes the same hash twice', async () => {
    assert.notEqual((await hasher.hash(PASSWORD)).phc, (await hasher.hash(PASSWORD)).phc)
  })

  test('computes what RFC 9106 says over the peppered password, and nothing without the pepper', async () => {
    const { phc } = await hasher.hash(PASSWORD)
    const parsed = parsePhc(phc)
    assert.ok(parsed)
    const again = (message: Buffer) =>
      argon2Sync('argon2id', {
        message,
        nonce: parsed.salt,
        memory: parsed.memoryKiB,
        passes: parsed.passes,
        parallelism: 1,
        tagLength: 32,
      })
    const peppered = createHmac('sha256', Buffer.alloc(32, 1)).update(PASSWORD.release()).digest()
    assert.deepEqual(again(peppered), parsed.tag)
    assert.notDeepEqual(again(Buffer.from(PASSWORD.release())), parsed.tag)
  })

  test('takes one password typed on two systems for the same', async () => {
    const { phc } = await hasher.hash(new Secret('cafe\u0301 au lait, deux sucres'))
    assert.equal((await hasher.verify(new Secret('caf\u00e9 au lait, deux sucres'), phc, 1)).ok, true)
  })

  test('tells passwords apart after the 72nd byte and after NUL', async () => {
    for (const [one, other] of [
      [`${'a'.repeat(120)}x`, `${'a'.repeat(120)}y`],
      ['before\0after', 'before\0other'],
    ] as const) {
      const { phc } = await hasher.hash(new Secret(one), { memoryKiB: 64, passes: 1 })
      assert.equal((await hasher.verify(new Secret(one), phc, 1)).ok, true)
      assert.equal((await hasher.verify(new Secret(other), phc, 1)).ok, false)
    }
  })

  test('says which hashes are weaker than asked for', async () => {
    for (const [parameters, stale] of [
      [{ memoryKiB: 1_024, passes: 2 }, 'parameters'],
      [{ memoryKiB: 19_456, passes: 1 }, 'parameters'],
      [{ memoryKiB: 20_000, passes: 3 }, null],
    ] as const) {
      const { phc } = await hasher.hash(PASSWORD, parameters)
      assert.deepEqual(await hasher.verify(PASSWORD, phc, 1), { ok: true, stale })
    }
  })

  test('refuses parameters that would exhaust the machine, stored hashes that are none, and peppers it does not have', async () => {
    const { phc } = await hasher.hash(PASSWORD, { memoryKiB: 64, passes: 1 })
    await assert.rejects(hasher.hash(PASSWORD, { memoryKiB: 4_000_000, passes: 2 }), { code: 'unexpected' })
    await assert.rejects(hasher.verify(PASSWORD, phc, 9), { code: 'unexpected' })
    for (const stored of [
      '',
      '$2b$10$abc',
      phc.replace('m=64', 'm=4000000'),
      phc.replace('argon2id', 'argon2i'),
      `${phc}=`,
      `${phc}\n`,
    ]) {
      await assert.rejects(hasher.verify(PASSWORD, stored, 1), { code: 'unexpected' }, stored)
    }
  })

  test('refuses text that UTF-8 can not carry, and more than 4 KiB, before anything is sent', async () => {
    for (const password of ['half a \ud83d pair of surrogates', 'x'.repeat(4_097), 'é'.repeat(2_049)]) {
      await assert.rejects(hasher.hash(new Secret(password)), { code: 'input-invalid' })
    }
  })

  test('holds its memory while a flood waits: what is beyond the queue is refused at once', async () => {
    const flood = await Promise.allSettled(Array.from({ length: 200 }, () => hasher.hash(PASSWORD)))
    const refused = flood.filter((result) => result.status === 'rejected')
    assert.equal(refused.length, 200 - 128 - 2)
    for (const { reason } of refused) {
      assert.equal(reason.code, 'overloaded')
      assert.equal(reason.options.retryAfterSeconds, 5)
    }
    assert.deepEqual(hasher.load(), { running: 0, waiting: 0 })
  })

  test('compares ten passwords from another address while two hundred of one wait, none of them last', async () => {
    const { phc } = await hasher.hash(PASSWORD)
    let over = 0
    const flood = Array.from({ length: 200 }, () =>
      hasher.hash(PASSWORD, undefined, '192.0.2.66').then(
        () => (over += 1),
        () => undefined,
      ),
    )
    const before: number[] = []
    for (let n = 0; n < 10; n += 1) {
      hasher.expectRoom('192.0.2.7')
      assert.deepEqual(await hasher.verify(PASSWORD, phc, 1, '192.0.2.7'), { ok: true, stale: null })
      before.push(over)
    }
    await Promise.all(flood)
    // Each waits for what is at work and for one turn of the flood's; twice as much is left to a machine that is busy.
    for (const [n, count] of before.entries())
      assert.ok(count <= 8 * (n + 1), `${count} of the flood were hashed before the ${n + 1}th`)
    assert.ok(over <= 130, `${over} of the flood were hashed`)
  })

  test('takes ten at once from another address in a queue that a flood has filled', async () => {
    const { phc } = await hasher.hash(PASSWORD)
    const flood = Promise.allSettled(Array.from({ length: 200 }, () => hasher.hash(PASSWORD, undefined, '192.0.2.66')))
    await sleep(1)
    assert.throws(() => hasher.expectRoom('192.0.2.66'), { code: 'overloaded' })
    const told = await Promise.all(Array.from({ length: 10 }, () => hasher.verify(PASSWORD, phc, 1, '192.0.2.7')))
    assert.ok(told.every(({ ok }) => ok))
    assert.ok(hasher.load().waiting > 64, 'the flood waits longer')
    const hashed = (await flood).filter(({ status }) => status === 'fulfilled')
    assert.equal(hashed.length, 2 + 128 - 10)
  })
})

suite('the pepper', () => {
  test('with a newer version makes older hashes stale, and they still verify', async () => {
    const before = await spawnHasher({ pepper: [pepper(1)] })
    const { phc, pepperVersion } = await before.hasher().hash(PASSWORD)
    await before.stop()

    const now = await spawnHasher({ pepper: [pepper(2), pepper(1)] })
    assert.deepEqual(await now.hasher().verify(PASSWORD, phc, pepperVersion), { ok: true, stale: 'pepper' })
    assert.equal((await now.hasher().hash(PASSWORD)).pepperVersion, 2)
    await now.stop()
  })

  test('of another backend verifies nothing', async () => {
    const [one, other] = await Promise.all([
      spawnHasher({ pepper: [pepper(1, 1)] }),
      spawnHasher({ pepper: [pepper(1, 2)] }),
    ])
    const { phc } = await one.hasher().hash(PASSWORD)
    assert.equal((await other.hasher().verify(PASSWORD, phc, 1)).ok, false)
    await Promise.all([one.stop(), other.stop()])
  })

  test('must be 16 to 64 bytes, with a version', async () => {
    for (const wrong of [
      [],
      [{ version: 0, key: new Secret(Buffer.alloc(32)) }],
      [{ version: 1, key: new Secret(Buffer.alloc(8)) }],
    ]) {
      await assert.rejects(spawnHasher({ pepper: wrong }), RangeError)
    }
  })
})

suite('the hasher among processes', () => {
  test('serves a server that inherits its pipe and may neither load add-ons nor start processes', async () => {
    const running = await spawnHasher({ pepper: [pepper(1)] })
    const root = fileURLToPath(new URL('../../../', import.meta.url))
    const server = spawn(
      process.execPath,
      [
        '--permission',
        '--allow-net',
        `--allow-fs-read=${root}`,
        fileURLToPath(new URL('handover.fixture.ts', import.meta.url)),
      ],
      { stdio: ['ignore', 'pipe', 'inherit', running.stream] },
    )
    // The server has its own copy; with this one gone, the server's end is the only one.
    running.stream.destroy()
    const said = JSON.parse(await text(server.stdout ?? assert.fail()))
    assert.match(said.phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.deepEqual([said.right, said.wrong], [true, false])
    assert.equal(said.child, 'ERR_ACCESS_DENIED')
    assert.notEqual(said.addon, 'allowed')
    assert.equal(await running.ended, 'exit code 0', 'it ends with the server')
    await running.stop()
  })

  test('is given add-ons and its own code, and nothing else', async () => {
    const running = await spawnHasher({ pepper: [pepper(1)] })
    const flags = running.child.spawnargs.filter((argument) => argument.startsWith('--allow'))
    assert.deepEqual(
      flags.map((flag) => flag.split('=')[0]),
      ['--allow-addons', '--allow-fs-read', '--allow-fs-read'],
    )
    await running.stop()
  })

  test('ends when the supervisor is gone', async () => {
    const running = await spawnHasher({ pepper: [pepper(1)] })
    running.child.stdin?.destroy()
    assert.equal(await running.ended, 'exit code 0')
  })

  test('that is killed leaves callers with a refusal and no hanging promise', async () => {
    const lost: string[] = []
    const running = await spawnHasher({ pepper: [pepper(1)], onLost: (why) => lost.push(why) })
    const calls = Array.from({ length: 10 }, () => running.hasher().hash(PASSWORD))
    running.child.kill('SIGKILL')
    for (const call of await Promise.allSettled(calls)) {
      assert.ok(call.status === 'fulfilled' || call.reason.code === 'overloaded')
    }
    await assert.rejects(running.hasher().hash(PASSWORD), { code: 'overloaded' })
    assert.equal(lost.length, 1)
    await running.stop()
  })
})
