import { hash } from 'node:crypto'
import { Secret } from '../../../kernel/secret.ts'

/** Bytes from a cryptographic generator; `crypto.randomBytes` outside tests. */
export type RandomBytes = (count: number) => Uint8Array

/**
 * A fresh token: 32 random bytes as 43 characters of base64url.
 *
 * @see OWASP ASVS 5.0, 7.2.3: at least 128 bits; 256 here, so that no flood of guesses matters.
 */
export function newToken(random: RandomBytes): Secret {
  const bytes = random(TOKEN_BYTES)
  if (bytes.length !== TOKEN_BYTES)
    throw new TypeError(`the random source gave ${bytes.length} bytes, not ${TOKEN_BYTES}`)
  return new Secret(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url'))
}

/**
 * SHA-256 of a token's text, as base64url: the key of the cache, and, as bytes, what the database holds. A plain hash is
 * enough for 256 random bits: there is nothing to guess, so nothing to slow down or to salt.
 */
export const hashToken = (token: string): string => hash('sha256', token, 'base64url')

/** Whether a text has the shape of a token. Says nothing of whether the session exists. */
export const isToken = (text: string): boolean => text.length === TOKEN_LENGTH && TOKEN_SHAPE.test(text)

const TOKEN_BYTES = 32
/** Characters of base64url that 32 bytes take. */
export const TOKEN_LENGTH = 43
const TOKEN_SHAPE = /^[A-Za-z0-9_-]+$/
