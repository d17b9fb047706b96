import { createReadStream } from 'node:fs'
import { StartRefusal } from '../../../kernel/refusal.ts'

export interface Line {
  /** From 1 on. */
  readonly number: number
  /** Without its end; `null` where it is longer than was asked for. Good until the next line. */
  readonly bytes: Buffer | null
}

/**
 * Reads a file line by line, whatever its size and whatever is in it: of a line that is too long nothing is kept.
 *
 * @param longest - in bytes, without the end of the line, which is `\n` or `\r\n`.
 * @param onBytes - told how many were read, again and again.
 * @throws StartRefusal where the file can't be read.
 */
export async function readLines(
  file: string,
  longest: number,
  onLine: (line: Line) => void,
  onBytes: (count: number) => void = () => undefined,
): Promise<void> {
  let rest = Buffer.alloc(0)
  // Of a line that began in an earlier chunk and is too long already.
  let overlong = false
  let number = 0
  const tell = (bytes: Buffer): void => {
    number += 1
    const line = bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes
    onLine({ number, bytes: overlong || line.length > longest ? null : line })
    overlong = false
  }
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
      let start = 0
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        const piece = chunk.subarray(start, end)
        tell(rest.length === 0 ? piece : Buffer.concat([rest, piece]))
        rest = EMPTY
        start = end + 1
      }
      rest = Buffer.concat([rest, chunk.subarray(start)])
      if (rest.length > longest + 1) {
        overlong = true
        rest = EMPTY
      }
      onBytes(chunk.length)
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new StartRefusal(file, `can not be read (${code})`)
  }
  if (rest.length > 0 || overlong) tell(rest)
}

const EMPTY = Buffer.alloc(0)
const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const CHUNK = 2 ** 18
