import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { isAlive, startOf } from './holder.ts'
import { readLock, takeLock } from './lock.ts'

suite('a lock', () => {
  let directory: string
  let file: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
    file = join(directory, 'lock')
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  test('is had by one at a time, and again when it is released', async () => {
    const lock = await takeLock(file, 'this thing')
    assert.deepEqual(await readLock(file), { pid: process.pid, alive: true })
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    await assert.rejects(takeLock(file, 'this thing'), {
      message: `${file}: process ${process.pid} is using this thing; stop it, or set HOLDFAST_STATE to another directory`,
    })
    await lock.release()
    assert.deepEqual(await readdir(directory), [])
    const again = await takeLock(file, 'this thing')
    again.releaseNow()
    assert.deepEqual(await readdir(directory), [])
  })

  test('is had by one of many that want it at once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(file, 'this thing')))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.deepEqual(await readdir(directory), ['lock'])
  })

  for (const [what, text] of [
    ['of a process whose number is somebody else’s by now', `${process.pid} 1`],
    ['of a number that no process has', '4194305 1'],
    ['that holds nothing', ''],
    ['that holds no number', 'somebody since yesterday'],
    ['that holds a process group', '-1 1'],
  ] as const) {
    test(`${what} is no one’s`, async () => {
      await writeFile(file, text)
      assert.notEqual((await readLock(file))?.alive, true)
      await takeLock(file, 'this thing')
      assert.match(await readFile(file, 'utf8'), new RegExp(`^${process.pid} `))
    })
  }

  // Elsewhere ps does not tell a zombie's start from a living process's.
  if (process.platform === 'linux') {
    test('of a process that was killed is no one’s, though nobody took note of its end', async (t) => {
      // The shell becomes a program that never asks after its child; until it has, it may do so itself.
      const parent = spawn('/bin/sh', ['-c', 'sleep 100 & echo $!; exec sleep 100'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      t.after(() => parent.kill())
      const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)))
      await until(async () => (await readFile(`/proc/${parent.pid}/comm`, 'utf8')) === 'sleep\n')
      await writeFile(file, `${pid} ${await startOf(pid)}`)
      assert.deepEqual(await readLock(file), { pid, alive: true })
      process.kill(pid, 'SIGKILL')
      await until(async () => (await startOf(pid)) === '')
      assert.ok(isAlive(pid), 'it is still there, as a zombie')
      assert.deepEqual(await readLock(file), { pid, alive: false })
    })
  }
})

/** Waits for what another process is about to do, at most ten seconds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (await holds()) return
    await new Promise((done) => setTimeout(done, 10))
  }
  assert.fail('it did not come to pass within ten seconds')
}
