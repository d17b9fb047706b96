import pg from 'pg'

/** Reads one non-null value in text form out of `buffer[start, end)`. */
export type Decoder = (buffer: Buffer, start: number, end: number) => unknown

/**
 * How values come back, by type:
 *
 * | PostgreSQL | JavaScript |
 * | --- | --- |
 * | smallint, integer, oid | number |
 * | bigint, also `count(*)` | number while it is exact (up to 2^53), else bigint |
 * | real, double precision | number |
 * | numeric, uuid, text, date (`2026-11-23`), intervals and all others | string |
 * | timestamp (read as UTC), timestamptz | Date; `infinity` is a number |
 * | boolean | boolean |
 * | json, jsonb | the parsed value |
 * | bytea | Buffer |
 * | arrays of these, also over domains and enums | array |
 */
export class ColumnTypes {
  readonly #aliases = new Map<number, number>()

  decoder(oid: number): Decoder {
    return DECODERS.get(oid) ?? this.#other(this.#aliases.get(oid) ?? oid)
  }

  /** Takes the rows of {@link ARRAY_TYPES}. */
  learn(rows: readonly Record<string, unknown>[]): void {
    for (const { oid, like } of rows) {
      if (typeof oid === 'number' && typeof like === 'number') this.#aliases.set(oid, like)
    }
  }

  #other(oid: number): Decoder {
    const known = DECODERS.get(oid)
    if (known !== undefined) return known
    const parse: (text: string) => unknown = pg.types.getTypeParser(oid, 'text')
    return (buffer, start, end) => parse(buffer.toString('utf8', start, end))
  }
}

/**
 * Arrays over domains and enums have types of their own, which no client knows; each is read like the array over the
 * domain's base type, an enum's like text[] (1009). The server reports a plain column of a domain as its base type.
 */
export const ARRAY_TYPES = `select t.oid::int8 as oid, coalesce(nullif(b.typarray, 0), 1009)::int8 as like
from pg_catalog.pg_type t
join pg_catalog.pg_type e on e.oid = t.typelem
left join pg_catalog.pg_type b on b.oid = e.typbasetype
where t.typcategory = 'A' and t.oid >= 16384 and e.typtype in ('d', 'e')`

const text: Decoder = (buffer, start, end) => buffer.toString('utf8', start, end)
const ascii: Decoder = (buffer, start, end) => buffer.toString('latin1', start, end)

/** Digits, up to 15 of them exact in a loop; longer ones by their text. */
const integer: Decoder = (buffer, start, end) => {
  const negative = buffer[start] === 0x2d
  const first = negative ? start + 1 : start
  if (end - first > 15) return large(buffer.toString('latin1', start, end))
  let value = 0
  for (let at = first; at < end; at++) value = value * 10 + (buffer[at] ?? 0) - 0x30
  return negative ? -value : value
}

function large(digits: string): number | bigint {
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : BigInt(digits)
}

const float: Decoder = (buffer, start, end) => Number.parseFloat(buffer.toString('latin1', start, end))
const boolean: Decoder = (buffer, start) => buffer[start] === 0x74
const json: Decoder = (buffer, start, end) => JSON.parse(buffer.toString('utf8', start, end))

const parseTimestamptz: (value: string) => unknown = pg.types.getTypeParser(1184, 'text')

/** `2026-11-23 20:53:05.123456+00`: our sessions run in UTC. Other years and `infinity` go the long way. */
const timestamp =
  (zone: string): Decoder =>
  (buffer, start, end) => {
    const value = buffer.toString('latin1', start, end)
    if (value.length < 19 || value[4] !== '-' || value[10] !== ' ') return parseTimestamptz(value + zone)
    if (zone === '' && !value.endsWith('+00')) return parseTimestamptz(value)
    const milliseconds = value[19] === '.' ? Math.trunc(Number.parseFloat(`0${value.slice(19)}`) * 1000 + 1e-6) : 0
    return new Date(
      Date.UTC(
        +value.slice(0, 4),
        +value.slice(5, 7) - 1,
        +value.slice(8, 10),
        +value.slice(11, 13),
        +value.slice(14, 16),
        +value.slice(17, 19),
        milliseconds,
      ),
    )
  }

const parseBytea: (value: string) => unknown = pg.types.getTypeParser(17, 'text')

/** text[]; the typings of pg know scalar types only. */
const TEXT_ARRAY: number = 1009
const parseTexts: (value: string) => unknown = pg.types.getTypeParser(TEXT_ARRAY, 'text')

/** An array by way of an array of texts, which may be nested and hold nulls. */
const array =
  (element: (text: string) => unknown): Decoder =>
  (buffer, start, end) =>
    mapNested(parseTexts(buffer.toString('utf8', start, end)), element)

function mapNested(value: unknown, element: (text: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((inner) => mapNested(inner, element))
  return typeof value === 'string' ? element(value) : value
}

const DECODERS: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [16, boolean],
  [17, (buffer, start, end) => parseBytea(buffer.toString('latin1', start, end))],
  [20, integer],
  [21, integer],
  [23, integer],
  [26, integer],
  [25, text],
  [1043, text],
  [1042, text],
  [19, text],
  [700, float],
  [701, float],
  [114, json],
  [3802, json],
  [1082, ascii],
  [1114, timestamp('+00')],
  [1184, timestamp('')],
  [1186, text],
  [1700, ascii],
  [2950, ascii],
  [1016, array(large)],
  [1182, array(String)],
])
