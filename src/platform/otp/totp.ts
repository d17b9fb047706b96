import { timingSafeEqual } from 'node:crypto'
import { HOTP, Secret, TOTP } from 'otpauth'

/** Which time steps a code may be of, around the current one. */
export type Steps = readonly number[]

/** The time step of a moment: 30 seconds each, since 1970. */
export const stepOf = (now: number): number => Math.floor(now / (PERIOD * 1000))

/**
 * The code of a time step.
 *
 * @param secret - 20 bytes.
 *
 * @see RFC 6238, 4 and RFC 4226, 5.3: HMAC-SHA-1, six digits
 */
export const codeAt = (secret: Uint8Array, step: number): string =>
  HOTP.generate({ secret: keyOf(secret), algorithm: ALGORITHM, digits: DIGITS, counter: step })

/**
 * Whose step of these a code is; `null` for none. All of them are compared whatever comes of the first ones.
 *
 * @param code - as it was typed; may be anything.
 */
export function matchingStep(secret: Uint8Array, code: string, steps: Steps): number | null {
  const typed = Buffer.from(/^\d{6}$/.test(code) ? code : NO_CODE)
  let found: number | null = null
  for (const step of steps) {
    if (step >= 0 && timingSafeEqual(Buffer.from(codeAt(secret, step)), typed)) found = step
  }
  return found
}

/** For the QR code: `otpauth://totp/Notes:ada%40example.test?issuer=Notes&secret=…`. */
export const totpUri = (secret: Uint8Array, issuer: string, label: string): string =>
  new TOTP({
    issuer: issuer.replaceAll(':', ' '),
    label: label.replaceAll(':', ' '),
    secret: keyOf(secret),
    algorithm: ALGORITHM,
    digits: DIGITS,
    period: PERIOD,
  }).toString()

/** For typing: RFC 4648 base32 without padding, 32 characters for 20 bytes. */
export const base32 = (secret: Uint8Array): string => keyOf(secret).base32

/** 160 bits: as long as what the hash gives. RFC 4226, 4 R6 */
export const SECRET_BYTES = 20

const keyOf = (secret: Uint8Array): Secret => new Secret({ buffer: Uint8Array.from(secret).buffer })

const ALGORITHM = 'SHA1'
const DIGITS = 6
/** Seconds. */
const PERIOD = 30
/** As long as a code, and none. */
const NO_CODE = '------'
