/** Resolves with the exit code once somebody asks the process to end and everything has stopped. */
export function untilStopped(running: { stop(): Promise<void> }, tell: (line: string) => void): Promise<number> {
  return new Promise((resolve) => {
    let asked = false
    const stop = (): void => {
      if (asked) return
      asked = true
      tell('stopping')
      running.stop().then(
        () => resolve(0),
        (error: unknown) => {
          tell(error instanceof Error ? error.message : String(error))
          resolve(1)
        },
      )
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  })
}
