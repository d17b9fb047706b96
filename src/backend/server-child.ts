import { ChildError, forEachLine, spawnChild } from './child.ts'
import type { ServerMessage, ServerTask } from './messages.ts'

export interface ServerChildOptions {
  /** Node's flags for the server process: see `processPermissions`. */
  readonly permissions: readonly string[]
  /** Starts the hasher; its pipe is handed to the server and to nobody else. */
  readonly startHasher: () => Promise<HasherProcess>
  readonly environment: NodeJS.ProcessEnv
  /** Lines the server writes to its standard output: its log, as JSON, and what the application prints. */
  readonly onLine: (line: string) => void
}

export interface HasherProcess {
  /** The server's end of the pipe. */
  readonly pipe: import('node:net').Socket
  stop(): Promise<void>
}

export type Ready = ServerMessage & { readonly type: 'ready' }

/** A server and its hasher: they live and end together. */
export interface ServerChild {
  /** Gives it its task. Rejects with its one line when it refuses. */
  launch(task: ServerTask): Promise<Ready>
  /** Resolves with a line on why the server ended, whenever it does. */
  readonly ended: Promise<string>
  /** Lets it answer what is in flight, at most 10 s, and ends both. */
  stop(): Promise<void>
}

/** Starts both; the server loads its code and waits for its task. */
export async function spawnServer(options: ServerChildOptions): Promise<ServerChild> {
  const hasher = await options.startHasher()
  const { child, ended, complaint } = spawnChild(new URL('server-process.ts', import.meta.url), {
    flags: options.permissions,
    environment: options.environment,
    stdout: 'pipe',
    pipe: hasher.pipe,
    onError: options.onLine,
  })
  // The server has its own copy. With this one open, the hasher would not see that the server is gone.
  hasher.pipe.destroy()
  forEachLine(child.stdout, options.onLine)
  let refusal: string | undefined
  const ready = new Promise<Ready>((resolve) => {
    child.on('message', (message: ServerMessage) => {
      if (message.type === 'refused') refusal = message.message
      else resolve(message)
    })
  })
  const over = ended.then(async (how) => {
    await hasher.stop()
    return refusal ?? withReason(`the server ended (${how})`, complaint())
  })
  return {
    launch(task) {
      child.send(task, () => {})
      return Promise.race([
        ready,
        over.then((why) => {
          throw new ChildError(why)
        }),
      ])
    },
    ended: over,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await over
      clearTimeout(timer)
    },
  }
}

const withReason = (what: string, reason: string | undefined): string =>
  reason === undefined ? what : `${what}: ${reason}`

/** A graceful stop answers what is in flight; after this it is cut. */
const STOP_LIMIT_MS = 10_000
