import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePorts } from '../twin/free-ports.ts'

/** Somebody who says when everything is to be ended and cleared away: a test, or a round of torture. */
export interface Ending {
  after(work: () => Promise<void>): void
}

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

/** Runs `holdfast` with these arguments. It is killed, should it still run when what it is for has ended. */
export function holdfast(t: Ending, args: readonly string[], options: RunOptions = {}): Running {
  const main = resolve(import.meta.dirname, '../../cli/main.ts')
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
export async function runDevelopment(
  t: Ending,
  state: string,
  options: RunOptions & { readonly application: string; readonly watch?: boolean },
): Promise<Development> {
  const [port, httpPort] = await freePorts(2)
  const args = ['--state', state, '--port', `${port}`, '--http-port', `${httpPort}`]
  if (options.watch !== true) args.push('--no-watch')
  const running = holdfast(t, ['dev', options.application, ...args], options)
  await running.line(/ is running /)
  return { ...running, state, http: `http://localhost:${httpPort}`, https: `https://localhost:${port}` }
}

/** Whether the backend says that it is ready. */
export const serves = ({ http }: Pick<Development, 'http'>): Promise<boolean> =>
  fetch(`${http}/health/ready`).then(
    (reply) => reply.status === 200,
    () => false,
  )

/** A directory for a state or an application, removed in the end. PostgreSQL's user can pass through it. */
export async function temporaryDirectory(t: Ending): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-run-'))
  await chmod(directory, 0o755)
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
  return directory
}

/** Waits until something is so. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  for (
    const end = Date.now() + seconds * 1_000;
    !(await condition());
    await new Promise((done) => setTimeout(done, 25))
  )
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
}
