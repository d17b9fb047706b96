/**
 * An argon2id hash in PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`, both in base64 without padding.
 *
 * @see https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md, RFC 9106
 */
export interface Phc {
  readonly memoryKiB: number
  readonly passes: number
  readonly parallelism: number
  readonly salt: Buffer
  readonly tag: Buffer
}

export const formatPhc = (phc: Phc): string =>
  `$argon2id$v=19$m=${phc.memoryKiB},t=${phc.passes},p=${phc.parallelism}$${base64(phc.salt)}$${base64(phc.tag)}`

/** @returns `null` for anything but argon2id version 19 in its one canonical spelling, within the bounds of {@link withinBounds}. */
export function parsePhc(text: string): Phc | null {
  const match = FORMAT.exec(text)
  if (match === null || text.length > 200) return null
  const [, memoryKiB = '', passes = '', parallelism = '', salt = '', tag = ''] = match
  const phc = {
    memoryKiB: Number(memoryKiB),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
  const sound = withinBounds(phc) && phc.parallelism <= 4 && phc.salt.length >= 8 && phc.tag.length >= 16
  // Formatting again catches spellings that decode to the same bytes.
  return sound && formatPhc(phc) === text ? phc : null
}

/** What one hash may cost at most, so that a stored or sent value can't exhaust the machine: 256 MiB, 10 passes. */
export const withinBounds = (parameters: { readonly memoryKiB: number; readonly passes: number }): boolean =>
  parameters.memoryKiB >= 64 && parameters.memoryKiB <= 262_144 && parameters.passes >= 1 && parameters.passes <= 10

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

const FORMAT =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9])\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/
