import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { suite, test } from 'node:test'
import {
  browserScript,
  type Expected,
  readClientData,
  verifyAssertion,
  verifyAttestation,
  type WebauthnFault,
} from './index.ts'

const EXPECTED: Expected = { origins: ['https://harbour.example'], rpIds: ['harbour.example'], userVerification: true }
const ID = Buffer.alloc(16, 1)
const CHALLENGE = Buffer.alloc(32, 2).toString('base64url')

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest()
const hex = (text: string): Buffer => Buffer.from(text, 'hex')

interface Key {
  readonly privateKey: KeyObject
  readonly cose: Buffer
  readonly digest: string | null
}

function ecdsa(): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const cose = Buffer.concat([
    hex('a5010203262001215820'),
    Buffer.from(x, 'base64url'),
    hex('225820'),
    Buffer.from(y, 'base64url'),
  ])
  return { privateKey, cose, digest: 'sha256' }
}

function edwards(): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  return { privateKey, cose: Buffer.concat([hex('a4010103272006215820'), Buffer.from(x, 'base64url')]), digest: null }
}

function rsa(): Key {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { n = '' } = publicKey.export({ format: 'jwk' })
  // { 1: RSA, 3: RS256, -1: n of 256 bytes, -2: e of 3 }
  const cose = Buffer.concat([hex('a401030339010020590100'), Buffer.from(n, 'base64url'), hex('2143010001')])
  return { privateKey, cose, digest: 'sha256' }
}

interface Said {
  readonly clientData?: unknown
  readonly type?: string
  readonly origin?: string
  readonly crossOrigin?: unknown
  readonly rpId?: string
  readonly flags?: number
  /** Bytes behind the authenticator's data. */
  readonly more?: Buffer
  readonly cut?: number
}

const clientDataOf = (said: Said, type: string): Buffer =>
  Buffer.from(
    JSON.stringify(
      said.clientData ?? {
        type: said.type ?? type,
        challenge: CHALLENGE,
        origin: said.origin ?? 'https://harbour.example',
        crossOrigin: said.crossOrigin ?? false,
      },
    ),
  )

const dataOf = (
  { rpId = 'harbour.example', flags = 0x05, more = Buffer.alloc(0), cut }: Said,
  attested: Buffer,
): Buffer =>
  Buffer.concat([
    sha256(rpId),
    Buffer.from([flags | (attested.length > 0 ? 0x40 : 0)]),
    hex('00000009'),
    attested,
    more,
  ]).subarray(0, cut)

function assertion(key: Key, said: Said = {}) {
  const clientData = clientDataOf(said, 'webauthn.get')
  const data = dataOf(said, Buffer.alloc(0))
  return {
    id: ID.toString('base64url'),
    response: {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: sign(key.digest, Buffer.concat([data, sha256(clientData)]), key.privateKey).toString('base64url'),
    },
  }
}

/** CBOR of `{ fmt: 'none', attStmt: {}, authData }`, up to the length. */
const NONE = hex('a363666d74646e6f6e656761747453746d74a068617574684461746159')
/** The same with `fmt: 'packed'` and a statement that has a certificate. */
const CERTIFIED = hex(
  'a363666d74667061636b65646761747453746d74a363616c67266373696741006378356381410068617574684461746159',
)

function attestation(key: Key, said: Said = {}, head = NONE) {
  const data = dataOf(said, Buffer.concat([Buffer.alloc(16), hex('0010'), ID, key.cose]))
  const length = Buffer.alloc(2)
  length.writeUInt16BE(data.length)
  return {
    id: ID.toString('base64url'),
    response: {
      clientDataJSON: clientDataOf(said, 'webauthn.create').toString('base64url'),
      attestationObject: Buffer.concat([head, length, data]).toString('base64url'),
    },
  }
}

const KEYS = [
  ['ES256', ecdsa()],
  ['Ed25519', edwards()],
  ['RS256', rsa()],
] as const
const [[, KEY]] = KEYS

const WRONG: readonly (readonly [string, Said, WebauthnFault])[] = [
  ['another origin', { origin: 'https://elsewhere.example' }, 'origin'],
  ['an origin that begins like ours', { origin: 'https://harbour.example.evil.example' }, 'origin'],
  ['our origin by plain HTTP', { origin: 'http://harbour.example' }, 'origin'],
  ['our origin with a slash', { origin: 'https://harbour.example/' }, 'origin'],
  ['another kind', { type: 'payment.get' }, 'type'],
  ['a page within another', { crossOrigin: true }, 'cross-origin'],
  ['a word for whether it was within another', { crossOrigin: 'no' }, 'malformed'],
  ['another host', { rpId: 'elsewhere.example' }, 'relying-party'],
  ['a host above ours', { rpId: 'example' }, 'relying-party'],
  ['nobody there', { flags: 0x04 }, 'presence'],
  ['nobody verified', { flags: 0x01 }, 'verification'],
  ['a backup of what can not be backed up', { flags: 0x15 }, 'malformed'],
  ['data that ends too early', { cut: 36 }, 'malformed'],
  ['data with more behind it', { more: hex('00') }, 'malformed'],
  ['no object', { clientData: 'words' }, 'malformed'],
  ['an empty object', { clientData: {} }, 'malformed'],
  ['a number as its challenge', { clientData: { type: 'webauthn.get', challenge: 1, origin: 'x' } }, 'malformed'],
]

suite('the answer of an authenticator', () => {
  for (const [name, key] of KEYS) {
    test(`makes a passkey and signs with it, by ${name}`, async () => {
      const made = await verifyAttestation(attestation(key), EXPECTED)
      assert.deepEqual(made.credentialId, ID)
      assert.equal(made.counter, 9)
      assert.deepEqual(await verifyAssertion(assertion(key), made.publicKey, EXPECTED), {
        signed: true,
        counter: 9,
        backedUp: false,
        deviceBound: true,
      })
    })
  }

  test('is not signed where another key signed it', async () => {
    assert.equal((await verifyAssertion(assertion(ecdsa()), KEY.cose, EXPECTED)).signed, false)
  })

  test('says whether the passkey is kept in several places', async () => {
    assert.equal((await verifyAssertion(assertion(KEY, { flags: 0x1d }), KEY.cose, EXPECTED)).backedUp, true)
  })

  for (const [what, said, fault] of WRONG) {
    test(`does not sign in with ${what}`, () =>
      assert.rejects(verifyAssertion(assertion(KEY, said), KEY.cose, EXPECTED), { name: 'WebauthnMismatch', fault }))
    test(`makes no passkey with ${what}`, () =>
      assert.rejects(verifyAttestation(attestation(KEY, said), EXPECTED), { name: 'WebauthnMismatch', fault }))
  }

  test('makes no passkey with a statement that brings certificates, whose addresses would be asked', () =>
    assert.rejects(verifyAttestation(attestation(KEY, {}, CERTIFIED), EXPECTED), { fault: 'attestation' }))

  test('makes no passkey under another id than the one it carries', () =>
    assert.rejects(verifyAttestation({ ...attestation(KEY), id: 'AAAA' }, EXPECTED), { name: 'WebauthnMismatch' }))

  for (const text of ['', '!', '[]', 'null', '{"type":', '\uD800']) {
    test(`is not read of ${JSON.stringify(text)}`, () =>
      assert.throws(() => readClientData(Buffer.from(text).toString('base64url')), { fault: 'malformed' }))
  }
})

test('the script for browsers defines what the pages call', () => {
  assert.match(browserScript(), /SimpleWebAuthnBrowser/)
  for (const name of ['startAuthentication', 'startRegistration', 'browserSupportsWebAuthnAutofill'])
    assert.ok(browserScript().includes(name), name)
})
