import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { Secret } from '../../kernel/secret.ts'
import type { Keyring } from './keyring.ts'

/** Seals small secrets that are stored: who has the database alone has nothing of them. */
export interface Sealer {
  /**
   * @param context - what it is and whose, `totp 0190…`: sealed bytes that were put elsewhere do not open.
   * @returns 33 bytes more than `plaintext`: format, key version, nonce, text, tag.
   */
  seal(plaintext: Uint8Array, context: string): Buffer
  /** @throws {@link SealBroken} where it is not what was sealed for this context, or the key is gone. */
  open(sealed: Uint8Array, context: string): Buffer
  /**
   * A keyed hash, 32 bytes, to look things up by that should not be read in the database. Always by the first version of the
   * key, so that what was stored is found again.
   */
  index(kind: string, value: string): Buffer
}

/** Names no value and no key. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken'
  constructor(context: string) {
    super(`what was sealed as ${context.split(' ')[0]} does not open`)
  }
}

/**
 * AES-256-GCM with a nonce of 96 random bits under the newest version of the key `data`.
 *
 * @param random - random bytes; the system's in every running backend.
 *
 * @see NIST SP 800-38D 8.2.2: at most 2^32 sealings with one version of the key.
 */
export function createSealer(
  keyring: Pick<Keyring, 'current' | 'version' | 'all'>,
  random: (bytes: number) => Buffer,
): Sealer {
  const versions = new Map<number, Secret<Buffer>>(keyring.all('data').map(({ version, key }) => [version, key]))
  const newest = keyring.current('data')
  const indexKey = keyring.version('index', 1).key
  return {
    seal(plaintext, context) {
      const nonce = random(NONCE)
      const head = Buffer.alloc(HEAD)
      head.writeUInt8(FORMAT, 0)
      head.writeUInt32BE(newest.version, 1)
      const cipher = createCipheriv('aes-256-gcm', newest.key.release(), nonce)
      cipher.setAAD(Buffer.concat([head, Buffer.from(context)]))
      const text = Buffer.concat([cipher.update(plaintext), cipher.final()])
      return Buffer.concat([head, nonce, text, cipher.getAuthTag()])
    },

    open(sealed, context) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
      const key = bytes.length >= HEAD + NONCE + TAG ? versions.get(bytes.readUInt32BE(1)) : undefined
      if (key === undefined || bytes.readUInt8(0) !== FORMAT) throw new SealBroken(context)
      const head = bytes.subarray(0, HEAD)
      const cipher = createDecipheriv('aes-256-gcm', key.release(), bytes.subarray(HEAD, HEAD + NONCE), {
        authTagLength: TAG,
      })
      cipher.setAAD(Buffer.concat([head, Buffer.from(context)]))
      cipher.setAuthTag(bytes.subarray(-TAG))
      try {
        return Buffer.concat([cipher.update(bytes.subarray(HEAD + NONCE, -TAG)), cipher.final()])
      } catch {
        throw new SealBroken(context)
      }
    },

    index: (kind, value) => createHmac('sha256', indexKey.release()).update(`${kind}\0${value}`).digest(),
  }
}

const FORMAT = 1
const HEAD = 5
const NONCE = 12
const TAG = 16
