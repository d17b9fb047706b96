import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SecurityEvent } from '../../../kernel/event.ts'
import { createLog } from '../../../platform/log/log.ts'
import { CRASHED, installCrashPolicy, isUnrecoverable } from './crash-policy.ts'

/** A process that only notes what is done to it. */
function fake(drain: () => Promise<void>, timeout = 1_000) {
  const exits: number[] = []
  const events: SecurityEvent[] = []
  const lines: string[] = []
  const listeners = new Map<string, (error: unknown) => void>()
  const crash = installCrashPolicy(
    { on: (event, listener) => listeners.set(event, listener), exit: (code) => exits.push(code) },
    {
      log: createLog({ name: 'test', destination: { write: (line) => void lines.push(line) } }),
      report: (event) => events.push(event),
      drain,
      timeout,
    },
  )
  return { exits, events, lines, listeners, crash }
}

suite('after an error that nobody caught', () => {
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    test(`(${event}) what runs is finished, and the process exits for the supervisor`, async () => {
      let drained = false
      const { exits, events, lines, listeners } = fake(async () => {
        await sleep(20)
        drained = true
      })
      listeners.get(event)?.(new Error('who knows'))
      assert.deepEqual([exits, events.map(({ name }) => name)], [[], ['sys_crash']])
      await sleep(60)
      assert.deepEqual([drained, exits], [true, [CRASHED]])
      assert.match(lines[0] ?? '', /who knows/)
    })
  }

  test('the process exits also when draining fails or takes too long', async () => {
    const failing = fake(() => Promise.reject(new Error('no')))
    failing.crash(new Error('x'))
    const hanging = fake(() => new Promise(() => {}), 30)
    hanging.crash(new Error('x'))
    await sleep(80)
    assert.deepEqual([failing.exits, hanging.exits], [[CRASHED], [CRASHED]])
  })

  test('a second one ends it at once', () => {
    const { exits, crash, events } = fake(() => new Promise(() => {}), 10)
    crash(new Error('first'))
    crash(new Error('second'))
    assert.deepEqual([exits, events.length], [[CRASHED], 1])
  })

  test('a real process ends with the code that says so', async () => {
    const script = `
      import { installCrashPolicy } from ${JSON.stringify(import.meta.resolve('./crash-policy.ts'))}
      import { createLog } from ${JSON.stringify(import.meta.resolve('../../../platform/log/log.ts'))}
      installCrashPolicy(process, { log: createLog({ name: 'x' }), report() {}, drain: async () => {} })
      setTimeout(() => {}, 60_000)
      Promise.reject(new Error('left alone'))
    `
    const child = spawn(process.execPath, ['--input-type=module', '-e', script])
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    const code = await new Promise((resolve) => child.on('exit', resolve))
    assert.equal(code, CRASHED)
    assert.match(output, /"level":"fatal".*left alone/)
  })
})

test('only errors of the runtime itself are unrecoverable', () => {
  assert.equal(isUnrecoverable(Object.assign(new Error('x'), { code: 'ERR_OUT_OF_MEMORY' })), true)
  assert.equal(isUnrecoverable(new RangeError('Array buffer allocation failed')), true)
  for (const error of [new Error('x'), new RangeError('Invalid array length'), 'x', undefined])
    assert.equal(isUnrecoverable(error), false)
})
