import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { NO_DEBUGGER } from './signals.ts'

const SIGNALS = new URL('signals.ts', import.meta.url).href
const QUIET = '--disable-warning=ExperimentalWarning'

suite('a process of ours', () => {
  for (const [how, flags, code] of [
    ['that asked for it', [], `(await import('${SIGNALS}')).refuseDebugger()`],
    ['that was started so', [NO_DEBUGGER], ''],
  ] as const) {
    test(`opens no debugger when it is signalled (${how})`, async () => {
      const child = run(
        [...flags],
        `${code}\nprocess.stdout.write('up'); process.stdin.on('end', () => process.exit(0)).resume()`,
      )
      const said = collect(child)
      await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')
      child.kill('SIGUSR1')
      // A debugger says so before it listens; a signal is taken before the end of the input that was sent after it.
      await new Promise((done) => setTimeout(done, 200))
      child.stdin?.end()
      const [exit, signal] = await once(child, 'close')
      assert.deepEqual({ exit, signal, said: said() }, { exit: 0, signal: null, said: '' })
    })
  }

  test('can not signal another once it has forgotten how, however it asks', async () => {
    const tries = `
      import * as imported from 'node:process'
      import { kill } from 'node:process'
      const { forgetSignals } = await import('${SIGNALS}')
      const before = typeof kill
      forgetSignals()
      const required = process.getBuiltinModule('process')
      const later = await import('process')
      process.stdout.write(JSON.stringify([before, typeof kill, typeof imported.kill, typeof later.kill, typeof later.default.kill,
        typeof required.kill, typeof process.kill, typeof process._kill, typeof process._debugProcess]))`
    const child = run([], tries)
    let out = ''
    child.stdout?.on('data', (text) => {
      out += text
    })
    await once(child, 'close')
    assert.deepEqual(JSON.parse(out), ['function', ...Array.from({ length: 8 }, () => 'undefined')])
  })
})

const run = (flags: readonly string[], code: string): ChildProcess =>
  spawn(process.execPath, [QUIET, ...flags, '--input-type=module', '--eval', code], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  })

function collect(child: ChildProcess): () => string {
  let said = ''
  child.stderr?.on('data', (text) => {
    said += text
  })
  return () => said
}
