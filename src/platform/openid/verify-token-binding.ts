import { createHash, timingSafeEqual } from 'node:crypto'
import { after, type Moment, minutes, seconds } from '../../kernel/time.ts'
import { OpenIdFault } from './openid.ts'

/**
 * What openid-client leaves to its caller: when the token was made, whom it speaks of, and that the access token beside it is the
 * one it was made with.
 *
 * @see OpenID Connect Core 1.0, 3.1.3.7 (10), 3.1.3.8 and 2 (sub)
 */
export function verifyTokenBinding(
  token: string,
  claims: Readonly<Record<string, unknown>>,
  accessToken: string,
  now: Moment,
): void {
  const { iat, sub, at_hash: hash } = claims
  if (typeof sub !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(sub)) throw new OpenIdFault('token')
  if (typeof iat !== 'number' || iat * 1000 > after(now, AHEAD) || after(iat * 1000, OLDEST) < now)
    throw new OpenIdFault('expired')
  if (hash === undefined) return
  const expected = Buffer.from(halfHash(accessToken, algorithmOf(token)))
  const given = Buffer.from(typeof hash === 'string' ? hash : '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new OpenIdFault('token')
}

/** The left half of the hash that goes with the token's algorithm. */
function halfHash(text: string, algorithm: string): string {
  const name = algorithm.startsWith('Ed') ? 'sha512' : `sha${algorithm.slice(-3)}`
  const hash = createHash(name).update(text, 'ascii').digest()
  return hash.subarray(0, hash.length / 2).toString('base64url')
}

/** Of a token whose signature was verified, and whose algorithm is therefore one of ours. */
function algorithmOf(token: string): string {
  const { alg } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { readonly alg: string }
  return alg
}

/** By how much its clock may go before ours. */
const AHEAD = seconds(60)
/** A token is made when the code is exchanged, which is a moment ago. */
const OLDEST = minutes(10)
