/**
 * Runs the tests: `npm test [-- FILE…]`, `npm run test:browser`. A line for each file as it ends, failures in full, and
 * what was left out with its reason.
 */
import { existsSync, globSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { run } from 'node:test'
import { inspect, parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: { browser: { type: 'boolean', default: false } },
  allowPositionals: true,
})

function select(): string[] {
  if (positionals.length > 0) return positionals.flatMap((pattern) => globSync(pattern)).sort()
  const browserTests = globSync('test/browser/*.test.ts').sort()
  if (values.browser) {
    if (CHROMIUMS.some((path) => existsSync(path))) return browserTests
    throw new Error(`these tests need a Chromium: there is none at ${CHROMIUMS.join(' or ')}`)
  }
  console.log(`left out: ${browserTests.length} files of browser tests; npm run test:browser runs them`)
  return globSync(['src/**/*.test.ts', 'test/*.test.ts', 'examples/**/*.test.ts'], {
    exclude: ['**/node_modules/**'],
  }).sort()
}

async function execute(chosen: string[]): Promise<void> {
  const began = Date.now()
  const output = new Map<string, string>()
  const failures = new Map<string, string[]>()
  let done = 0
  for await (const { type, data } of run({ files: chosen, concurrency: 2, timeout: 300_000 })) {
    if (type === 'test:stderr' || type === 'test:stdout') {
      const file = resolve(data.file)
      output.set(file, ((output.get(file) ?? '') + data.message).slice(-20_000))
    }
    if (type === 'test:fail' && data.details.error.failureType !== 'subtestsFailed') {
      const file = resolve(data.file ?? '')
      failures.set(file, [...(failures.get(file) ?? []), failure(data.name, file, data.line, data.details.error)])
    }
    if (type !== 'test:summary') continue
    if (data.file === undefined) {
      conclude(data.counts, data.success)
    } else {
      const name = relative(process.cwd(), data.file)
      const seconds = (data.duration_ms / 1000).toFixed(1).padStart(6)
      console.log(
        `${data.success ? '✔' : '✖'} ${seconds} s  ${name} (${data.counts.tests})  ${++done}/${chosen.length}`,
      )
      if (!data.success) tell(data.file)
      output.delete(data.file)
      failures.delete(data.file)
    }
  }
  console.log(`ℹ duration ${((Date.now() - began) / 1000).toFixed(1)} s`)

  function tell(file: string): void {
    console.log(indent([...(failures.get(file) ?? []), output.get(file) ?? ''].join('\n')))
  }

  function conclude(counts: { tests: number; passed: number; skipped: number; todo: number }, success: boolean): void {
    // A file that breaks outside its tests has no summary of its own.
    for (const file of failures.keys()) {
      console.log(`✖            ${relative(process.cwd(), file)} broke outside its tests`)
      tell(file)
    }
    const failed = counts.tests - counts.passed - counts.skipped - counts.todo
    console.log(`ℹ tests ${counts.tests}\nℹ pass ${counts.passed}\nℹ fail ${success ? failed : Math.max(failed, 1)}`)
    if (!success || failed > 0) process.exitCode = 1
  }
}

function failure(name: string, file: string, line: number | undefined, error: Error): string {
  const place = ` (${relative(process.cwd(), file)}:${line ?? 1})`
  return `✖ ${name}${place}\n${indent(inspect(error.cause ?? error))}\n`
}

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ')

const CHROMIUMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

// Last, when everything above exists. The runner swallows what is thrown while it runs, hence the catch.
try {
  const files = select()
  if (files.length === 0) throw new Error('no test fits; give files that end in .test.ts')
  await execute(files)
} catch (error) {
  console.error(error)
  process.exitCode = 1
}
