import { pbkdf2, pbkdf2Sync } from 'node:crypto'
import { promisify } from 'node:util'

/** Solves a proof of work as `GET /auth/challenge` gives it, written from altcha's description: this is a client. */
export function solve(challenge: unknown): string {
  const task = read(challenge)
  for (let counter = 0; counter < MOST_TRIES; counter++) {
    const key = pbkdf2Sync(task.password(counter), task.salt, task.cost, task.keyLength, 'sha256').toString('hex')
    if (key.startsWith(task.keyPrefix)) return encode(challenge, { counter, derivedKey: key })
  }
  throw new Error(NONE)
}

/** Several side by side, beside everything else. */
export const solveBeside = (challenges: readonly unknown[]): Promise<readonly string[]> =>
  Promise.all(
    challenges.map(async (challenge) => {
      const task = read(challenge)
      for (let counter = 0; counter < MOST_TRIES; counter++) {
        const bytes = await derive(task.password(counter), task.salt, task.cost, task.keyLength, 'sha256')
        const key = bytes.toString('hex')
        if (key.startsWith(task.keyPrefix)) return encode(challenge, { counter, derivedKey: key })
      }
      throw new Error(NONE)
    }),
  )

function read(challenge: unknown) {
  const { parameters } = challenge as { readonly parameters: Readonly<Record<string, string | number>> }
  const [nonce, salt] = [parameters.nonce, parameters.salt].map((hex) => Buffer.from(String(hex), 'hex')) as [
    Buffer,
    Buffer,
  ]
  const counted = (counter: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(counter)
    return bytes
  }
  return {
    salt,
    cost: Number(parameters.cost),
    keyLength: Number(parameters.keyLength),
    keyPrefix: String(parameters.keyPrefix),
    password: (counter: number): Buffer => Buffer.concat([nonce, counted(counter)]),
  }
}

/** As the cookie carries it. */
export const encode = (challenge: unknown, solution: unknown): string =>
  Buffer.from(JSON.stringify({ challenge, solution })).toString('base64url')

const derive = promisify(pbkdf2)
const MOST_TRIES = 100_000
const NONE = `no solution within ${MOST_TRIES} tries`
