import type { ColumnTypes, Decoder } from './column-types.ts'
import { assertStatementKind, type StatementPlace } from './statement-kind.ts'
import { cstringAt, int16At, int32At, ProtocolViolation } from './wire-reader.ts'

/** A statement as one connection knows it. */
export interface Prepared {
  /** `''`: the unnamed statement, parsed anew with each use. */
  readonly name: string
  readonly sql: string
  /** `sent`: its Parse is under way, only its own unit may count on it. */
  state: 'sent' | 'ready'
  /** The server has it, though perhaps not yet its columns for us. */
  parsed: boolean
  columns: readonly Column[]
  /** A row with all its names in place: cloning it is faster than building one. */
  template: Record<string, unknown>
  /** Used since the cache last looked for what to drop. */
  touched: boolean
}

export interface Column {
  readonly name: string
  readonly decode: Decoder
}

/**
 * The statements prepared on one connection: a bounded map from text to name. A statement is found by others only once
 * the server has confirmed it, so that the failure of one unit's Parse concerns no other unit: until then each carries
 * its own unnamed Parse.
 */
export class PreparedStatements {
  readonly #known = new Map<string, Prepared>()
  readonly #limit: number
  readonly #place: StatementPlace
  #count = 0
  #closing: string[] = []

  constructor(place: StatementPlace, limit: number) {
    this.#place = place
    this.#limit = limit
  }

  get size(): number {
    return this.#known.size
  }

  /** The statement for a text: known, or new and to be parsed by who asks. `mine` are those the asker parses already. */
  find(sql: string, mine: readonly Prepared[]): { readonly prepared: Prepared; readonly parse: boolean } {
    const known = this.#known.get(sql)
    if (known === undefined) {
      assertStatementKind(sql, this.#place)
      if (sql.length > LONGEST_KEPT) return { prepared: statement('', sql), parse: true }
      const prepared = statement(`s${++this.#count}`, sql)
      if (this.#known.size >= this.#limit) this.#dropOne()
      this.#known.set(sql, prepared)
      return { prepared, parse: true }
    }
    known.touched = true
    if (known.state === 'ready' || mine.includes(known)) return { prepared: known, parse: false }
    return { prepared: statement('', sql), parse: true }
  }

  /** Forgets a statement that was not parsed, or that the server says is outdated. */
  forget(prepared: Prepared): void {
    if (this.#known.get(prepared.sql) === prepared) this.#known.delete(prepared.sql)
    if (prepared.parsed && prepared.name !== '') this.#closing.push(prepared.name)
  }

  /** Names the server may forget; to be closed before anything that can fail. */
  takeClosing(): readonly string[] {
    if (this.#closing.length === 0) return NONE
    const names = this.#closing
    this.#closing = []
    return names
  }

  /** Puts names back that could not be closed yet. */
  close(names: readonly string[]): void {
    this.#closing.push(...names)
  }

  /** Second chance: the oldest that was not used since the last look. */
  #dropOne(): void {
    let looks = this.#known.size * 2
    for (const [sql, prepared] of this.#known) {
      // All are on their way: it grows by no more than the units in flight.
      if (looks-- === 0) return
      this.#known.delete(sql)
      if (prepared.state === 'ready' && !prepared.touched) {
        this.forget(prepared)
        return
      }
      prepared.touched = false
      this.#known.set(sql, prepared)
    }
  }
}

/** Takes the columns of a RowDescription. */
export function describeColumns(
  prepared: Prepared,
  types: ColumnTypes,
  buffer: Buffer,
  start: number,
  end: number,
): void {
  const columns: Column[] = []
  const template: Record<string, unknown> = {}
  let at = start + 2
  for (let left = int16At(buffer, start); left > 0; left--) {
    const [name, next] = cstringAt(buffer, at, end)
    // Assigning it would change the row's prototype instead of its value.
    if (name === '__proto__') throw new ProtocolViolation('a column named __proto__')
    columns.push({ name, decode: types.decoder(int32At(buffer, next + 6) >>> 0) })
    template[name] = null
    at = next + 18
  }
  if (at !== end) throw new ProtocolViolation('a description of another length')
  prepared.columns = columns
  prepared.template = template
}

export function decodeRow(
  { columns, template }: Prepared,
  buffer: Buffer,
  start: number,
  end: number,
): Record<string, unknown> {
  if (int16At(buffer, start) !== columns.length) throw new ProtocolViolation('a row of another width than described')
  const row = { ...template }
  let at = start + 2
  for (const { name, decode } of columns) {
    const length = int32At(buffer, at)
    at += 4
    if (length < 0) {
      // Two columns may share a name; the last one counts, also when it is null.
      row[name] = null
      continue
    }
    if (at + length > end) throw new ProtocolViolation('a field beyond its row')
    row[name] = decode(buffer, at, at + length)
    at += length
  }
  if (at !== end) throw new ProtocolViolation('a row of another length than its fields')
  return row
}

const statement = (name: string, sql: string): Prepared => ({
  name,
  sql,
  state: 'sent',
  parsed: false,
  columns: [],
  template: {},
  touched: false,
})

const NONE: readonly string[] = []
/** Longer texts are rarely the same twice; they are parsed without a name. */
const LONGEST_KEPT = 16 * 1024
