/**
 * Starts something and resolves with the exit code once somebody has asked the process to end and everything has stopped.
 * Who asks while it starts ends the start; who presses Ctrl-C once more, a second later, ends the process at once.
 *
 * @param start - gives up, and throws, when the signal is aborted.
 */
export async function untilStopped(
  start: (signal: AbortSignal) => Promise<{ stop(): Promise<void> }>,
  tell: (line: string) => void,
): Promise<number> {
  const asked = new AbortController()
  let askedAt = 0
  const ask = (name: NodeJS.Signals): void => {
    if (!asked.signal.aborted) {
      tell('stopping')
      askedAt = performance.now()
      asked.abort()
    } else if (name === 'SIGINT' && performance.now() - askedAt > IMPATIENT_MS) {
      // What runs sees that this process is gone and ends by itself.
      process.exit(INTERRUPTED)
    }
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, ask)
  try {
    let running: { stop(): Promise<void> }
    try {
      running = await start(asked.signal)
    } catch (error) {
      // What a start that was ended complains of is the end itself.
      if (asked.signal.aborted) return 0
      throw error
    }
    if (!asked.signal.aborted) await new Promise((resolve) => asked.signal.addEventListener('abort', resolve))
    await running.stop()
    return 0
  } finally {
    for (const name of names) process.off(name, ask)
  }
}

/** Signals come twice when a process group and a parent both send them. */
const IMPATIENT_MS = 1_000
const INTERRUPTED = 130
