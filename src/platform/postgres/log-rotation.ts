import { rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerProcess } from './server-process.ts'

/**
 * Looks every minute whether the server's log has grown too large; then the old one is set aside (replacing the one
 * before it) and the server is told to open a new one.
 *
 * @returns what ends it.
 */
export function boundLog(dataDirectory: string, logFile: string, server: () => ServerProcess | undefined): () => void {
  const timer = setInterval(async () => {
    const size = await stat(logFile).then(
      (status) => status.size,
      () => 0,
    )
    if (size < LARGEST) return
    try {
      await rename(logFile, `${logFile}.1`)
      // As `pg_ctl logrotate` does it: the postmaster looks for this file when it gets the signal.
      await writeFile(join(dataDirectory, 'logrotate'), '', { flag: 'wx' })
      server()?.signal('SIGUSR1')
    } catch {
      // The next minute tries again; a log that grows meanwhile is no reason to disturb anything.
    }
  }, 60_000)
  timer.unref()
  return () => clearInterval(timer)
}

const LARGEST = 64 << 20 // bytes
