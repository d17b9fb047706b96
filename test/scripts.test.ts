import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script to its end; `during` is called when it has printed its first line. */
function run(script: string, args: readonly string[], env = {}, during?: (pid: number) => void): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (data: Buffer) => {
      if (stdout === '') during?.(child.pid ?? 0)
      stdout += data
    })
    child.stderr.on('data', (data: Buffer) => {
      stderr += data
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

test('scripts/expect.ts says how it is used where it is told too little', async () => {
  for (const args of [[], ['verdicts'], ['verdict', 'file.json']]) {
    const { code, stdout, stderr } = await run(join(ROOT, 'scripts', 'expect.ts'), args)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^usage: npm run expect -- verdicts FILE \| sabotages FILE\n$/)
  }
})

suite('scripts/run.mjs', { timeout: 60_000 }, () => {
  const script = join(ROOT, 'scripts', 'run.mjs')
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-run-'))
  })
  after(() => rm(directory, { recursive: true }))
  const file = async (name: string, code: string): Promise<string> => {
    await writeFile(join(directory, name), code)
    return join(directory, name)
  }

  test('runs TypeScript as it is, with its arguments, and ends as it ends', async () => {
    const path = await file(
      'ends.ts',
      'const n: number = Number(process.argv[2]); console.log(n); process.exitCode = n',
    )
    const { code, stdout, stderr } = await run(script, [path, '7'])
    assert.deepEqual({ code, stdout, stderr }, { code: 7, stdout: '7\n', stderr: '' })
  })

  test('passes on that somebody wants it to end', async () => {
    const path = await file(
      'waits.ts',
      `process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); console.log('up')`,
    )
    const { code } = await run(script, [path], {}, (pid) => process.kill(pid, 'SIGTERM'))
    assert.equal(code, 9)
  })

  test('tells by its code which signal ended it', async () => {
    const path = await file('killed.ts', `process.kill(process.pid, 'SIGKILL')`)
    assert.equal((await run(script, [path])).code, 137)
  })

  test('runs a program of an installed package', async () => {
    assert.match((await run(script, ['--bin', 'tsc', '--version'])).stdout, /^Version /)
  })

  for (const [what, args, said] of [
    ['nothing to run', [], /^usage: /],
    ['a program without a name', ['--bin'], /^usage: /],
    [
      'a program that is not there',
      ['--bin', 'nothing-of-that-name'],
      /^holdfast: nothing-of-that-name is not a program/,
    ],
  ] as const) {
    test(`refuses ${what} in one line`, async () => {
      const { code, stderr } = await run(script, args)
      assert.equal(code, 3)
      assert.match(stderr, said)
      assert.equal(stderr.trim().split('\n').length, 1)
    })
  }
})

suite('scripts/setup.mjs', { timeout: 60_000 }, () => {
  let checkout: string
  before(async () => {
    checkout = await mkdtemp(join(tmpdir(), 'holdfast-setup-'))
    for (const name of ['package.json', 'package-lock.json']) await cp(join(ROOT, name), join(checkout, name))
    await cp(join(ROOT, 'scripts'), join(checkout, 'scripts'), { recursive: true })
  })
  after(() => rm(checkout, { recursive: true }))

  test('says nothing where everything is installed', async () => {
    assert.deepEqual(await run(join(ROOT, 'scripts', 'setup.mjs'), []), { code: 0, stdout: '', stderr: '' })
  })

  test('says what it does, and in one line that there is no npm', async () => {
    const { code, stderr } = await run(join(checkout, 'scripts', 'setup.mjs'), [], {
      PATH: '/nowhere',
      npm_execpath: '',
    })
    assert.equal(code, 3)
    const lines = stderr.trim().split('\n')
    assert.match(lines[0] ?? '', /^holdfast: installing what package-lock\.json asks for/)
    assert.match(lines[1] ?? '', /^holdfast: npm could not be started/)
    assert.equal(lines.length, 2)
  })

  test('says in one line why npm failed', async () => {
    const npm = join(checkout, 'npm-cli.js')
    await writeFile(npm, `console.error('npm error code ENOTFOUND\\nnpm error network no such host'); process.exit(1)`)
    const { code, stderr } = await run(join(checkout, 'scripts', 'setup.mjs'), [], { npm_execpath: npm })
    assert.equal(code, 3)
    assert.match(stderr, /npm ci failed with ENOTFOUND: network no such host \(the package registry can not be reached/)
  })
})
