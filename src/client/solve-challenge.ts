/** Of what `GET /auth/challenge` answers. Whether it is asked for is known: a request was refused without it. */
export interface Challenge {
  readonly challenge: {
    readonly parameters: {
      readonly nonce: string
      readonly salt: string
      /** PBKDF2 iterations. */
      readonly cost: number
      /** Bytes. */
      readonly keyLength: number
      /** Hexadecimal: how the key has to begin. */
      readonly keyPrefix: string
    }
    readonly signature: string
  }
}

/**
 * Does the work, and leaves the solution in the cookie that the server looks for. It works once, for five minutes, and on pages
 * of the backend's own origin only: others can't set its cookies.
 *
 * @throws RangeError after two minutes of work.
 */
export async function solveChallenge({ challenge }: Challenge): Promise<void> {
  const solution = await solve(challenge.parameters)
  const text = btoa(JSON.stringify({ challenge, solution }))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
  const page = (globalThis as { document?: { cookie: string } }).document
  // The Cookie Store API is not everywhere yet.
  if (page !== undefined) page.cookie = `__Host-challenge=${text}; Path=/; Max-Age=300; Secure; SameSite=Strict`
}

/** Tries counters until the key derived from one begins as it should, a few side by side. */
export async function solve(
  parameters: Challenge['challenge']['parameters'],
): Promise<{ readonly counter: number; readonly derivedKey: string }> {
  const latest = performance.now() + LONGEST_MS
  for (let first = 0; performance.now() < latest; first += LANES) {
    const keys = await Promise.all(Array.from({ length: LANES }, (_, lane) => derive(parameters, first + lane)))
    const found = keys.findIndex((key) => key.startsWith(parameters.keyPrefix))
    const derivedKey = keys[found]
    if (derivedKey !== undefined) return { counter: first + found, derivedKey }
  }
  throw new RangeError('the proof of work took too long')
}

/** PBKDF2 over the nonce and the counter in four bytes, as hexadecimal. */
async function derive(
  { nonce, salt, cost, keyLength }: Challenge['challenge']['parameters'],
  counter: number,
): Promise<string> {
  const password = new Uint8Array(nonce.length / 2 + 4)
  password.set(bytes(nonce))
  new DataView(password.buffer).setUint32(nonce.length / 2, counter)
  const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(salt), iterations: cost }
  const derived = new Uint8Array(await crypto.subtle.deriveBits(how, key, keyLength * 8))
  return Array.from(derived, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const bytes = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

const LANES = 4
const LONGEST_MS = 120_000
