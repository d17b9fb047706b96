import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** An authenticator in software, which does as it is told: also what no honest one does. */
export interface Authenticator {
  /** base64url. */
  readonly id: string
  readonly privateKey: KeyObject
  /** COSE key. */
  readonly publicKey: Buffer
  /** Of the hash that is signed; `null` where the algorithm brings its own. */
  readonly digest: 'sha256' | null
}

/** What an answer says. */
export interface Answering {
  /** base64url. */
  readonly challenge: string
  readonly origin: string
  readonly rpId: string
  readonly counter: number
  readonly present: boolean
  readonly verified: boolean
  readonly type: string
  readonly crossOrigin: boolean
  /** base64url; absent: the answer has none. */
  readonly userHandle: string | undefined
  /** Changes the signature. */
  readonly forge: (signature: Buffer) => Buffer
}

/** As the route for signing in takes it. */
export interface Answer {
  readonly id: string
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string
  }
}

export function newAuthenticator(): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const cose = [hex('a5010203262001215820'), base64url(x), hex('225820'), base64url(y)]
  return { id: newId(), privateKey, publicKey: Buffer.concat(cose), digest: 'sha256' }
}

/** The same with Ed25519. */
export function newEdwardsAuthenticator(): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  return {
    id: newId(),
    privateKey,
    publicKey: Buffer.concat([hex('a4010103272006215820'), base64url(x)]),
    digest: null,
  }
}

/** The same with ECDSA on P-384, which is not among what is asked for. */
export function newUnaskedAuthenticator(): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const cose = [hex('a501020338222002215830'), base64url(x), hex('225830'), base64url(y)]
  return { id: newId(), privateKey, publicKey: Buffer.concat(cose), digest: 'sha256' }
}

/** @see Web Authentication, 6.3.3 */
export function assertion(authenticator: Authenticator, answering: Answering): Answer {
  const clientData = clientDataOf(answering)
  const data = authenticatorData(answering, Buffer.alloc(0))
  const signed = sign(authenticator.digest, Buffer.concat([data, sha256(clientData)]), authenticator.privateKey)
  return {
    id: authenticator.id,
    response: {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: answering.forge(signed).toString('base64url'),
      ...(answering.userHandle === undefined ? {} : { userHandle: answering.userHandle }),
    },
  }
}

/** A new passkey, with no statement about who made the authenticator. @see Web Authentication, 6.5 and 8.7 */
export function attestation(authenticator: Authenticator, answering: Answering, statement: Buffer = NO_STATEMENT) {
  const id = base64url(authenticator.id)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(id.length)
  const data = authenticatorData(answering, Buffer.concat([Buffer.alloc(16), length, id, authenticator.publicKey]))
  const size = Buffer.alloc(2)
  size.writeUInt16BE(data.length)
  return {
    id: authenticator.id,
    response: {
      clientDataJSON: clientDataOf(answering).toString('base64url'),
      // { fmt, attStmt, authData: bytes of two bytes' length }
      attestationObject: Buffer.concat([statement, hex('68617574684461746159'), size, data]).toString('base64url'),
    },
  }
}

/** CBOR of a map of three, with `fmt: 'none'` and `attStmt: {}` in it. */
const NO_STATEMENT = Buffer.from('a363666d74646e6f6e656761747453746d74a0', 'hex')

/** The same with `fmt: 'packed'` and a statement that brings a certificate along. */
export const CERTIFIED = Buffer.from(
  'a363666d74667061636b65646761747453746d74a363616c672663736967410063783563814100',
  'hex',
)

/** What a passkey keeps of whose it is. */
export const handleOf = (accountId: string): string => hex(accountId.replaceAll('-', '')).toString('base64url')

const clientDataOf = ({ type, challenge, origin, crossOrigin }: Answering): Buffer =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin }))

function authenticatorData({ rpId, counter, present, verified }: Answering, attested: Buffer): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter)
  const flags = (present ? 0x01 : 0) | (verified ? 0x04 : 0) | (attested.length > 0 ? 0x40 : 0)
  return Buffer.concat([sha256(rpId), Buffer.from([flags]), count, attested])
}

const newId = (): string => randomBytes(32).toString('base64url')
const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const base64url = (text: string): Buffer => Buffer.from(text, 'base64url')
const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest()
