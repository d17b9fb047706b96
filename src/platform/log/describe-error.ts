/** What is logged of an error. */
export interface ErrorDescription {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: readonly string[]
  readonly cause?: ErrorDescription
}

/**
 * An error for the log: its kind, code, message, where it was thrown, and its causes. Its other properties stay out, since
 * nobody knows what libraries put there. Messages of PostgreSQL that quote values (classes 22 and 23) are replaced by what was violated.
 */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (typeof error === 'string') return { type: 'string', message: error.slice(0, MOST_CHARACTERS) }
  if (!(error instanceof Error)) return { type: typeof error, message: 'something was thrown that is no Error' }
  const code = textOf((error as { code?: unknown }).code)
  const frames = framesOf(error)
  return {
    type: error.name.slice(0, 80),
    message: messageOf(error, code),
    ...(code === undefined ? {} : { code }),
    ...(frames.length === 0 ? {} : { stack: frames }),
    ...(error.cause === undefined || depth === MOST_CAUSES ? {} : { cause: describeError(error.cause, depth + 1) }),
  }
}

const MOST_CAUSES = 4
const MOST_FRAMES = 12
const MOST_CHARACTERS = 500

function messageOf(error: Error, code: string | undefined): string {
  if (code !== undefined && /^2[23][0-9A-Z]{3}$/.test(code)) {
    const { table, column, constraint } = error as { table?: unknown; column?: unknown; constraint?: unknown }
    const about = Object.entries({ table, column, constraint }).flatMap(([name, value]) => {
      const text = textOf(value)
      return text === undefined ? [] : [`${name} ${text}`]
    })
    return ['a value does not fit', ...about].join(', ')
  }
  // V8 quotes the text that is no JSON.
  if (error instanceof SyntaxError && error.message.includes('JSON')) return 'not valid JSON'
  return error.message.slice(0, MOST_CHARACTERS)
}

/** The frames alone: the lines before them repeat the message. */
const framesOf = (error: Error): readonly string[] =>
  (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, MOST_FRAMES)
    .map((line) => line.trim().slice(0, MOST_CHARACTERS))

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 120) : undefined
