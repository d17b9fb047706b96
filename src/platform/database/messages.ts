import type { ErrorReport } from './errors.ts'
import { cstringAt, ProtocolViolation } from './wire-reader.ts'

/** What the server sends us, by the code of the message. */
export const PARSE_COMPLETE = 0x31
export const BIND_COMPLETE = 0x32
export const CLOSE_COMPLETE = 0x33
export const NOTIFICATION = 0x41
export const COMMAND_COMPLETE = 0x43
export const DATA_ROW = 0x44
export const ERROR = 0x45
export const NOTICE = 0x4e
export const PARAMETER_STATUS = 0x53
export const ROW_DESCRIPTION = 0x54
export const READY_FOR_QUERY = 0x5a
export const NO_DATA = 0x6e
export const PARAMETER_DESCRIPTION = 0x74

/** ErrorResponse: fields of one letter and a text, ended by a zero. */
export function errorReport(buffer: Buffer, start: number, end: number): ErrorReport {
  const fields = new Map<string, string>()
  let at = start
  while (buffer[at] !== 0) {
    if (at >= end) throw new ProtocolViolation('an error without end')
    const [text, next] = cstringAt(buffer, at + 1, end)
    fields.set(String.fromCharCode(buffer[at] ?? 0), text)
    at = next
  }
  // V is the severity in English, whatever language S is in.
  const severity = fields.get('V') ?? fields.get('S')
  return {
    code: fields.get('C') ?? 'XX000',
    message: fields.get('M') ?? '',
    fatal: severity === 'FATAL' || severity === 'PANIC',
    schema: fields.get('s'),
    table: fields.get('t'),
    column: fields.get('c'),
    constraint: fields.get('n'),
    routine: fields.get('R'),
  }
}

/** NotificationResponse: the sender's process, the channel, the payload. */
export function notification(
  buffer: Buffer,
  start: number,
  end: number,
): { readonly channel: string; readonly payload: string } {
  const [channel, next] = cstringAt(buffer, start + 4, end)
  const [payload] = cstringAt(buffer, next, end)
  return { channel, payload }
}

/** The last number of the command tags that count rows changed: `INSERT 0 5`, `UPDATE 3`, `DELETE 1`, `MERGE 2`. */
export function changedRows(buffer: Buffer, start: number, end: number): number {
  if (!CHANGING.has(buffer[start] ?? 0)) return 0
  let count = 0
  for (let at = buffer.indexOf(0x20, start) + 1; at > start && at < end - 1; at++) {
    const digit = (buffer[at] ?? 0) - 0x30
    count = digit >= 0 && digit <= 9 ? count * 10 + digit : 0
  }
  return count
}

/** First letters of INSERT, UPDATE, DELETE, MERGE. */
const CHANGING = new Set([0x49, 0x55, 0x44, 0x4d])
