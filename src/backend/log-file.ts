import { closeSync, openSync, renameSync, writeSync } from 'node:fs'

/** A log file of bounded size: when it is full, it becomes `<file>.1` and a new one begins. */
export interface LogFile {
  write(line: string): void
  close(): void
}

/** Opens the file for appending, 0600. */
export function openLogFile(path: string): LogFile {
  let descriptor = openSync(path, 'a', 0o600)
  let written = 0
  return {
    write(line) {
      written += writeSync(descriptor, `${line}\n`)
      if (written < MAX_BYTES) return
      closeSync(descriptor)
      renameSync(path, `${path}.1`)
      descriptor = openSync(path, 'a', 0o600)
      written = 0
    },
    close: () => closeSync(descriptor),
  }
}

const MAX_BYTES = 32 * 1024 * 1024
