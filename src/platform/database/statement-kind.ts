/**
 * What a statement text may be, by its first word. On a lane many identities share a connection, so a text that opens
 * a transaction there (or changes the session) would reach beyond its own unit: it is refused. Reads, writes and
 * definitions stay within; which of them a role may do, its privileges say.
 * The wire protocol itself (Parse) refuses a second statement behind a semicolon.
 */
export type StatementPlace = 'lane' | 'transaction' | 'channel'

/** @throws TypeError when the text can not run there. The message holds its first word only. */
export function assertStatementKind(sql: string, place: StatementPlace): void {
  // The text travels as a C string: a NUL would cut it.
  if (sql.includes('\0')) throw new TypeError('a statement text holds a NUL')
  const words = firstWords(sql)
  const [first = ''] = words.split(' ')
  if (PLAIN.has(first)) return
  if (place === 'channel' && first === 'listen') return
  if (place === 'transaction' && IN_TRANSACTION.some((start) => words === start || words.startsWith(`${start} `)))
    return
  throw new TypeError(`a statement that begins with "${first.slice(0, 20)}" can not run here`)
}

/** The first two words in lower case, without comments and opening parentheses. */
function firstWords(sql: string): string {
  const words = /^[a-z_]\w*(?:\s+[a-z_]\w*)?/i.exec(sql.slice(beginning(sql)))
  return (words?.[0] ?? '').toLowerCase().replace(/\s+/g, ' ')
}

/** Where the text begins behind blanks, parentheses and comments, told apart as PostgreSQL does. */
function beginning(sql: string): number {
  let at = 0
  for (;;) {
    const blanks = /[\s(]*/y
    blanks.lastIndex = at
    blanks.test(sql)
    at = blanks.lastIndex
    if (sql.startsWith('--', at)) at = endOfLine(sql, at)
    else if (sql.startsWith('/*', at)) at = endOfBlock(sql, at)
    else return at
  }
}

/** A carriage return ends the line as well. */
function endOfLine(sql: string, start: number): number {
  const length = sql.slice(start).search(/[\r\n]/)
  return length === -1 ? sql.length : start + length
}

/** Block comments nest; one without its end takes the rest. */
function endOfBlock(sql: string, start: number): number {
  let depth = 0
  const marks = /\/\*|\*\//g
  marks.lastIndex = start
  for (let mark = marks.exec(sql); mark !== null; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return marks.lastIndex
  }
  return sql.length
}

const PLAIN = new Set([
  ...['select', 'insert', 'update', 'delete', 'merge', 'with', 'values', 'table', 'explain'],
  ...['create', 'alter', 'drop', 'grant', 'revoke', 'comment', 'truncate', 'analyze'],
])

const IN_TRANSACTION = [
  'savepoint',
  'release',
  'rollback to',
  'lock',
  'set local',
  'set constraints',
  'set transaction',
]
