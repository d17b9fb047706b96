import type { PasskeyView } from '../../checklist/authentication/strong-authentication/index.ts'
import { Type } from '../../platform/declaration/index.ts'
import { Name, Password, Timestamp, Uuid } from './route.ts'

const closed = { additionalProperties: false } as const

const base64url = (maxLength: number, minLength = 1) =>
  Type.String({ minLength, maxLength, pattern: '^[A-Za-z0-9_-]+$' })

/** Names of transports, as browsers give them; more may come. */
const Transports = Type.Array(Type.String({ minLength: 1, maxLength: 20, pattern: '^[a-z-]+$' }), { maxItems: 10 })

/** An id is 1,023 bytes at most. */
const CredentialId = base64url(1364)

const Descriptor = Type.Object({ type: Type.Literal('public-key'), id: CredentialId, transports: Transports }, closed)

/** What `navigator.credentials.get` gave, without what nobody here reads. */
const assertion = {
  id: CredentialId,
  response: Type.Object(
    {
      clientDataJSON: base64url(4096),
      authenticatorData: base64url(2048),
      signature: base64url(1024),
      userHandle: Type.Optional(base64url(88)),
    },
    closed,
  ),
}
export const AssertionBody = Type.Object(assertion, closed)

/** The same, of who confirms: with a security key the password belongs to it. */
export const ConfirmationBody = Type.Object({ ...assertion, password: Type.Optional(Password) }, closed)

/** What `navigator.credentials.create` gave, and what its owner calls it. */
export const AttestationBody = Type.Object(
  {
    name: Name,
    credential: Type.Object(
      {
        id: CredentialId,
        response: Type.Object(
          {
            clientDataJSON: base64url(4096),
            attestationObject: base64url(8192),
            transports: Type.Optional(Transports),
          },
          closed,
        ),
      },
      closed,
    ),
  },
  closed,
)

/** For `PublicKeyCredential.parseRequestOptionsFromJSON`. */
export const RequestReply = Type.Object(
  {
    challenge: base64url(200),
    rpId: Type.String({ maxLength: 253 }),
    userVerification: Type.Union([Type.Literal('required'), Type.Literal('preferred')]),
    timeout: Type.Integer({ minimum: 0, maximum: 600_000 }), // milliseconds
    allowCredentials: Type.Array(Descriptor, { maxItems: 20 }),
  },
  closed,
)

/** For `PublicKeyCredential.parseCreationOptionsFromJSON`. */
export const CreationReply = Type.Object(
  {
    challenge: base64url(200),
    rp: Type.Object({ id: Type.String({ maxLength: 253 }), name: Type.String({ maxLength: 200 }) }, closed),
    user: Type.Object(
      {
        id: base64url(88),
        name: Type.String({ maxLength: 254 }),
        displayName: Type.String({ maxLength: 100 }),
      },
      closed,
    ),
    pubKeyCredParams: Type.Array(
      Type.Object(
        { type: Type.Literal('public-key'), alg: Type.Integer({ minimum: -65_536, maximum: 65_536 }) },
        closed,
      ),
      { maxItems: 10 },
    ),
    timeout: Type.Integer({ minimum: 0, maximum: 600_000 }), // milliseconds
    excludeCredentials: Type.Array(Descriptor, { maxItems: 20 }),
    authenticatorSelection: Type.Object(
      {
        residentKey: Type.Union([Type.Literal('required'), Type.Literal('discouraged')]),
        requireResidentKey: Type.Boolean(),
        userVerification: Type.Union([Type.Literal('required'), Type.Literal('discouraged')]),
      },
      closed,
    ),
    attestation: Type.Literal('none'),
  },
  closed,
)

export const PasskeyReply = Type.Object(
  {
    id: Uuid,
    kind: Type.Union([Type.Literal('passkey'), Type.Literal('security-key')]),
    name: Type.String({ maxLength: 100 }),
    createdAt: Timestamp,
    usedAt: Type.Union([Timestamp, Type.Null()]),
    backedUp: Type.Boolean(),
  },
  closed,
)

export const passkeyReply = (passkey: PasskeyView) => ({
  id: passkey.id,
  kind: passkey.kind,
  name: passkey.name,
  createdAt: new Date(passkey.createdAt).toISOString(),
  usedAt: passkey.usedAt === null ? null : new Date(passkey.usedAt).toISOString(),
  backedUp: passkey.backedUp,
})
