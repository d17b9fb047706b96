import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'

/** The notes application of the checkout. */
export const NOTES = resolve(import.meta.dirname, '../examples/notes/backend.ts')

/** What an application outside of the checkout imports `holdfast` by. */
export const HOLDFAST = JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../src/index.ts')).href)

/** The command line as a process of its own. */
export interface Running {
  readonly pid: number
  /** Lines of standard output and standard error, as they come. */
  readonly lines: readonly string[]
  readonly errors: readonly string[]
  /** Resolves with the first line, from the given one on, that fits. Rejects when the process ends or 30 s pass first. */
  line(pattern: RegExp, from?: number): Promise<string>
  /** Exit code, or the signal's name. */
  readonly exited: Promise<number | string>
  kill(signal: NodeJS.Signals): void
}

export interface RunOptions {
  readonly environment?: NodeJS.ProcessEnv
  readonly uid?: number
  readonly cwd?: string
}

/** Runs `holdfast` with these arguments. It is killed, should it still run when the test has ended. */
export function holdfast(t: Pick<TestContext, 'after'>, args: readonly string[], options: RunOptions = {}): Running {
  const main = resolve(import.meta.dirname, '../src/cli/main.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, TMPDIR: tmpdir(), ...options.environment },
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  const exited = new Promise<number | string>((done) => {
    child.once('close', (code, signal) => done(signal ?? code ?? -1))
  })
  const waiting = new Set<() => void>()
  const lines = linesOf(child, 'stdout', waiting)
  const errors = linesOf(child, 'stderr', waiting)
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await exited
    clearTimeout(timer)
  })
  return {
    pid: child.pid ?? 0,
    lines,
    errors,
    exited,
    kill: (signal) => void child.kill(signal),
    line(pattern, from = 0) {
      return new Promise((found, failed) => {
        const fail = (why: string): void => {
          failed(new Error(`${why} before ${pattern}:\n${[...lines, ...errors].join('\n')}`))
        }
        const timer = setTimeout(() => finish(() => fail('30 s passed')), 30_000)
        const finish = (how: () => void): void => {
          clearTimeout(timer)
          waiting.delete(look)
          how()
        }
        const look = (): void => {
          const line = lines.slice(from).find((candidate) => pattern.test(candidate))
          if (line !== undefined) finish(() => found(line))
        }
        waiting.add(look)
        void exited.then((how) => waiting.has(look) && finish(() => fail(`the process ended (${how})`)))
        look()
      })
    },
  }
}

function linesOf(child: ChildProcess, which: 'stdout' | 'stderr', waiting: ReadonlySet<() => void>): readonly string[] {
  const lines: string[] = []
  let rest = ''
  child[which]?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
    for (const look of [...waiting]) look()
  })
  return lines
}

/** A backend in development on free ports. */
export interface Development extends Running {
  readonly state: string
  readonly http: string
  readonly https: string
}

/** Starts the backend and waits until it serves. */
export async function development(
  t: Pick<TestContext, 'after'>,
  state: string,
  options: RunOptions & { readonly application?: string; readonly watch?: boolean } = {},
): Promise<Development> {
  const [port, httpPort] = await freePorts()
  const args = ['--state', state, '--port', `${port}`, '--http-port', `${httpPort}`]
  if (options.watch !== true) args.push('--no-watch')
  const running = holdfast(t, ['dev', options.application ?? NOTES, ...args], options)
  await running.line(/ is running /)
  return { ...running, state, http: `http://localhost:${httpPort}`, https: `https://localhost:${port}` }
}

/** A directory for a state or an application, removed with the test. PostgreSQL's user can pass through it. */
export async function temporaryDirectory(t: Pick<TestContext, 'after'>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
  await chmod(directory, 0o755)
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
  return directory
}

export async function freePorts(): Promise<readonly [number, number]> {
  const servers = await Promise.all([listen(0), listen(0)])
  const [one = 0, other = 0] = servers.map((server) => (server.address() as net.AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return [one, other]
}

/** Takes a port. */
export function listen(port: number): Promise<net.Server> {
  return new Promise((done, failed) => {
    const server = net.createServer()
    server.once('error', failed)
    server.listen(port, '127.0.0.1', () => done(server))
  })
}

/** The children of a process that run this. */
export async function childrenOf(
  parent: number,
  what: 'server' | 'worker' | 'hasher' | 'postgres',
): Promise<readonly number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    if (Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ', 1)[0]) !== parent) continue
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (COMMANDS[what].test(command)) found.push(Number(name))
  }
  return found
}

const COMMANDS = {
  server: /server-process\.ts/,
  worker: /worker-process\.ts/,
  hasher: /hasher\/process\.ts/,
  postgres: /^[^\0]*postgres\0-D/,
} as const

export async function childOf(parent: number, what: 'server' | 'worker' | 'hasher' | 'postgres'): Promise<number> {
  const [pid, ...others] = await childrenOf(parent, what)
  if (pid === undefined || others.length > 0) throw new Error(`${others.length + (pid ? 1 : 0)} ${what} processes`)
  return pid
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Waits until something is so. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); await new Promise((done) => setTimeout(done, 25)))
    if (Date.now() > end) throw new Error(`not within 20 s: ${what}`)
}

/** Somebody signed up at a backend. */
export interface Visitor {
  post(path: string, body: unknown): Promise<Response>
  get(path: string): Promise<Response>
  /** The same session at another address of the same backend. */
  at(origin: string): Visitor
}

export async function signUp(origin: string, name = 'Ada Example'): Promise<Visitor> {
  const { email, password } = newAccount()
  await fetch(`${origin}/auth/sign-up`, post(origin, { email }))
  let token: string | undefined
  // The worker brings it to the outbox in its own time, newest first.
  await until('the mail is there', async () => {
    const shown = await (await fetch(`${origin}/dev/outbox`)).text()
    token = shown.includes(email) ? /\/sign-up\/([\w-]{43})/.exec(shown)?.[1] : undefined
    return token !== undefined
  })
  const reply = await fetch(`${origin}/auth/sign-up/complete`, post(origin, { token, name, password }))
  if (reply.status !== 201) throw new Error(`sign-up: ${reply.status} ${await reply.text()}`)
  const cookie = (reply.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
  return visitor(origin, cookie)
}

const visitor = (origin: string, cookie: string): Visitor => ({
  post: (path, body) => fetch(origin + path, post(origin, body, { cookie })),
  get: (path) => fetch(origin + path, { headers: { cookie } }),
  at: (other) => visitor(other, cookie),
})

let accounts = 0
export const newAccount = () => ({
  email: `person-${process.pid}-${++accounts}@example.test`,
  name: 'New Person',
  password: `lantern gravel ${process.pid} ${accounts}`,
})

export const post = (origin: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', origin, ...headers },
  body: JSON.stringify(body),
})
