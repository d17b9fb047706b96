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
 */
export function splitMigration(file: string, text: string, names: Readonly<Record<string, string>>): readonly MigrationStatement[] {
  const statements: MigrationStatement[] = []
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length
  let sql = ''
  let begin = -1
  let at = 0
  const flush = (): void => {
    const line = begin < 0 ? 0 : lineAt(begin)
    if (begin >= 0) {
      if (/^\s*(begin|start\s+transaction|commit|end|rollback|abort|savepoint|release|prepare\s+transaction)\b/i.test(sql.slice(sql.search(WORD))))
        throw new StartRefusal(`${file} line ${line}`, 'a migration is one transaction by itself; leave begin and commit out')
      statements.push({ sql: sql.trim(), line })
    }
    sql = ''
    begin = -1
  }
  while (at < text.length) {
    const token = tokenAt(text, at)
    if (token.open) throw new StartRefusal(`${file} line ${lineAt(at)}`, `${token.kind} does not end`)
    const piece = text.slice(at, token.end)
    if (token.kind === 'semicolon') flush()
    else {
      if (begin < 0 && token.kind !== 'space' && token.kind !== 'comment') begin = at
      sql += token.kind === 'placeholder' ? named(piece, names) : piece
    }
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
  if (/^[eE]'$/.test(here) && !/[\w$]/.test(text[at - 1] ?? '')) return upTo('a string', quotedEnd(text, at + 1, "'", true))
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
  // A whole word at once, so that `e'` and `$$` are only looked for where a word can begin.
  return upTo('text', at + (/^[\w$]+/.exec(text.slice(at))?.[0].length ?? 1))
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

/** The first word, after comments. */
const WORD = /(?<![\s\S])(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/
