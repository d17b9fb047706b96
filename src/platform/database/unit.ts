import type { StatementResult } from './database.ts'
import type { DatabaseError } from './errors.ts'
import type { Prepared } from './prepared.ts'
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
  /** Bytes of rows so far. */
  bytes = 0
  error: DatabaseError | null = null
  /** First letter of the last command tag: `C`OMMIT or `R`OLLBACK. */
  tag = 0
  retried = false
  next: Unit | null = null

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
    this.bytes = 0
    this.error = null
    this.tag = 0
    this.next = null
  }
}
