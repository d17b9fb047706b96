import { type ChildProcess, spawn } from 'node:child_process'
import type { Stream } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { NO_DEBUGGER } from './signals.ts'

export interface ChildOptions {
  readonly environment: NodeJS.ProcessEnv
  /** Node's own flags. */
  readonly flags?: readonly string[]
  readonly stdout: 'inherit' | 'pipe'
  /** What the child finds at descriptor 3. */
  readonly pipe?: Stream
  /** Told each line of standard error. */
  readonly onError?: (line: string) => void
}

/** One of our own processes, with a channel for messages. */
export interface Child {
  readonly child: ChildProcess
  /** Resolves with the exit code or signal once it has ended and all its messages were taken. Never rejects. */
  readonly ended: Promise<string>
  /** The line of standard error that says best why it ended; absent where it said nothing. */
  complaint(): string | undefined
}

/** What a child said before it ended: for people, as it is. */
export class ChildError extends Error {
  override readonly name = 'ChildError'
}

export function spawnChild(file: URL, options: ChildOptions): Child {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', NO_DEBUGGER, ...(options.flags ?? []), fileURLToPath(file)],
    {
      stdio: ['ignore', options.stdout, 'pipe', ...(options.pipe === undefined ? [] : [options.pipe]), 'ipc'],
      env: options.environment,
    },
  )
  let failure: string | undefined
  // Always heard: what can't be sent to a child that has just ended is told here too, and nobody else would take it.
  child.on('error', (error) => {
    failure ??= error.message
  })
  const said: string[] = []
  forEachLine(child.stderr, (line) => {
    said.push(line)
    if (said.length > MAX_KEPT) said.shift()
    options.onError?.(line)
  })
  const over = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    child.once('error', (error) => {
      if (child.pid === undefined) resolve(error.message)
    })
  })
  // Messages that were sent last arrive after the exit is known.
  const silent = new Promise<void>((resolve) => {
    if (!child.connected) resolve()
    else child.once('disconnect', resolve)
  })
  return {
    child,
    ended: over.then(async (why) => {
      await silent
      return why
    }),
    complaint: () => said.find((line) => /^(Uncaught )?\w*(Error|Exception)\b/.test(line)) ?? said.at(-1) ?? failure,
  }
}

/** Calls `onLine` for each whole line; a line over the bound is cut, so that no writer can fill our memory. */
export function forEachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(0, MAX_LINE)
    for (const line of lines) if (line !== '') onLine(line)
  })
  stream?.on('error', () => {})
}

const MAX_LINE = 65_536
const MAX_KEPT = 50
