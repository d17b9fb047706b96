import type { FastifyReply } from 'fastify'
import type { HeaderList } from './security-headers.ts'

/** The header fields of a reply, prepared once: one list in which only the length changes. */
export interface PreparedHead {
  readonly fields: string[]
  /** Where the value of `content-length` stands in `fields`; -1 for a 204, which must not have one. */
  readonly lengthAt: number
}

/** Header fields of one reply on top of the prepared ones. */
export type FurtherFields = Readonly<Record<string, string | readonly string[]>>

/** @param type - the media type; absent for replies without a body. */
export function prepareHead(status: number, headers: HeaderList, type?: string): PreparedHead {
  const fields = type === undefined ? [...headers] : [...headers, 'content-type', type]
  if (status === 204) return { fields, lengthAt: -1 }
  fields.push('content-length', '0')
  return { fields, lengthAt: fields.length - 1 }
}

/**
 * Writes a reply in one go. It goes past Fastify's `reply.send`, whose header object and content type guessing cost more
 * than all fields together; fields that hooks have set on `reply` are kept. No `onSend` hook runs.
 *
 * @param further - take the place of prepared fields of the same name.
 */
export function writeReply(
  reply: FastifyReply,
  status: number,
  head: PreparedHead,
  body: string | Buffer,
  further?: FurtherFields,
): void {
  const { raw } = reply
  const { fields, lengthAt } = head
  // Node has read the list when `writeHead` returns, so that one list serves all replies of a kind.
  if (lengthAt !== -1) fields[lengthAt] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.length)
  let list = withFields(fields, fields, reply.getHeaders() as FurtherFields)
  if (further !== undefined) list = withFields(list, fields, further)
  raw.writeHead(status, list)
  raw.end(body)
}

/** `list` with `further` in it; `prepared` itself is never changed. */
function withFields(list: string[], prepared: string[], further: FurtherFields): string[] {
  let result = list
  for (const name in further) {
    const value = further[name]
    if (value === undefined) continue
    const lower = name.toLowerCase()
    // Most often a hook asks for what every reply says anyway.
    if (result === prepared && typeof value === 'string' && stands(prepared, lower, value)) continue
    if (result === prepared) result = prepared.slice()
    setField(result, lower, value)
  }
  return result
}

function stands(list: readonly string[], name: string, value: string): boolean {
  for (let i = 0; i < list.length; i += 2) if (list[i] === name) return list[i + 1] === value
  return false
}

function setField(list: string[], name: string, value: string | readonly string[]): void {
  const several = name === 'set-cookie'
  for (let i = 0; !several && i < list.length; i += 2) {
    if (list[i] !== name) continue
    list[i + 1] = String(value)
    return
  }
  if (typeof value === 'object') for (const one of value) list.push(name, one)
  else list.push(name, String(value))
}
