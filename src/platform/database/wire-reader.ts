/**
 * Cuts what arrives into messages of the protocol and hands each to `handle(code, buffer, start, end)`, where the body
 * is `buffer[start, end)` and valid only during the call.
 */
export class WireReader {
  readonly #handle: (code: number, buffer: Buffer, start: number, end: number) => void
  /** The beginning of a message whose rest has not arrived. */
  #pending: Buffer | null = null
  #filled = 0

  constructor(handle: (code: number, buffer: Buffer, start: number, end: number) => void) {
    this.#handle = handle
  }

  /** @throws ProtocolViolation for a length that can not be. */
  push(chunk: Buffer): void {
    let offset = 0
    while (this.#pending !== null) {
      offset = this.#fill(this.#pending, chunk, offset)
      if (this.#filled < this.#pending.length) return
      const whole: Buffer = this.#pending
      this.#pending = null
      if (whole.length === HEADER_BYTES && lengthAt(whole, 0) > HEADER_BYTES) {
        // The header is complete now, so the room for the whole is known.
        this.#expect(whole, lengthAt(whole, 0))
      } else {
        this.#handle(whole[0] ?? 0, whole, HEADER_BYTES, whole.length)
      }
    }
    while (chunk.length - offset >= HEADER_BYTES) {
      const size = lengthAt(chunk, offset)
      if (chunk.length - offset < size) {
        this.#expect(chunk.subarray(offset), size)
        return
      }
      this.#handle(chunk[offset] ?? 0, chunk, offset + HEADER_BYTES, offset + size)
      offset += size
    }
    if (offset < chunk.length) this.#expect(chunk.subarray(offset), HEADER_BYTES)
  }

  #expect(beginning: Buffer, size: number): void {
    this.#pending = Buffer.allocUnsafe(size)
    this.#pending.set(beginning)
    this.#filled = beginning.length
  }

  #fill(target: Buffer, chunk: Buffer, offset: number): number {
    const count = Math.min(target.length - this.#filled, chunk.length - offset)
    target.set(chunk.subarray(offset, offset + count), this.#filled)
    this.#filled += count
    return offset + count
  }
}

/** The server sent what the protocol does not allow; nothing that follows can be trusted. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation'
}

export const int16At = (buffer: Buffer, at: number): number => ((buffer[at] ?? 0) << 8) | (buffer[at + 1] ?? 0)

export const int32At = (buffer: Buffer, at: number): number =>
  ((buffer[at] ?? 0) << 24) | ((buffer[at + 1] ?? 0) << 16) | ((buffer[at + 2] ?? 0) << 8) | (buffer[at + 3] ?? 0)

/** The text up to the next NUL and the place behind it. */
export function cstringAt(buffer: Buffer, at: number, end: number): readonly [text: string, next: number] {
  const nul = buffer.indexOf(0, at)
  if (nul === -1 || nul >= end) throw new ProtocolViolation('a text without end')
  return [buffer.toString('utf8', at, nul), nul + 1]
}

/** Bytes of the whole message, its code included. */
function lengthAt(buffer: Buffer, at: number): number {
  const length = int32At(buffer, at + 1)
  if (length < 4 || length > MAX_MESSAGE_BYTES) throw new ProtocolViolation('a message of impossible length')
  return length + 1
}

const HEADER_BYTES = 5
/** A single field can not be larger than this here; PostgreSQL itself would allow 1 GiB. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024
