import { randomFillSync } from 'node:crypto'

/**
 * A fresh value for one page's Content-Security-Policy: 16 random bytes in base64. Taken from a pool, since asking the
 * generator for 16 bytes at a time costs more than ten times as much.
 */
export function createNonce(): string {
  if (used === POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  const nonce = POOL.toString('base64', used, used + LENGTH)
  POOL.fill(0, used, used + LENGTH) // a given nonce is not kept
  used += LENGTH
  return nonce
}

const LENGTH = 16
const POOL = Buffer.alloc(LENGTH * 256)
let used = POOL.length
