import type { OperatorTask, ServerTask } from './messages.ts'
import { type Prepared, runOperator } from './operator-child.ts'
import { type Ready, type ServerChild, type ServerChildOptions, spawnServer } from './server-child.ts'

/** What the supervisor runs and how it tells of it. */
export interface SupervisorOptions extends ServerChildOptions {
  readonly onPrepared: (report: Prepared) => void
  readonly onReady: (message: Ready) => void
  /** What people should read: a line of what happens. */
  readonly onTell: (line: string) => void
  /** Keeps a server that has loaded its code at hand, so that a reload is quick. For development. */
  readonly spare: boolean
}

export interface Tasks {
  readonly server: ServerTask
  readonly operator: OperatorTask
}

/** The one process that spawns; the worker has a keeper of its own, `KeptWorker`. Server and hasher live and end together, the operator runs before them. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #stopping = new AbortController()
  #tasks: Tasks | undefined
  #server: ServerChild | undefined
  /** A server that waits for its task. */
  #waiting: Promise<ServerChild> | undefined
  #dismissed: Promise<unknown> = Promise.resolve()
  /** Reloads and restarts, one after another. */
  #reloading: Promise<void> = Promise.resolve()
  #reloadWaits = false
  #restart: NodeJS.Timeout | undefined
  #failures = 0
  #readySince = 0

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Lets a server load its code already, beside whatever has to be ready before it gets its task. */
  warm(): void {
    if (this.#waiting !== undefined) return
    const waiting = spawnServer(this.#options)
    this.#waiting = waiting
    // One that could not be started, or ended while it waited, is nothing to wait for. Whoever took it is told.
    const forget = (): void => {
      if (this.#waiting === waiting) this.#waiting = undefined
    }
    waiting.then((server) => server.ended).then(forget, forget)
  }

  /** Prepares the database, then starts hasher and server. Rejects with the child's one line when something refuses. */
  async start(tasks: Tasks): Promise<void> {
    this.#tasks = tasks
    this.warm()
    await this.#operate(tasks)
    await this.#launch(tasks)
  }

  /**
   * Starts anew what reads the definition; the database keeps running. One that is asked for while another works waits for it,
   * and stands for all that are asked for meanwhile.
   *
   * @param code - whether Holdfast's own code may have changed, so that what loaded it before is of no use.
   */
  reload(code: boolean): Promise<void> {
    if (code) this.#dismiss()
    if (this.#reloadWaits) return this.#reloading
    this.#reloadWaits = true
    this.#reloading = this.#reloading.then(async () => {
      this.#reloadWaits = false
      const tasks = this.#tasks
      if (tasks === undefined || this.#stopped) return
      try {
        this.warm()
        await this.#operate(tasks)
        clearTimeout(this.#restart)
        this.#failures = 0
        const old = this.#server
        this.#server = undefined
        await old?.stop()
        await this.#launch(tasks)
      } catch (error) {
        if (!this.#stopped) this.#options.onTell(lineOf(error))
      }
    })
    return this.#reloading
  }

  /** Ends everything, also while it starts. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#restart)
    this.#dismiss()
    const server = this.#server
    this.#server = undefined
    await server?.stop()
    await this.#reloading
    await this.#dismissed
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async #operate(tasks: Tasks): Promise<void> {
    const { environment, onPrepared } = this.#options
    onPrepared(await runOperator(tasks.operator, environment, this.#stopping.signal))
  }

  async #launch(tasks: Tasks): Promise<void> {
    this.#stopping.signal.throwIfAborted()
    this.warm()
    const waiting = this.#waiting
    this.#waiting = undefined
    const server = await waiting
    if (server === undefined) return
    // Known before it is ready, so that a stop meanwhile ends it.
    this.#server = server
    if (this.#stopped) await server.stop()
    let ready = false
    server.ended.then((why) => {
      if (this.#server !== server) return
      this.#server = undefined
      if (ready) this.#again(why)
    })
    const message = await server.launch(tasks.server)
    ready = true
    this.#readySince = Date.now()
    this.#options.onReady(message)
    if (this.#options.spare && !this.#stopped) this.warm()
  }

  /** Starts the server again after it ended by itself, with growing pauses, for as long as it takes. */
  #again(why: string): void {
    const tasks = this.#tasks
    if (this.#stopped || tasks === undefined) return
    if (this.#readySince > 0 && Date.now() - this.#readySince > STEADY_MS) this.#failures = 0
    this.#readySince = 0
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS)
    this.#failures += 1
    this.#options.onTell(`${why}; starting it again${pause < 1_000 ? '' : ` in ${Math.round(pause / 1_000)} s`}`)
    this.#restart = setTimeout(() => {
      // In turn with reloads: two servers at once would fight over the ports.
      this.#reloading = this.#reloading.then(async () => {
        if (this.#server !== undefined || this.#stopped) return
        await this.#launch(tasks).catch((error: unknown) => this.#again(lineOf(error)))
      })
    }, pause)
  }

  /** Ends a server that waits for its task. */
  #dismiss(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) return
    const gone = waiting.then(
      (server) => server.stop(),
      () => undefined,
    )
    this.#dismissed = Promise.all([this.#dismissed, gone])
  }
}

const lineOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A server that ran as long as this ended by a new misfortune, not by the old one. */
const STEADY_MS = 60_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 30_000
