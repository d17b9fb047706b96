/** Names of what the watch looks for. They go into events; the text that matched does not. */
export type Leak = 'stack-trace' | 'file-path' | 'database-error' | 'statement' | 'system-error' | 'secret'

/**
 * Whether a text that is about to leave tells of the inside, and of which kind. Meant for texts that no handler composed
 * by contract: problems, server errors, replies of plugins. What users wrote leaves through the response contract and is
 * never watched: a note that quotes a stack trace is the user's own.
 *
 * @param text - the first {@link WATCHED} characters are looked at.
 */
export function findLeak(text: string): Leak | null {
  const watched = text.length > WATCHED ? text.slice(0, WATCHED) : text
  for (const [leak, pattern] of PATTERNS) if (pattern.test(watched)) return leak
  return null
}

/** Longer than any problem, and short enough that looking through it costs microseconds. */
export const WATCHED = 64 * 1024

// Each expression is linear: no repetition inside a repetition, and bounds on what stands between two anchors.
const PATTERNS: readonly (readonly [Leak, RegExp])[] = [
  [
    'stack-trace',
    /(?:\n|\\n)\s{1,8}at [^\n]{1,200}?:\d{1,6}:\d{1,6}|\b(?:Type|Reference|Range|Syntax|Aggregate|Assertion)Error\b/,
  ],
  [
    'file-path',
    /file:\/\/|\bnode_modules\b|\bnode:internal\b|\/(?:home|root|usr|var|etc|opt|tmp|srv|proc|work|Users)\/[\w.-]|\b[A-Z]:\\{1,2}\w/,
  ],
  [
    'database-error',
    /\b(?:SQLSTATE|PostgreSQL|syntax error at or near|current transaction is aborted|deadlock detected|(?:relation|column|function|role|database) \\?"[^"\n]{1,80}" (?:does not exist|of relation)|violates (?:check|foreign key|not-null|unique|row-level security)|invalid input (?:syntax|value) for|duplicate key value|permission denied for|password authentication failed|value too long for type)/i,
  ],
  ['statement', /\b(?:from|into|update|join) \\?"\w{1,63}\\?"|\bset_config\(|\bwhere \\?"?\w{1,63}\\?"? = \$\d/i],
  [
    'system-error',
    /\bE(?:CONNREFUSED|CONNRESET|NOTFOUND|ACCES|NOENT|PIPE|ADDRINUSE|TIMEDOUT|HOSTUNREACH|MFILE|NOSPC|AI_AGAIN)\b/,
  ],
  [
    'secret',
    /-----BEGIN [A-Z ]{0,30}PRIVATE KEY|\$argon2|SCRAM-SHA-256\$|\b[a-z]{3,12}:\/\/[^\s"/@]{1,80}:[^\s"/@]{1,80}@|\bAKIA[0-9A-Z]{16}\b|\beyJ[\w-]{10,500}\.eyJ[\w-]{10}/,
  ],
]
