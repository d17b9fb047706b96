import { createHash, createHmac, randomBytes } from 'node:crypto'
import { Unproved } from '../../../kernel/claim.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { jsonOf, type Person, signIn } from './probe-people.ts'

/** A passkey for each, which nobody holds: what counts is that there is one. */
export async function addSecondFactors(context: ProbeContext, whose: readonly Person[]): Promise<void> {
  await context.database.admin.query(
    `insert into holdfast.passkey (id, account_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
     select gen_random_uuid(), id, sha256(id::text::bytea), sha256(id::text::bytea), 0, '{}', false, 'Key', now()
     from unnest($1::uuid[]) as id`,
    [whose.map(({ id }) => id)],
  )
}

/** Sets an authenticator app up, as its owner does. */
export async function enrolApp(context: ProbeContext, who: Person): Promise<void> {
  const token = (await signIn(context, who)).setToken
  if (!token) throw new Unproved('somebody made for it could not sign in')
  const ask = async (path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> => {
    const reply = await context.network.request({ method: 'POST', path, token, body })
    if (reply.status !== 200) throw new Unproved(`${path} answered ${reply.status}`)
    return jsonOf(reply)
  }
  const { secret } = await ask('/auth/factors/totp')
  const step = Math.floor(context.clock.now() / 30_000)
  await ask('/auth/factors/totp/confirm', { code: codeOf(unbase32(String(secret)), step) })
}

/**
 * Half-finished sign-ins, one for each, as cookies. Written into the table, since each has to outlive the hours between the rounds;
 * real ones end after minutes.
 */
export async function halfFinished(context: ProbeContext, whose: readonly Person[]): Promise<readonly string[]> {
  const tokens = whose.map(() => randomBytes(32).toString('base64url'))
  const now = new Date(context.clock.now())
  await context.database.admin.query(
    `insert into holdfast.pending_sign_in (token_hash, account_id, method, created_at, expires_at)
     select decode(hash, 'hex'), id, 'password', $3::timestamptz, $3::timestamptz + interval '90 days'
     from unnest($1::uuid[], $2::text[]) as half (id, hash)`,
    [whose.map(({ id }) => id), tokens.map((token) => createHash('sha256').update(token).digest('hex')), now],
  )
  return tokens.map((token) => `__Host-pending=${token}`)
}

/** @see RFC 6238, 4 */
function codeOf(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  return String((mac.readUInt32BE((mac.at(-1) ?? 0) & 0xf) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** RFC 4648, without padding. */
function unbase32(text: string): Buffer {
  const bits = [...text].map((character) => ALPHABET.indexOf(character).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
