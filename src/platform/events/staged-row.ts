import type { SecurityEvent } from '../../kernel/event.ts'
import type { Moment } from '../../kernel/time.ts'

/** A row of `holdfast.event_staging`, under the names of its columns, as JSON takes it. */
export interface StagedRow {
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  readonly name: string
  readonly result: 'success' | 'failure'
  readonly account_id: string | null
  readonly session_id: string | null
  readonly tenant_id: string | null
  readonly object: string | null
  readonly address: string | null
  readonly request_id: string | null
  readonly fields: Readonly<Record<string, unknown>>
  /** How many identical events it stands for. */
  count: number
}

/**
 * An event as its row. Whatever the event was made of, the row fits the table: texts are cut to the columns' bounds, control
 * characters (also those that turn the direction of writing) are taken out so that no field can pass for a line of its
 * own, and what should be a UUID and is none is left away.
 */
export function stagedRow(event: SecurityEvent, id: string, at: Moment): StagedRow {
  return {
    id,
    at: new Date(at).toISOString(),
    name: event.name,
    result: event.result,
    account_id: uuid(event.accountId),
    session_id: uuid(event.sessionId),
    tenant_id: uuid(event.tenantId),
    object: text(event.object, 300),
    address: text(event.address, 45),
    request_id: text(event.requestId, 40),
    fields: cleanFields(event.fields),
    count: 1,
  }
}

function cleanFields(fields: object): Readonly<Record<string, unknown>> {
  const entries = Object.entries(fields).slice(0, MOST_FIELDS)
  return Object.fromEntries(entries.map(([name, value]) => [clean(name, 60), cleanValue(value)]))
}

function cleanValue(value: unknown): unknown {
  if (typeof value === 'string') return clean(value, LONGEST_FIELD)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (Array.isArray(value)) return value.slice(0, MOST_ELEMENTS).map((element) => clean(String(element), LONGEST_FIELD))
  return clean(String(value), LONGEST_FIELD)
}

const text = (value: string | undefined, limit: number): string | null =>
  value === undefined ? null : clean(value, limit)

/** Well-formed at the end, since jsonb refuses half a surrogate pair and cutting may leave one. */
const clean = (value: string, limit: number): string =>
  value
    .slice(0, limit * 2)
    .replace(CONTROLS, '')
    .slice(0, limit)
    .toWellFormed()

const uuid = (value: string | undefined): string | null => (value !== undefined && UUID.test(value) ? value : null)

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** C0 and C1 controls, line and paragraph separators, marks that turn the direction of writing. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

const MOST_FIELDS = 16
const MOST_ELEMENTS = 32
const LONGEST_FIELD = 200
