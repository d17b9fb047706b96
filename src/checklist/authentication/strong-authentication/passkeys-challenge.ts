import { createHash, timingSafeEqual } from 'node:crypto'
import { after, type Moment, minutes } from '../../../kernel/time.ts'
import type { PasskeyAsked, PasskeyParts } from './passkeys.ts'
import type { ChallengeFacts } from './passkeys-rules.ts'

/** How long a person may take over the browser's window. */
export const CHALLENGE_LIFETIME = minutes(5)

/**
 * A challenge that need not be kept: 24 random bytes and when it expires, with a keyed hash over them, over what it was made for
 * and over the account it was made for.
 *
 * @returns base64url, 62 bytes.
 */
export function makeChallenge(parts: Pick<PasskeyParts, 'sealer' | 'clock' | 'random'>, asked: PasskeyAsked): string {
  const head = Buffer.alloc(HEAD)
  parts.random(RANDOM).copy(head)
  head.writeUIntBE(after(parts.clock.now(), CHALLENGE_LIFETIME), RANDOM, 6)
  return Buffer.concat([head, authentication(parts, asked, head)]).toString('base64url')
}

/** What is known of a challenge that came back. */
export function readChallenge(
  parts: Pick<PasskeyParts, 'sealer' | 'clock'>,
  asked: PasskeyAsked,
  challenge: string,
): ChallengeFacts {
  const bytes = Buffer.from(challenge, 'base64url')
  // One text only stands for these bytes: another spelling would be another entry among what was spent.
  if (bytes.length !== HEAD + TAG || bytes.toString('base64url') !== challenge) return { genuine: false, expired: true }
  const head = bytes.subarray(0, HEAD)
  const expiresAt: Moment = head.readUIntBE(RANDOM, 6)
  return {
    genuine: timingSafeEqual(bytes.subarray(HEAD), authentication(parts, asked, head)),
    expired: parts.clock.now() >= expiresAt,
  }
}

/** What is kept of a challenge that was used, and for how long: it is refused by itself afterwards. */
export function spentChallenge(
  { clock }: Pick<PasskeyParts, 'clock'>,
  challenge: string,
): { readonly hash: Buffer; readonly until: Date } {
  return {
    hash: createHash('sha256').update('passkey\0').update(challenge).digest(),
    until: new Date(after(clock.now(), CHALLENGE_LIFETIME)),
  }
}

const authentication = (
  { sealer }: Pick<PasskeyParts, 'sealer'>,
  { purpose, accountId }: PasskeyAsked,
  head: Buffer,
): Buffer => sealer.index('passkey challenge', `${purpose} ${accountId ?? 'anybody'} ${head.toString('base64url')}`)

const RANDOM = 24
/** The random bytes and 48 bits of milliseconds. */
const HEAD = RANDOM + 6
const TAG = 32
