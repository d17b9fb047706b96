import { type DestinationStream, type LoggerOptions, pino } from 'pino'
import { describeError } from './describe-error.ts'

/** Fields of a line. An error goes in as `cause`; a `Secret` prints as `[secret]` wherever it stands. */
export type LogFields = Readonly<Record<string, unknown>>

/** The log of a process: one JSON object a line, with `level`, `time` (ISO 8601), `name` and `msg`. */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  fatal(fields: LogFields, message: string): void
  /** The same log with `fields` on each line. */
  with(fields: LogFields): Log
  /** Writes out what is buffered, as far as the destination buffers. */
  flush(): void
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogOptions {
  /** Default `info`. */
  readonly level?: LogLevel
  /** Which part of the product speaks: `server`. */
  readonly name: string
  /** Takes whole lines. Default: standard output, in batches, and at once for what is an error. */
  readonly destination?: { write(line: string): void }
}

/**
 * Makes a log. Lines can't be forged: each is one JSON object, in which line ends stand escaped, and texts from outside are
 * values, never part of the message.
 */
export function createLog(options: LogOptions): Log {
  const settings: LoggerOptions = {
    name: options.name,
    level: options.level ?? 'info',
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { cause: describeError },
  }
  const stream: DestinationStream =
    options.destination ?? pino.destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 200 })
  return wrap(pino(settings, stream))
}

function wrap(logger: pino.Logger): Log {
  return {
    debug: (fields, message) => logger.debug(bounded(fields), message),
    info: (fields, message) => logger.info(bounded(fields), message),
    warn: (fields, message) => logger.warn(bounded(fields), message),
    error: (fields, message) => {
      logger.error(bounded(fields), message)
      logger.flush()
    },
    fatal: (fields, message) => {
      logger.fatal(bounded(fields), message)
      logger.flush()
    },
    with: (fields) => wrap(logger.child(fields)),
    flush: () => logger.flush(),
  }
}

/** The fields with long texts cut, so that nobody outside decides how long a line is. */
function bounded(fields: LogFields): LogFields {
  for (const name in fields) {
    const value = fields[name]
    if (typeof value === 'string' && value.length > LONGEST) {
      return Object.fromEntries(Object.entries(fields).map(([key, one]) => [key, cut(one)]))
    }
  }
  return fields
}

const cut = (value: unknown): unknown =>
  typeof value === 'string' && value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value

/** Characters of a text in a line. */
const LONGEST = 2_000
