import { createChallenge, verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import type { Secret } from '../../kernel/secret.ts'
import type { Moment } from '../../kernel/time.ts'

/** A task for a browser, as it travels: see `ChallengeParameters` of altcha. */
export interface ProofOfWork {
  readonly parameters: {
    readonly algorithm: string
    /** Hex, 16 bytes each. */
    readonly nonce: string
    readonly salt: string
    /** Iterations of PBKDF2 for one try. */
    readonly cost: number
    /** Bytes. */
    readonly keyLength: number
    /** With what the derived key must begin, in hex. */
    readonly keyPrefix: string
    /** In seconds since 1970. */
    readonly expiresAt: number
  }
  /** HMAC-SHA-256 of the parameters, hex. */
  readonly signature: string
}

export type SolutionProblem = 'malformed' | 'forged' | 'expired' | 'wrong'

export interface ProofsOfWork {
  /** @param level - from 0 on; each one asks for twice the work of the one before. */
  create(level: number): Promise<ProofOfWork>
  /**
   * @param text - base64url of `{ challenge, solution }`; may be anything.
   * @returns what names the challenge, to be accepted once, or what is wrong with it.
   */
  verify(text: string): Promise<{ readonly id: string; readonly expiresAt: Moment } | SolutionProblem>
}

/**
 * Proofs of work, stateless: what is asked for is in the challenge, under our signature.
 *
 * @param key - signs the challenges.
 * @param now - our clock, by which they expire.
 */
export function proofsOfWork(key: Secret<Buffer>, now: () => Moment): ProofsOfWork {
  const hmacSignatureSecret = key.release().toString('hex')
  return {
    async create(level) {
      const step = Math.min(Math.max(Math.trunc(level), 0), HIGHEST_LEVEL)
      const { parameters, signature } = await createChallenge({
        algorithm: ALGORITHM,
        deriveKey,
        // A try costs whoever checks it as much as whoever makes it, so it stays cheap and more of them are asked for.
        cost: LEAST_COST * 2 ** (step % 4),
        keyLength: KEY_LENGTH,
        keyPrefix: '0'.repeat(2 + Math.floor(step / 4)),
        expiresAt: Math.floor(now() / 1000) + LIFETIME,
        hmacSignatureSecret,
      })
      const { algorithm, nonce, salt, cost, keyLength, keyPrefix, expiresAt = 0 } = parameters
      return {
        parameters: { algorithm, nonce, salt, cost, keyLength, keyPrefix, expiresAt },
        signature: signature ?? '',
      }
    },

    async verify(text) {
      const payload = parsePayload(text)
      if (payload === null) return 'malformed'
      const { challenge, solution } = payload
      const expiresAt = challenge.parameters.expiresAt * 1000
      try {
        const result = await verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret })
        const { verified, expired, invalidSignature } = result
        if (invalidSignature === true) return 'forged'
        // The library goes by the system's clock; whichever of that and ours is ahead ends it.
        if (expired || expiresAt <= now()) return 'expired'
        return verified ? { id: challenge.signature, expiresAt } : 'wrong'
      } catch {
        return 'malformed'
      }
    },
  }
}

/** @returns `null` for what is not exactly a challenge with its solution. */
function parsePayload(text: string): Payload | null {
  if (text.length > LONGEST || !/^[A-Za-z0-9_-]+$/.test(text)) return null
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return null
  }
  const { challenge, solution } = fields(value)
  const { parameters, signature } = fields(challenge)
  const { algorithm, nonce, salt, cost, keyLength, keyPrefix, expiresAt } = fields(parameters)
  const { counter, derivedKey } = fields(solution)
  const sound =
    algorithm === ALGORITHM &&
    isHex(nonce, 32) &&
    isHex(salt, 32) &&
    isHex(signature, 64) &&
    isHex(derivedKey, KEY_LENGTH * 2) &&
    typeof keyPrefix === 'string' &&
    /^0{2,8}$/.test(keyPrefix) &&
    keyLength === KEY_LENGTH &&
    isCount(cost, LEAST_COST * 8) &&
    isCount(counter, 0xffff_ffff) &&
    isCount(expiresAt, 1e11)
  if (!sound) return null
  // Made anew of what was looked at: nothing else of what came goes on.
  return {
    challenge: { parameters: { algorithm, nonce, salt, cost, keyLength, keyPrefix, expiresAt }, signature },
    solution: { counter, derivedKey },
  }
}

interface Payload {
  readonly challenge: ProofOfWork
  readonly solution: { readonly counter: number; readonly derivedKey: string }
}

const fields = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

const isHex = (value: unknown, length: number): value is string =>
  typeof value === 'string' && value.length === length && /^[0-9a-f]+$/.test(value)

const isCount = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most

const ALGORITHM = 'PBKDF2/SHA-256'
/** Bytes. */
const KEY_LENGTH = 32
/** Iterations: about half a millisecond. */
const LEAST_COST = 2_000
/** 256 tries of 2,000 iterations at level 0 (0.2 s of a desktop), 4,096 of 16,000 at level 7. */
const HIGHEST_LEVEL = 7
/** Seconds. */
const LIFETIME = 300
/** Characters; a real one has about 700. */
const LONGEST = 2_048
