import type { SecurityEvent } from '../../../kernel/event.ts'
import type { Log } from '../../../platform/log/log.ts'

/** The parts of `process` that the policy needs. */
export interface CrashingProcess {
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown
  exit(code: number): void
}

export interface CrashPolicyOptions {
  readonly log: Log
  readonly report: (event: SecurityEvent) => void
  /** Stops taking requests and finishes those that run, events included. */
  readonly drain: () => Promise<void>
  /** How long draining may take, in milliseconds. Default 5,000. */
  readonly timeout?: number
}

/** Exit code after a crash (`EX_SOFTWARE` of sysexits.h): the supervisor starts the process anew. */
export const CRASHED = 70

/**
 * An error nobody caught leaves the process in a state nobody knows: it is logged and reported, what runs is finished, and
 * the process exits with {@link CRASHED} for the supervisor to start another. A second error while draining exits at once.
 *
 * @returns the same as a function, for errors that are caught but no better: {@link isUnrecoverable}.
 */
export function installCrashPolicy(process: CrashingProcess, options: CrashPolicyOptions): (error: unknown) => void {
  let crashed = false
  const crash = (error: unknown): void => {
    options.log.fatal({ cause: error }, 'crashed')
    if (crashed) {
      process.exit(CRASHED)
      return
    }
    crashed = true
    options.report({ name: 'sys_crash', result: 'failure', fields: { problem: 'unexpected' } })
    const late = setTimeout(() => process.exit(CRASHED), options.timeout ?? 5_000)
    const exit = (): void => {
      clearTimeout(late)
      options.log.flush()
      process.exit(CRASHED)
    }
    options.drain().then(exit, exit)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  return crash
}

/** Whether a caught error says that the process itself is not sound: out of memory, or a broken assertion of the runtime. */
export function isUnrecoverable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && UNRECOVERABLE.has(code)) return true
  return error instanceof RangeError && /allocation failed|Invalid array buffer/i.test(error.message)
}

const UNRECOVERABLE: ReadonlySet<string> = new Set([
  'ERR_INTERNAL_ASSERTION',
  'ERR_OUT_OF_MEMORY',
  'ERR_MEMORY_ALLOCATION_FAILED',
  'ERR_WORKER_OUT_OF_MEMORY',
])
