/**
 * Random bytes from a supply that is drawn at once: asking the system costs a microsecond or two each time, most of it for
 * the asking. Each byte is given once. For identifiers, which need to be unique; secrets are drawn one by one, so that
 * none lies in memory before it is wanted.
 *
 * @param random - `crypto.randomBytes`.
 * @param supply - bytes drawn at once.
 */
export function pooledRandom(random: (bytes: number) => Buffer, supply = 4096): (bytes: number) => Buffer {
  let pool: Buffer = Buffer.alloc(0)
  let used = 0
  return (bytes) => {
    if (bytes > supply) return random(bytes)
    if (used + bytes > pool.length) {
      pool = random(supply)
      used = 0
    }
    const given = pool.subarray(used, used + bytes)
    used += bytes
    return given
  }
}
