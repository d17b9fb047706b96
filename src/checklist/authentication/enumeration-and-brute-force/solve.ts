import { pbkdf2Sync } from 'node:crypto'

/** Solves a proof of work as `GET /auth/challenge` gives it, written from altcha's description: this is a client. */
export function solve(challenge: unknown): string {
  const { parameters } = challenge as { readonly parameters: Readonly<Record<string, string | number>> }
  const [nonce, salt] = [parameters.nonce, parameters.salt].map((hex) => Buffer.from(String(hex), 'hex')) as [
    Buffer,
    Buffer,
  ]
  const password = Buffer.concat([nonce, Buffer.alloc(4)])
  for (let counter = 0; counter < MOST_TRIES; counter++) {
    password.writeUInt32BE(counter, nonce.length)
    const key = pbkdf2Sync(password, salt, Number(parameters.cost), Number(parameters.keyLength), 'sha256').toString(
      'hex',
    )
    if (key.startsWith(String(parameters.keyPrefix))) return encode(challenge, { counter, derivedKey: key })
  }
  throw new Error(`no solution within ${MOST_TRIES} tries`)
}

/** As the cookie carries it. */
export const encode = (challenge: unknown, solution: unknown): string =>
  Buffer.from(JSON.stringify({ challenge, solution })).toString('base64url')

const MOST_TRIES = 100_000
