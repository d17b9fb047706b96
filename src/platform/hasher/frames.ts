/** Largest frame in bytes: a password of 4 KiB, a stored hash and a few numbers. */
export const LARGEST_FRAME = 5_120

/** A frame: its length in 4 bytes, most significant first, then its bytes. */
export function encodeFrame(payload: Buffer): Buffer {
  if (payload.length === 0 || payload.length > LARGEST_FRAME) throw new RangeError('a frame holds 1 to 5,120 bytes')
  const frame = Buffer.allocUnsafe(4 + payload.length)
  frame.writeUInt32BE(payload.length)
  payload.copy(frame, 4)
  return frame
}

/**
 * Cuts a stream of bytes into frames, however they arrive. Keeps at most one unfinished frame.
 *
 * @throws RangeError for a length of 0 or beyond {@link LARGEST_FRAME}; the stream is then out of step and must be closed.
 */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): Buffer[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const frames: Buffer[] = []
    while (bytes.length >= 4) {
      const length = bytes.readUInt32BE()
      if (length === 0 || length > LARGEST_FRAME) throw new RangeError('a frame of impossible length')
      if (bytes.length < 4 + length) break
      frames.push(bytes.subarray(4, 4 + length))
      bytes = bytes.subarray(4 + length)
    }
    this.#rest = bytes
    return frames
  }
}
