import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'

/** Signs the seal of a run of evidence with Ed25519, and says whether a seal was signed by a key that is known. */
export interface EvidenceSigner {
  /** Name of the key that signs. */
  readonly key: string
  /** Signature over a hash in hexadecimal, base64. */
  sign(hash: string): string
  verify(hash: string, key: string, signature: string): boolean
}

/**
 * @param keys - name → Ed25519 private key as PKCS #8 PEM: the newest, which signs, and older ones that only verify.
 * @param newest - which of them signs.
 * @throws TypeError when there is no such key, or one is of another kind.
 */
export function ed25519Signer(keys: Readonly<Record<string, string>>, newest: string): EvidenceSigner {
  const loaded = new Map(
    Object.entries(keys).map(([name, pem]) => {
      const privateKey = createPrivateKey(pem)
      if (privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError(`evidence key ${name} must be an Ed25519 key`)
      return [name, { privateKey, publicKey: createPublicKey(privateKey) }] as const
    }),
  )
  const signing = loaded.get(newest)
  if (signing === undefined) throw new TypeError(`there is no evidence key ${newest}`)
  return {
    key: newest,
    sign: (hash) => sign(null, message(hash), signing.privateKey).toString('base64'),
    verify(hash, key, signature) {
      const known = loaded.get(key)
      return known !== undefined && verify(null, message(hash), known.publicKey, Buffer.from(signature, 'base64'))
    },
  }
}

/** What is signed says what it is for, so that the signature is worth nothing elsewhere. */
const message = (hash: string): Buffer => Buffer.from(`holdfast evidence ${hash}`)
