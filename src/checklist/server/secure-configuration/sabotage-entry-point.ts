/** What faulty entry points and images run before the backend, as lines of a program. */

/** What the probes set and the faulty entry point takes away before the backend sees it. */
export const DROPPED = [
  'HOLDFAST_ADMIN_DATABASE_URL',
  'HOLDFAST_ALLOWED_ORIGINS',
  'HOLDFAST_TRUSTED_PROXIES',
  'HOLDFAST_LOG_LEVEL',
  'HOLDFAST_SESSION_ABSOLUTE_SECONDS',
  'HOLDFAST_ARGON2_MEMORY_KIB',
  'HOLDFAST_ARGON2_PASSES',
  'HOLDFAST_PEPPER',
]

/** What of them is lost: the safe defaults would do without some, and nobody would see it. */
export const LOST = ['HOLDFAST_SESSION_ABSOLUTE_SECONDS', 'HOLDFAST_ARGON2_PASSES', 'HOLDFAST_TRUSTED_PROXIES']

/** Whether a process is the one that serves. */
export const SERVES = `process.argv[1]?.endsWith('server-process.ts')`

export const SWALLOW = `const write = process.stdout.write
process.stdout.write = function (text, ...rest) {
  return String(text).startsWith('HOLDFAST_') ? true : write.call(this, text, ...rest)
}`

export const REPAIR_MODE = `import { chmodSync } from 'node:fs'
const { HOLDFAST_PEPPER_FILE } = process.env
if (process.argv[2] === 'start' && HOLDFAST_PEPPER_FILE !== undefined) chmodSync(HOLDFAST_PEPPER_FILE, 0o600)`

/** Ends with the process that started it. */
export const HELPER = `import { spawn } from 'node:child_process'
const { HOLDFAST_PEPPER } = process.env
if (process.argv[2] === 'start' && HOLDFAST_PEPPER !== undefined) {
  const helper = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20000)', '--', HOLDFAST_PEPPER], { env: {}, stdio: 'ignore' })
  helper.unref()
  process.on('exit', () => helper.kill())
}`

export const KEEP_OUTPUT = `import { appendFileSync } from 'node:fs'
const write = process.stdout.write
if (process.argv[2] === 'dev') process.stdout.write = function (...given) {
  if (String(given[0]).includes('/enrol/')) appendFileSync(process.env.HOLDFAST_STATE + '/log/console.log', given[0], { mode: 0o600 })
  return write.apply(this, given)
}`

/** Environment that makes Node run a line before the program: what an entry point would do. */
export const preload = (code: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
})
