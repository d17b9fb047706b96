import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OperatorReport, OperatorTask, ServerMessage, ServerTask } from './messages.ts'

/** What the supervisor runs and how it tells of it. */
export interface SupervisorOptions {
  readonly serverTask: ServerTask
  readonly operatorTask: OperatorTask | null
  /** Node's flags for the server process: see `serverPermissions`. */
  readonly permissions: readonly string[]
  /** Starts the hasher; its pipe is handed to the server and to nobody else. */
  readonly startHasher: () => Promise<HasherProcess>
  readonly environment: NodeJS.ProcessEnv
  readonly onReport: (report: OperatorReport) => void
  readonly onReady: (message: ServerMessage & { readonly type: 'ready' }) => void
  /** Lines the server writes to its standard output: its log, as JSON. */
  readonly onLog: (line: string) => void
  /** What people should read: a line of what happens. */
  readonly onTell: (line: string) => void
}

export interface HasherProcess {
  readonly child: ChildProcess
  /** The server's end of the pipe, as `spawn` takes it. */
  readonly pipe: import('node:stream').Stream
  stop(): Promise<void>
}

/** The one process that spawns: server and hasher live and end together, the operator runs before them. */
export class Supervisor {
  readonly #options: SupervisorOptions
  #server: ChildProcess | undefined
  #hasher: HasherProcess | undefined
  #stopping = false
  #reloading: Promise<void> = Promise.resolve()
  #crashes: number[] = []

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Process ids of what runs now, for people and tests. */
  get processes(): { readonly server: number | undefined; readonly hasher: number | undefined } {
    return { server: this.#server?.pid, hasher: this.#hasher?.child.pid }
  }

  /** Prepares the database, then starts hasher and server. Rejects with the child's one line when something refuses. */
  async start(): Promise<void> {
    if (this.#options.operatorTask !== null) await this.#operate(this.#options.operatorTask)
    await this.#startServer()
  }

  /** Starts anew what reads the definition; the database keeps running. Calls made meanwhile wait their turn. */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(async () => {
      if (this.#stopping) return
      try {
        if (this.#options.operatorTask !== null) await this.#operate(this.#options.operatorTask)
        await this.#stopServer()
        await this.#startServer()
      } catch (error) {
        this.#options.onTell(error instanceof Error ? error.message : String(error))
      }
    })
    return this.#reloading
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#stopServer()
  }

  #operate(task: OperatorTask): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', OPERATOR], {
        stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
        env: this.#options.environment,
      })
      let complaint = ''
      child.stderr?.on('data', (data: Buffer) => {
        complaint = (complaint + data.toString()).slice(-MAX_COMPLAINT)
      })
      child.on('message', (report: OperatorReport) => {
        if (report.type === 'refused') complaint = report.message
        else this.#options.onReport(report)
      })
      child.once('error', reject)
      child.once('exit', (code) => {
        if (code === 0) resolve()
        else reject(new Error(complaint.trim() || `the operator process ended with ${code}`))
      })
      child.send(task)
    })
  }

  async #startServer(): Promise<void> {
    const hasher = await this.#options.startHasher()
    this.#hasher = hasher
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', ...this.#options.permissions, SERVER],
      { stdio: ['ignore', 'pipe', 'pipe', hasher.pipe, 'ipc'], env: this.#options.environment },
    )
    this.#server = child
    let complaint = ''
    let ready = false
    forEachLine(child.stdout, this.#options.onLog)
    child.stderr?.on('data', (data: Buffer) => {
      complaint = (complaint + data.toString()).slice(-MAX_COMPLAINT)
    })
    await new Promise<void>((resolve, reject) => {
      child.on('message', (message: ServerMessage) => {
        if (message.type === 'ready') {
          ready = true
          this.#options.onReady(message)
          resolve()
        } else if (message.type === 'refused') complaint = message.message
      })
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        reject(new Error(complaint.trim() || `the server ended with ${code ?? signal}`))
        if (this.#server !== child) return
        this.#server = undefined
        void this.#hasher?.stop()
        this.#hasher = undefined
        if (ready)
          this.#restart(
            `the server ended (${code ?? signal})${complaint === '' ? '' : `: ${complaint.trim().split('\n')[0]}`}`,
          )
      })
      child.send(this.#options.serverTask)
    })
  }

  /** Starts the server again after it ended by itself, with growing pauses, and gives up when it keeps ending. */
  #restart(why: string): void {
    if (this.#stopping) return
    const now = Date.now()
    this.#crashes = this.#crashes.filter((at) => now - at < CRASH_WINDOW_MS)
    this.#crashes.push(now)
    if (this.#crashes.length > MAX_CRASHES) {
      this.#options.onTell(`${why}, ${this.#crashes.length} times within a minute; waiting for a change`)
      return
    }
    this.#options.onTell(`${why}; starting it again`)
    setTimeout(
      () => {
        if (this.#stopping || this.#server !== undefined) return
        this.#startServer().catch((error: unknown) =>
          this.#restart(error instanceof Error ? error.message : String(error)),
        )
      },
      RESTART_PAUSE_MS * 2 ** (this.#crashes.length - 1),
    )
  }

  async #stopServer(): Promise<void> {
    const child = this.#server
    this.#server = undefined
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await gone
      clearTimeout(timer)
    }
    await this.#hasher?.stop()
    this.#hasher = undefined
  }
}

/** Calls `onLine` for each whole line; a line over the bound is cut, so that no writer can fill our memory. */
function forEachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(0, MAX_LINE)
    for (const line of lines) onLine(line)
  })
}

const HERE = dirname(fileURLToPath(import.meta.url))
const SERVER = join(HERE, 'server-process.ts')
const OPERATOR = join(HERE, 'operator-process.ts')

const MAX_COMPLAINT = 8192
const MAX_LINE = 65_536
/** Six ends within a minute are not bad luck. */
const MAX_CRASHES = 5
const CRASH_WINDOW_MS = 60_000
const RESTART_PAUSE_MS = 100
/** A graceful stop answers what is in flight; after this it is cut. */
const STOP_LIMIT_MS = 10_000
