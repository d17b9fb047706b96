/**
 * Writes messages of PostgreSQL's extended query protocol (frontend side) one behind the other into one buffer, so that
 * all that is queued in one turn of the event loop leaves in one write. Only Parse, Describe, Bind, Execute, Close, Sync
 * and Terminate exist here: the simple protocol can not be spoken.
 *
 * @see https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
export class WireWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES)
  #end = 0
  #start = 0

  get length(): number {
    return this.#end
  }

  /** All that was written since the last call. */
  take(): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(0, this.#end))
    this.#end = 0
    // One giant parameter must not hold its memory for ever.
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafe(INITIAL_BYTES)
    return bytes
  }

  parse(name: string, sql: string): void {
    this.#open(PARSE)
    this.#cstring(name)
    this.#cstring(sql)
    this.#int16(0)
    this.#close()
  }

  describeStatement(name: string): void {
    this.#open(DESCRIBE)
    this.#byte(STATEMENT)
    this.#cstring(name)
    this.#close()
  }

  /** Binds to the unnamed portal: texts in text form, bytes in binary form; results come as text. */
  bind(name: string, values: readonly WireValue[]): void {
    this.#open(BIND)
    this.#byte(0)
    this.#cstring(name)
    if (values.some((value) => value instanceof Uint8Array)) {
      this.#int16(values.length)
      for (const value of values) this.#int16(value instanceof Uint8Array ? 1 : 0)
    } else {
      this.#int16(0)
    }
    this.#int16(values.length)
    for (const value of values) this.#value(value)
    this.#int16(0)
    this.#close()
  }

  execute(): void {
    this.#open(EXECUTE)
    this.#byte(0)
    this.#int32(0)
    this.#close()
  }

  closeStatement(name: string): void {
    this.#open(CLOSE)
    this.#byte(STATEMENT)
    this.#cstring(name)
    this.#close()
  }

  sync(): void {
    this.#open(SYNC)
    this.#close()
  }

  terminate(): void {
    this.#open(TERMINATE)
    this.#close()
  }

  #open(code: number): void {
    this.#ensure(16)
    this.#buffer[this.#end] = code
    this.#start = this.#end + 1
    this.#end += 5
  }

  #close(): void {
    const length = this.#end - this.#start
    this.#buffer[this.#start] = length >>> 24
    this.#buffer[this.#start + 1] = length >>> 16
    this.#buffer[this.#start + 2] = length >>> 8
    this.#buffer[this.#start + 3] = length
  }

  #value(value: WireValue): void {
    if (value === null) {
      this.#int32(-1)
    } else if (typeof value === 'string') {
      this.#ensure(4)
      const at = this.#end
      this.#end += 4
      const length = this.#text(value)
      this.#end = at
      this.#int32(length)
      this.#end += length
    } else {
      this.#int32(value.byteLength)
      this.#ensure(value.byteLength)
      this.#buffer.set(value, this.#end)
      this.#end += value.byteLength
    }
  }

  #cstring(text: string): void {
    this.#text(text)
    this.#byte(0)
  }

  /** Writes the text as UTF-8 and returns its bytes. Short ASCII goes by a loop, which beats the call into C++. */
  #text(text: string): number {
    const length = text.length
    this.#ensure(length * 3)
    const start = this.#end
    if (length <= SHORT) {
      let index = 0
      for (; index < length; index++) {
        const code = text.charCodeAt(index)
        if (code > 127) break
        this.#buffer[start + index] = code
      }
      if (index === length) {
        this.#end = start + length
        return length
      }
    }
    const bytes = this.#buffer.write(text, start, 'utf8')
    this.#end = start + bytes
    return bytes
  }

  #byte(value: number): void {
    this.#ensure(1)
    this.#buffer[this.#end++] = value
  }

  #int16(value: number): void {
    this.#ensure(2)
    this.#buffer[this.#end++] = value >>> 8
    this.#buffer[this.#end++] = value
  }

  #int32(value: number): void {
    this.#ensure(4)
    this.#buffer[this.#end++] = value >>> 24
    this.#buffer[this.#end++] = value >>> 16
    this.#buffer[this.#end++] = value >>> 8
    this.#buffer[this.#end++] = value
  }

  #ensure(bytes: number): void {
    if (this.#buffer.length - this.#end >= bytes) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#end + bytes))
    larger.set(this.#buffer.subarray(0, this.#end))
    this.#buffer = larger
  }
}

/** A parameter as it travels: `null`, text, or bytes in binary form. */
export type WireValue = string | Uint8Array | null

const PARSE = 0x50
const DESCRIBE = 0x44
const BIND = 0x42
const EXECUTE = 0x45
const CLOSE = 0x43
const SYNC = 0x53
const TERMINATE = 0x58
const STATEMENT = 0x53

const INITIAL_BYTES = 32 * 1024
const KEPT_BYTES = 1024 * 1024
const SHORT = 96
