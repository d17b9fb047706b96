import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'

/** A log file of bounded size: when it is full, it becomes `<file>.1` and a new one begins. */
export interface LogFile {
  write(line: string): void
  close(): void
}

/**
 * Opens the file for appending, 0600.
 *
 * @param onTrouble - told once when lines can't be written (the disk is full) and again after it went well. The line is lost:
 * a backend that answers without a log is better than none.
 */
export function openLogFile(path: string, onTrouble: (line: string) => void): LogFile {
  let descriptor = openSync(path, 'a', 0o600)
  let written = fstatSync(descriptor).size
  let troubled = false
  return {
    write(line) {
      try {
        written += writeSync(descriptor, `${line}\n`)
        troubled = false
        if (written < MAX_BYTES) return
        renameSync(path, `${path}.1`)
        const next = openSync(path, 'a', 0o600)
        closeSync(descriptor)
        descriptor = next
        written = 0
      } catch (error) {
        if (!troubled) onTrouble(`${path} can not be written (${(error as NodeJS.ErrnoException).code})`)
        troubled = true
      }
    },
    close: () => closeSync(descriptor),
  }
}

const MAX_BYTES = 32 * 1024 * 1024
