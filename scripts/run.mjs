/**
 * `node scripts/run.mjs FILE args…` runs a file of the project, `node scripts/run.mjs --bin NAME args…` a program of one
 * of its packages, on the runtime the project asks for, after installing what is missing.
 */
import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { orExplain, root, SetupError, setup } from './setup.mjs'

/**
 * Runs a file and ends this process as the other ends.
 *
 * @param {string} file - relative to the checkout.
 * @param {readonly string[]} args
 */
export function run(file, args) {
  const runtime = orExplain(() => setup())
  runWith(runtime, resolve(root, file), args)
}

function runBin(name, args) {
  const runtime = orExplain(() => setup())
  const file = orExplain(() => {
    try {
      return realpathSync(join(root, 'node_modules', '.bin', name))
    } catch {
      throw new SetupError(`${name} is not a program of the installed packages`)
    }
  })
  runWith(runtime, file, args)
}

function runWith(runtime, file, args) {
  // Children find the same runtime under the name node.
  const path =
    runtime === process.execPath ? process.env.PATH : `${dirname(runtime)}${delimiter}${process.env.PATH ?? ''}`
  // What was parsed once starts in half the time; every process started from here finds it.
  const cache = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'holdfast')
  // Signalled, Node would open a debugger, through which a locked in server could run code here.
  process.on('SIGUSR1', () => {})
  const child = spawn(runtime, ['--disable-sigusr1', '--disable-warning=ExperimentalWarning', file, ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: path, NODE_COMPILE_CACHE: cache },
  })
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(name, () => {
      // At a terminal Ctrl-C and Ctrl-\ reach the child by themselves; sent on, it would get them twice.
      if ((name === 'SIGINT' || name === 'SIGQUIT') && process.stdin.isTTY) return
      child.kill(name)
    })
  }
  // npm starts us in a shell; when either is ended, that shell often takes the signal with it and we are left alone.
  const parent = process.ppid
  if (process.env.npm_lifecycle_event !== undefined) {
    const watch = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(watch)
      child.kill('SIGTERM')
    }, 500)
  }
  child.once('error', (error) => {
    process.stderr.write(`holdfast: ${runtime} could not be started (${error.code})\n`)
    process.exit(3)
  })
  child.once('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0))
  })
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [first, ...rest] = process.argv.slice(2)
  if (first === undefined || (first === '--bin' && rest[0] === undefined)) {
    process.stderr.write('usage: node scripts/run.mjs FILE args… | --bin NAME args…\n')
    process.exit(3)
  }
  if (first === '--bin') runBin(rest[0], rest.slice(1))
  else run(first, rest)
}
