import type { ColumnTypes } from './column-types.ts'
import type { StatementResult } from './database.ts'
import type { DatabaseError } from './errors.ts'
import { changedRows } from './messages.ts'
import { decodeRow, describeColumns, type Prepared } from './prepared.ts'
import { ProtocolViolation } from './wire-reader.ts'
import type { WireValue } from './wire-writer.ts'

/** Statements of our own, prepared on every connection under these names. */
export const OWN_STATEMENTS = {
  identity: "select pg_catalog.set_config('holdfast.identity', $1, true)",
  begin: 'begin',
  commit: 'commit',
  rollback: 'rollback',
} as const

export type OwnStatement = keyof typeof OWN_STATEMENTS

export interface WireStatement {
  readonly sql: string
  readonly values: readonly WireValue[]
}

/**
 * What is sent before one Sync and is done or undone as a whole: own statements, then the caller's. The lane keeps its
 * progress in it.
 */
export class Unit {
  readonly prelude: readonly OwnStatement[]
  readonly identity: string
  readonly statements: readonly WireStatement[]
  readonly resolve: (results: StatementResult[]) => void
  readonly reject: (error: unknown) => void

  /** One for each of {@link statements}. */
  prepared: readonly Prepared[] = []
  /** Those of {@link prepared} that this unit parses under their name. */
  parsing: readonly Prepared[] = []
  /** Index into {@link statements} of the one whose answer is awaited; negative within the prelude. */
  step = 0
  rows: Record<string, unknown>[] = []
  results: StatementResult[] = []
  error: DatabaseError | null = null
  retried = false
  next: Unit | null = null
  /** Of rows so far. */
  #bytes = 0

  constructor(
    prelude: readonly OwnStatement[],
    identity: string,
    statements: readonly WireStatement[],
    resolve: (results: StatementResult[]) => void,
    reject: (error: unknown) => void,
  ) {
    this.prelude = prelude
    this.identity = identity
    this.statements = statements
    this.resolve = resolve
    this.reject = reject
  }

  /** As if it had never been sent. */
  reset(): void {
    this.prepared = []
    this.parsing = []
    this.step = -this.prelude.length
    this.rows = []
    this.results = []
    this.#bytes = 0
    this.error = null
    this.next = null
  }

  get tooLarge(): boolean {
    return this.#bytes > LARGEST_RESULT_BYTES
  }

  /** ParseComplete: the server has the statement. */
  takeParsed(): void {
    const current = this.prepared[this.step]
    if (current !== undefined) current.parsed = true
  }

  /** RowDescription: now we know the statement too. */
  takeColumns(types: ColumnTypes, buffer: Buffer, start: number, end: number): void {
    const current = this.prepared[this.step]
    if (current === undefined) throw new ProtocolViolation('a description of no statement')
    describeColumns(current, types, buffer, start, end)
    current.state = 'ready'
  }

  /** NoData: it has no rows. */
  takeNoColumns(): void {
    const current = this.prepared[this.step]
    if (current !== undefined) current.state = 'ready'
  }

  /** DataRow. Our own statements' rows are of no use. */
  takeRow(buffer: Buffer, start: number, end: number): void {
    if (this.step < 0) return
    this.#bytes += end - start
    if (this.tooLarge) {
      this.rows = []
      return
    }
    const current = this.prepared[this.step]
    if (current?.state !== 'ready') throw new ProtocolViolation('a row before its description')
    this.rows.push(decodeRow(current, buffer, start, end))
  }

  /** CommandComplete: on to the next statement. */
  takeCommand(buffer: Buffer, start: number, end: number): void {
    if (this.step >= 0) {
      this.results.push({ rows: this.rows, changed: changedRows(buffer, start, end) })
      this.rows = []
    }
    this.step++
  }
}

/** Of rows in one unit; more is dropped as it comes, so that no query fills the memory. */
const LARGEST_RESULT_BYTES = 64 * 1024 * 1024
