import { forEachLine, spawnChild } from './child.ts'
import type { WorkerMessage, WorkerTask } from './messages.ts'

export interface WorkerChildOptions {
  /** Node's flags for the worker process: see `processPermissions`. */
  readonly permissions: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  /** Lines the worker writes: its log, as JSON, and what the application's jobs print. */
  readonly onLine: (line: string) => void
  /** What people should read: a line of what happens. */
  readonly onTell: (line: string) => void
}

/**
 * A worker that is kept running: one that ends by itself is started again, with growing pauses, for as long as it takes. Jobs wait
 * meanwhile, so nobody else needs to.
 */
export class KeptWorker {
  readonly #options: WorkerChildOptions
  #task: WorkerTask | undefined
  #running: WorkerChild | undefined
  #pause: NodeJS.Timeout | undefined
  #failures = 0
  #begun = 0

  constructor(options: WorkerChildOptions) {
    this.#options = options
  }

  start(task: WorkerTask): void {
    this.#task = task
    this.#launch()
  }

  /** Ends it and starts another, which loads the code anew. */
  async restart(): Promise<void> {
    const task = this.#task
    await this.stop()
    this.#failures = 0
    if (task !== undefined) this.start(task)
  }

  /** Lets it finish what it has taken, at most 10 s. */
  async stop(): Promise<void> {
    this.#task = undefined
    clearTimeout(this.#pause)
    const running = this.#running
    this.#running = undefined
    await running?.stop()
  }

  #launch(): void {
    const task = this.#task
    if (task === undefined || this.#running !== undefined) return
    this.#begun = Date.now()
    const running = spawnWorker(task, this.#options)
    this.#running = running
    void running.ended.then((why) => {
      if (this.#running !== running) return
      this.#running = undefined
      this.#again(why)
    })
  }

  #again(why: string): void {
    if (Date.now() - this.#begun > STEADY_MS) this.#failures = 0
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS)
    this.#failures += 1
    this.#options.onTell(`${why}; starting it again${pause < 1_000 ? '' : ` in ${Math.round(pause / 1_000)} s`}`)
    this.#pause = setTimeout(() => this.#launch(), pause)
  }
}

interface WorkerChild {
  /** Resolves with a line on why it ended, whenever it does. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

function spawnWorker(task: WorkerTask, options: WorkerChildOptions): WorkerChild {
  const { child, ended, complaint } = spawnChild(new URL('worker-process.ts', import.meta.url), {
    flags: options.permissions,
    environment: options.environment,
    stdout: 'pipe',
    onError: options.onLine,
  })
  forEachLine(child.stdout, options.onLine)
  let refusal: string | undefined
  child.on('message', (message: WorkerMessage) => {
    if (message.type === 'refused') refusal = message.message
  })
  child.send(task, () => {})
  const over = ended.then((how) => {
    const reason = complaint()
    return refusal ?? `the worker ended (${how})${reason === undefined ? '' : `: ${reason}`}`
  })
  return {
    ended: over,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await over
      clearTimeout(timer)
    },
  }
}

/** One that ran as long as this ended by a new misfortune, not by the old one. */
const STEADY_MS = 60_000
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 30_000
const STOP_LIMIT_MS = 10_000
