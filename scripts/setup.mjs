/**
 * Installs what the lock file asks for when it isn't there, and finds the runtime. Runs on any Node from 18 on, without a
 * dependency; once everything is installed it needs no network and says nothing.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** A reason to stop, for people: printed alone, without a stack. */
export class SetupError extends Error {}

/**
 * @param {(line: string) => void} say - told a line for each step.
 * @returns {string} the path of the Node to run with.
 * @throws {SetupError}
 */
export function setup(say = (line) => process.stderr.write(`holdfast: ${line}\n`)) {
  if (olderThan(20, 0)) {
    throw new SetupError(`Node ${process.versions.node} is too old to install Holdfast; install Node 20 or newer`)
  }
  if (!isInstalled()) whileAlone(say, () => isInstalled() || install(say))
  return findRuntime()
}

/** What runs the code: this Node when it is new enough, else the one the lock file brings. */
export function findRuntime() {
  if (!olderThan(24, 7)) return process.execPath
  const machine = `${process.platform}-${process.arch}`
  // The package for one kind of machine goes by another name than its siblings.
  for (const name of [`node-${machine}`, `node-bin-${machine}`]) {
    const path = join(root, 'node_modules', name, 'bin', 'node')
    if (existsSync(path)) return path
  }
  throw new SetupError(
    `Node ${process.versions.node} is too old and there is no runtime for ${machine} to stand in for it; install Node 24.7 or newer`,
  )
}

function olderThan(major, minor) {
  const [ours, oursMinor] = process.versions.node.split('.').map(Number)
  return ours < major || (ours === major && oursMinor < minor)
}

const lockFile = join(root, 'package-lock.json')
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.holdfast-installed')

function isInstalled() {
  const wanted = stamp()
  if (read(stampFile) === wanted) return true
  // Installed by hand: npm's own list of what it put there says so.
  if (!coversLock(read(join(modules, '.package-lock.json')))) return false
  writeFileSync(stampFile, wanted)
  return true
}

/** Changes with the lock file and with the machine, whose packages differ. */
const stamp = () =>
  createHash('sha256').update(readFileSync(lockFile)).update(`${process.platform}-${process.arch}`).digest('hex')

function coversLock(listText) {
  if (listText === '') return false
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages
  const there = JSON.parse(listText).packages
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || !fits(entry)) continue
    const found = there[path]
    // Optional packages fit this machine here, and one of them is the runtime: they are wanted too.
    if (found === undefined || found.version !== entry.version || found.integrity !== entry.integrity) return false
    if (!existsSync(join(root, path, 'package.json'))) return false
  }
  return true
}

/** Whether a package is for this machine; `libc` is left to npm. */
const fits = (entry) =>
  entry.libc === undefined && allows(entry.os, process.platform) && allows(entry.cpu, process.arch)

function allows(wanted, value) {
  if (wanted === undefined) return true
  const list = [wanted].flat()
  return !list.includes(`!${value}`) && (list.includes(value) || list.every((entry) => entry.startsWith('!')))
}

function install(say) {
  say(`installing what package-lock.json asks for (${existsSync(modules) ? 'it changed' : 'first start'}; once)`)
  const began = Date.now()
  rmSync(stampFile, { force: true })
  let result = npm('ci')
  if (result.status !== 0 && !result.error && lacksOnlyOptional(result.stderr)) {
    // The lock file was written where some packages for other platforms could not be had. `npm ci` then refuses
    // everywhere; `npm install` takes what is locked with the same integrity, and needs none of the others here.
    result = npm('install', '--no-save')
  }
  if (result.error) throw new SetupError(`npm could not be started (${result.error.code}); install npm beside Node`)
  if (result.status !== 0) throw new SetupError(explain(result))
  writeFileSync(stampFile, stamp())
  say(`installed in ${((Date.now() - began) / 1000).toFixed(1)} s`)
}

function npm(...command) {
  const [program, ...args] = npmCommand()
  return spawnSync(program, [...args, ...command, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 16 << 20,
  })
}

function lacksOnlyOptional(stderr) {
  if (!stderr.includes('code EUSAGE') || /^npm (error|ERR!) Invalid:/m.test(stderr)) return false
  const entries = Object.values(JSON.parse(readFileSync(lockFile, 'utf8')).packages)
  const optional = new Set(entries.flatMap((entry) => Object.keys(entry.optionalDependencies ?? {})))
  const missing = [...stderr.matchAll(/^npm (?:error|ERR!) Missing: (@?[^@\s]+)@\S* from lock file/gm)]
  return missing.length > 0 && missing.every(([, name]) => optional.has(name))
}

/** Under `npm start` npm says where it is; else it is looked for in PATH. */
function npmCommand() {
  const own = process.env.npm_execpath
  return own !== undefined && /npm-cli\.c?js$/.test(own) ? [process.execPath, own] : ['npm']
}

function explain(result) {
  const lines = result.stderr.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim())
  const code = lines.find((line) => line.startsWith('code '))?.slice(5)
  const first = lines.find((line) => line !== '' && !/^(code|errno|syscall) /.test(line)) ?? ''
  const advice = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(code ?? '')
    ? 'the package registry can not be reached; the first start needs it'
    : code === 'EACCES'
      ? 'node_modules can not be written; give the checkout to this user'
      : 'run npm ci to see all of it'
  return `npm ci failed with ${code ?? `exit ${result.status}`}: ${first} (${advice})`
}

/** Two installations at once would take each other's files away: the second waits for the first. */
function whileAlone(say, work) {
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 12)
  const file = join(tmpdir(), `holdfast-setup-${process.getuid?.() ?? 0}-${hash}.lock`)
  let said = false
  for (const end = Date.now() + 600_000; !create(file); sleep(200)) {
    const holder = Number(read(file))
    if (!isAlive(holder) && age(file) > 2_000) rmSync(file, { force: true })
    if (Date.now() > end) throw new SetupError(`another installation does not end; remove ${file} when there is none`)
    if (!said) say(`waiting for another installation (process ${holder})`)
    said = true
  }
  try {
    work()
  } finally {
    rmSync(file, { force: true })
  }
}

function create(file) {
  try {
    const handle = openSync(file, 'wx', 0o600)
    writeSync(handle, String(process.pid))
    closeSync(handle)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function isAlive(pid) {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function age(file) {
  try {
    return Date.now() - statSync(file).mtimeMs
  } catch {
    return 0
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const sleep = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

/** Prints a {@link SetupError} as a line and ends; throws anything else on. */
export function orExplain(work) {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`holdfast: ${error.message}\n`)
    process.exit(3)
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  orExplain(() => setup())
