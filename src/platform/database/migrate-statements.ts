import { StartRefusal } from '../../kernel/refusal.ts'

export interface MigrationStatement {
  readonly sql: string
  /** Where it begins, counted from 1. */
  readonly line: number
}

/**
 * Splits a migration into its statements and puts the names of roles in place of `:owner`, `:runtime` and their like. What
 * stands in strings, quoted names, comments and dollar quotes is left alone, and `::` is a cast.
 *
 * @param names - placeholder → role name; other words after a colon stay as they are.
 * @throws StartRefusal for a string or comment that does not end, and for statements about transactions: a file is one.
 * Functions are written with dollar quotes, not with `begin atomic`.
 */
export function splitMigration(
  file: string,
  text: string,
  names: Readonly<Record<string, string>>,
): readonly MigrationStatement[] {
  const statements: MigrationStatement[] = []
  let sql = ''
  /** Without comments. */
  let code = ''
  let line = 1
  let begins = 0
  const flush = (): void => {
    if (begins > 0) {
      if (TRANSACTION.test(code))
        throw new StartRefusal(
          `${file} line ${begins}`,
          'a migration is one transaction by itself; leave begin and commit out',
        )
      statements.push({ sql: sql.trim(), line: begins })
    }
    sql = ''
    code = ''
    begins = 0
  }
  for (let at = 0; at < text.length; ) {
    const token = tokenAt(text, at)
    if (token.open) throw new StartRefusal(`${file} line ${line}`, `${token.kind} does not end`)
    const piece = text.slice(at, token.end)
    if (token.kind === 'semicolon') flush()
    else {
      const written = token.kind === 'placeholder' ? named(piece, names) : piece
      sql += written
      if (token.kind !== 'comment') code += written
      if (begins === 0 && token.kind !== 'space' && token.kind !== 'comment') begins = line
    }
    for (const character of piece) if (character === '\n') line++
    at = token.end
  }
  flush()
  return statements
}

function named(piece: string, names: Readonly<Record<string, string>>): string {
  const name = piece.slice(1)
  const role = Object.hasOwn(names, name) ? names[name] : undefined
  return role === undefined ? piece : `"${role.replaceAll('"', '""')}"`
}

interface Token {
  readonly kind: string
  readonly end: number
  /** It has no end. */
  readonly open: boolean
}

/** The token at an offset, as PostgreSQL's scanner would see it: as much as is needed not to look into it. */
function tokenAt(text: string, at: number): Token {
  const upTo = (kind: string, end: number): Token => ({ kind, end: end < 0 ? text.length : end, open: end < 0 })
  const here = text.slice(at, at + 2)
  if (here === '--') {
    const end = text.indexOf('\n', at)
    return { kind: 'comment', end: end < 0 ? text.length : end, open: false }
  }
  if (here === '/*') return upTo('comment', commentEnd(text, at))
  if (/^[eE]'$/.test(here) && !/[\w$]/.test(text[at - 1] ?? ''))
    return upTo('a string', quotedEnd(text, at + 1, "'", true))
  const character = text[at] ?? ''
  if (character === "'") return upTo('a string', quotedEnd(text, at, "'", false))
  if (character === '"') return upTo('a quoted name', quotedEnd(text, at, '"', false))
  if (character === ';') return upTo('semicolon', at + 1)
  if (here === '::') return upTo('cast', at + 2)
  const rest = text.slice(at, at + 80)
  if (character === ':') return upTo('placeholder', at + (/^:[a-z_]+/.exec(rest)?.[0].length ?? 1))
  if (/\s/.test(character)) return upTo('space', at + 1)
  const dollar = /^\$([A-Za-z_]\w*)?\$/.exec(rest)?.[0]
  if (dollar !== undefined) {
    const end = text.indexOf(dollar, at + dollar.length)
    return upTo('a dollar-quoted text', end < 0 ? -1 : end + dollar.length)
  }
  // A whole word at once, so that `$$` is only looked for where a word can begin.
  const word = /[\w$]+/y
  word.lastIndex = at
  return upTo('text', at + (word.exec(text)?.[0].length ?? 1))
}

function quotedEnd(text: string, at: number, quote: string, escapes: boolean): number {
  for (let i = at + 1; i < text.length; i++) {
    if (escapes && text[i] === '\\') i++
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1
      i++
    }
  }
  return -1
}

/** Comments nest in PostgreSQL. */
function commentEnd(text: string, at: number): number {
  let depth = 0
  for (let i = at; i < text.length; i++) {
    const here = text.slice(i, i + 2)
    if (here === '/*') depth++
    else if (here === '*/') depth--
    else continue
    i++
    if (depth === 0) return i + 1
  }
  return -1
}

const TRANSACTION =
  /^\s*(begin|start\s+transaction|commit|end|rollback|abort|savepoint|release|prepare\s+transaction)\b/i
