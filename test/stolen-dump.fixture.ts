import { createHash } from 'node:crypto'
import type { DatabaseConnection } from '../src/kernel/vantage.ts'

/** A value of a row, as whoever has a copy of the database has it. */
export interface StoredValue {
  /** `holdfast.session.token_hash` */
  readonly place: string
  readonly value: Buffer | string
}

/** What somebody was given and nobody else may have. */
export interface RealSecret {
  /** `a session` */
  readonly kind: string
  /** As it is sent. */
  readonly text: string
  /** What the text is a spelling of, where that is no base64url. */
  readonly bytes?: Buffer
}

/**
 * Every different value of every column of every table that is not the server's own, in all schemas: what tables there are is asked of
 * the catalog, so that one that is added later is read too.
 */
export async function readDump(admin: DatabaseConnection): Promise<readonly StoredValue[]> {
  const values: StoredValue[] = []
  for (const { schema, name, columns } of await tablesOf(admin)) {
    const list = columns.map(({ name: column }, index) => `${quoted(column)}::text as c${index}`)
    const { rows } = await admin.query(`select ${list.join(', ')} from ${quoted(schema)}.${quoted(name)}`)
    columns.forEach(({ name: column, type }, index) => {
      const texts = new Set(rows.map((row) => row[`c${index}`]).filter((text) => typeof text === 'string'))
      for (const text of texts)
        values.push({
          place: `${schema}.${name}.${column}`,
          value: type === 'bytea' ? Buffer.from(text.slice('\\x'.length), 'hex') : text,
        })
    })
  }
  return values
}

/** The columns that hold bytes, of all tables: `holdfast.session.token_hash`. */
export async function byteColumns(admin: DatabaseConnection): Promise<readonly string[]> {
  const tables = await tablesOf(admin)
  return tables
    .flatMap(({ schema, name, columns }) =>
      columns.filter(({ type }) => /^bytea/.test(type)).map((column) => `${schema}.${name}.${column.name}`),
    )
    .sort()
}

interface Table {
  readonly schema: string
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

async function tablesOf(admin: DatabaseConnection): Promise<readonly Table[]> {
  const { rows } = await admin.query(
    `select n.nspname::text as schema, c.relname::text as name,
       jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum) as columns
     from pg_catalog.pg_class c
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind in ('r', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     group by 1, 2 order by 1, 2`,
  )
  return rows as unknown as readonly Table[]
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/**
 * Where secrets lie as they are: as text or bytes, in hex or base64, within a longer value, within JSON, or in several of these at
 * once. A hash of one is not it.
 *
 * @returns `a session in holdfast.session.device`, each once.
 */
export function secretsIn(dump: readonly StoredValue[], secrets: readonly RealSecret[]): readonly string[] {
  const wanted = secrets.map((secret) => ({ kind: secret.kind, ...needlesOf(secret) }))
  const found = new Set<string>()
  for (const { place, value } of dump)
    for (const layer of layersOf(value)) {
      const text = layer.toString('latin1').toLowerCase()
      for (const { kind, texts, bytes } of wanted)
        if (texts.some((one) => text.includes(one)) || bytes.some((one) => layer.includes(one)))
          found.add(`${kind} in ${place}`)
    }
  return [...found].sort()
}

function needlesOf({ text, bytes }: RealSecret): {
  readonly texts: readonly string[]
  readonly bytes: readonly Buffer[]
} {
  const latin = Buffer.from(text).toString('latin1').toLowerCase()
  const raw = bytes ?? (/^[A-Za-z0-9_-]{22,}$/.test(text) ? Buffer.from(text, 'base64url') : undefined)
  return { texts: [...new Set([latin, latin.replaceAll('-', '')])], bytes: raw === undefined ? [] : [raw] }
}

/** A value, and what comes of it by undoing the ways in which bytes are written as text. */
function* layersOf(value: Buffer | string, depth = DEPTH): Generator<Buffer> {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  yield bytes
  if (depth === 0) return
  const text = bytes.toString('latin1')
  for (const [run] of text.matchAll(/[0-9a-f]{16,}/gi))
    for (const offset of [0, 1]) yield* layersOf(Buffer.from(run.slice(offset), 'hex'), depth - 1)
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{16,}/g))
    for (const offset of [0, 1, 2, 3]) yield* layersOf(Buffer.from(run.slice(offset), 'base64'), depth - 1)
  for (const leaf of leavesOf(bytes.toString())) yield* layersOf(leaf, depth - 1)
}

/** The names and texts in a JSON object or array, with their escapes undone; none of anything else. */
function leavesOf(text: string): readonly string[] {
  if (!/^\s*[[{]/.test(text)) return []
  const leaves: string[] = []
  try {
    JSON.parse(text, (name, value: unknown) => {
      leaves.push(name)
      if (typeof value === 'string') leaves.push(value)
      return value
    })
  } catch {
    return []
  }
  return leaves.filter((leaf) => leaf.length >= SHORTEST)
}

/** Something a thief sends in place of a secret. */
export interface Candidate {
  /** Where it is from: `holdfast.session.token_hash`. */
  readonly place: string
  readonly text: string
  /** The bytes it was made of: for whoever tries it as a key. */
  readonly bytes: Buffer
  /** Stored as bytes, as hashes are. */
  readonly binary: boolean
}

/**
 * What is to be tried of a dump: each value that is long enough to be a secret, in every form in which secrets are sent, and hashed
 * once more.
 *
 * @param before - a dump from before anybody was given anything: what is in it is nobody's secret. Default none.
 */
export function candidatesOf(dump: readonly StoredValue[], before: readonly StoredValue[] = []): readonly Candidate[] {
  const all = new Map<string, Candidate>()
  const old = new Set(before.map(keyOf))
  const add = (place: string, text: string, bytes: Buffer, binary: boolean): void => {
    if (text.length >= SHORTEST && !all.has(text)) all.set(text, { place, text, bytes, binary })
  }
  for (const { place, value } of dump.filter((one) => !old.has(keyOf(one)) && !isMoment(one.value))) {
    const binary = Buffer.isBuffer(value)
    const values = typeof value === 'string' ? [value, ...leavesOf(value)] : [value]
    for (const one of values) {
      const bytes = Buffer.from(one)
      if (bytes.length < SHORTEST) continue
      const hash = createHash('sha256').update(bytes).digest()
      if (typeof one === 'string') {
        add(place, one, bytes, binary)
        for (const [encoding, spelling] of SPELLINGS)
          if (spelling.test(one))
            add(place, Buffer.from(one, encoding).toString('base64url'), Buffer.from(one, encoding), binary)
      } else {
        add(place, one.toString('utf8'), bytes, binary)
        add(place, `\\x${one.toString('hex')}`, bytes, binary)
        for (const written of ['hex', 'base64url', 'base64'] as const) {
          const again = createHash('sha256').update(one.toString(written)).digest()
          add(place, again.toString('base64url'), again, binary)
        }
      }
      for (const [form, of] of [
        ['hex', bytes],
        ['base64', bytes],
        ['base64url', bytes],
        ['hex', hash],
        ['base64', hash],
        ['base64url', hash],
      ] as const)
        add(place, of.toString(form), of, binary)
    }
  }
  return [...all.values()]
}

const keyOf = ({ place, value }: StoredValue): string => `${place} ${Buffer.from(value).toString('hex')}`
/** As the database writes it. */
const isMoment = (value: StoredValue['value']): boolean =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*[+-]\d\d$/.test(value)

const SPELLINGS = [
  ['hex', /^(?:[0-9a-f]{2})+$/i],
  ['base64', /^[A-Za-z0-9+/_-]+={0,2}$/],
] as const
/** Characters or bytes of the shortest secret there is: a recovery code has 16 characters. */
const SHORTEST = 10
/** Base64 of JSON of hex. */
const DEPTH = 3
