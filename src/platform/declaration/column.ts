import type { SurfaceColumn } from '../../kernel/surface.ts'

/**
 * The columns a table can be declared with. Every column says what it holds (`plain`, `personal`, `sensitive`) and how
 * large it can get; what is not said refuses to start.
 */
export const column = {
  /** 128 bits, made by the database where it is the primary key. */
  uuid: (): Column<Start<'uuid', string>> => start('uuid'),
  /**
   * Up to `max` characters without control characters; with `multiline`, tabs and line breaks are allowed; with `name`, neither what
   * can't be seen nor what turns the direction of the text.
   */
  text: (options: TextOptions): Column<Start<'text', string>> => start('text', { ...options }),
  /** A whole number of 32 bits, bounds included. */
  integer: (options: { readonly min: number; readonly max: number }): Column<Start<'integer', number>> =>
    start('integer', { ...options }),
  /** A double, bounds included; never NaN or infinite. */
  number: (options: { readonly min: number; readonly max: number }): Column<Start<'number', number>> =>
    start('number', { ...options }),
  boolean: (): Column<Start<'boolean', boolean>> => start('boolean'),
  /** A moment: `Date` in handlers, ISO 8601 in UTC on the wire. */
  timestamp: (): Column<Start<'timestamp', Date>> => start('timestamp'),
  /** A day of the calendar, `2026-11-23` everywhere. */
  date: (): Column<Start<'date', string>> => start('date'),
}

/** A column under construction: each method gives a new one. */
export class Column<S extends Shape> {
  /** Only for inference; there is nothing at run time. */
  declare readonly shape: S
  readonly state: ColumnState

  constructor(state: ColumnState) {
    this.state = state
  }

  /** Part of the primary key. A uuid that references nothing is made by the database. Counts as `plain` unless classified. */
  primary(): Column<Put<S, 'primary', true>> {
    return this.#with({ primary: true })
  }

  /** Nothing personal in it. */
  plain(): Column<S> {
    return this.#with({ classification: 'plain' })
  }

  /** About a person. */
  personal(): Column<S> {
    return this.#with({ classification: 'personal' })
  }

  /** Harm is done when it gets out. `searchable`: it may be looked up by equality. */
  sensitive(options: { readonly searchable?: boolean } = {}): Column<S> {
    return this.#with({ classification: 'sensitive', searchable: options.searchable ?? false })
  }

  nullable(): Column<Put<S, 'nullable', true>> {
    return this.#with({ nullable: true })
  }

  /** What it is when a row is made without it. `'now'` for timestamps and dates. */
  default(
    value: S['value'] | (S['kind'] extends 'timestamp' | 'date' ? 'now' : never),
  ): Column<Put<S, 'filled', true>> {
    return this.#with({ fallback: { value } })
  }

  /**
   * Filled by the database alone: moments, dates and uuids when the row is made, or always computed from the row by an SQL
   * expression of the source. Never an input.
   */
  generated(expression?: string): Column<Put<S, 'generated', true>> {
    return this.#with({ generated: expression === undefined ? true : { expression } })
  }

  /** A foreign key. Between tables of tenants it can not cross from one to another. Default `restrict`. */
  references(
    table: string,
    column: string,
    options: { readonly onDelete?: 'cascade' | 'restrict' } = {},
  ): Column<Put<S, 'referring', true>> {
    return this.#with({ references: { table, column, onDelete: options.onDelete ?? 'restrict' } })
  }

  unique(): Column<S> {
    return this.#with({ unique: true })
  }

  /** One of these texts and nothing else. */
  oneOf<const V extends string>(values: readonly V[]): Column<Put<S, 'value', V>> {
    return this.#with({ oneOf: values })
  }

  /** A whole-text pattern, `^…$`, of what JavaScript and PostgreSQL read alike. */
  matches(pattern: RegExp): Column<S> {
    return this.#with({ pattern })
  }

  #with<T extends Shape>(change: Partial<ColumnState>): Column<T> {
    return new Column<T>({ ...this.state, ...change })
  }
}

export interface TextOptions {
  /** Characters. */
  readonly max: number
  /** Characters. Default 0. */
  readonly min?: number
  /** Default false. */
  readonly multiline?: boolean
  /** What people tell something by: it has a character to be seen, and none that isn't. Default false. */
  readonly name?: boolean
}

export type ColumnKind = SurfaceColumn['type']

/** What the types know of a column. */
export interface Shape {
  readonly kind: ColumnKind
  /** What a handler reads when it is not null. */
  readonly value: unknown
  readonly nullable: boolean
  readonly primary: boolean
  readonly referring: boolean
  /** Has a default. */
  readonly filled: boolean
  readonly generated: boolean
}

// biome-ignore lint/suspicious/noExplicitAny: any column, whatever it holds
export type AnyColumn = Column<any>

/** What a column was declared to be; read by `describe-column.ts`. */
export interface ColumnState {
  readonly kind: ColumnKind
  readonly min?: number
  readonly max?: number
  readonly multiline?: boolean
  readonly name?: boolean
  readonly classification?: SurfaceColumn['classification']
  readonly searchable?: boolean
  readonly primary: boolean
  readonly nullable: boolean
  readonly unique: boolean
  readonly generated: boolean | { readonly expression: string }
  readonly fallback?: { readonly value: unknown }
  readonly references?: { readonly table: string; readonly column: string; readonly onDelete: 'cascade' | 'restrict' }
  readonly oneOf?: readonly string[]
  readonly pattern?: RegExp
}

/** A column as it starts out. */
export interface Start<Kind extends ColumnKind, Value> {
  readonly kind: Kind
  readonly value: Value
  readonly nullable: false
  readonly primary: false
  readonly referring: false
  readonly filled: false
  readonly generated: false
}

/** `S` with one property replaced. */
type Put<S extends Shape, Key extends keyof Shape, Value> = {
  readonly [K in keyof Shape]: K extends Key ? Value : S[K]
} extends infer R extends Shape
  ? R
  : never

const start = <S extends Shape>(kind: ColumnKind, bounds: Partial<ColumnState> = {}): Column<S> =>
  new Column<S>({ ...bounds, kind, primary: false, nullable: false, unique: false, generated: false })
