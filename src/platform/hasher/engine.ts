import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { hashRaw } from '@node-rs/argon2'
import type { FailureReason, Reply, Request } from './messages.ts'
import { formatPhc, parsePhc, withinBounds } from './phc.ts'

/** Pepper keys by version; the highest is used for new hashes. */
export type PepperKeys = ReadonlyMap<number, Buffer>

/**
 * Does one request: argon2id over HMAC-SHA-256(pepper, password), so that a stolen table can't be guessed against without
 * the pepper, and no length limit or NUL byte of argon2 matters. The request's password is wiped before it returns.
 * Never throws; a failure says which kind, never with what.
 *
 * @see NIST SP 800-63B-4 3.1.1.2 (keyed hash with a separately stored key), RFC 9106
 */
export async function perform(request: Request, peppers: PepperKeys): Promise<Reply> {
  const currentPepper = Math.max(...peppers.keys())
  try {
    if (request.kind === 'hash') {
      if (!withinBounds(request)) return failed(request, 'parameters-out-of-bounds')
      const salt = randomBytes(SALT_BYTES)
      const { memoryKiB, passes } = request
      const tag = await derive(
        peppered(request, peppers.get(currentPepper)),
        salt,
        { memoryKiB, passes, parallelism: 1 },
        TAG_BYTES,
      )
      const phc = formatPhc({ memoryKiB, passes, parallelism: 1, salt, tag })
      return { kind: 'hashed', id: request.id, phc, pepperVersion: currentPepper }
    }
    const stored = parsePhc(request.phc)
    if (stored === null) return failed(request, 'hash-malformed')
    const pepper = peppers.get(request.pepperVersion)
    if (pepper === undefined) return failed(request, 'pepper-unknown')
    const tag = await derive(peppered(request, pepper), stored.salt, stored, stored.tag.length)
    return { kind: 'verified', id: request.id, ok: timingSafeEqual(tag, stored.tag), currentPepper }
  } catch {
    return failed(request, 'hashing-failed')
  } finally {
    request.password.fill(0)
  }
}

function peppered(request: Request, pepper: Buffer | undefined): Buffer {
  if (pepper === undefined) throw new Error('no pepper')
  return createHmac('sha256', pepper).update(request.password).digest()
}

const derive = (
  input: Buffer,
  salt: Buffer,
  cost: { readonly memoryKiB: number; readonly passes: number; readonly parallelism: number },
  outputLen: number,
): Promise<Buffer> =>
  // Algorithm 2 is argon2id: the package declares its names as a const enum, which type stripping can't import.
  hashRaw(input, {
    algorithm: 2,
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: cost.parallelism,
    outputLen,
    salt,
  })

const failed = (request: Request, why: FailureReason): Reply => ({ kind: 'failed', id: request.id, why })

const SALT_BYTES = 16
const TAG_BYTES = 32
