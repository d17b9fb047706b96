import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { TwinPasskey } from '../../kernel/vantage.ts'

/** A passkey in software, and what the server keeps of it. */
export interface SoftwarePasskey extends TwinPasskey {
  /** COSE key, ES256. */
  readonly publicKey: Buffer
}

/** A key pair and an id nobody has. */
export function makeSoftwarePasskey(): SoftwarePasskey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  return {
    credentialId: newCredentialId(),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'), // {1: EC2, 3: ES256, -1: P-256, -2: x,
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'), // -3: y}
      Buffer.from(y, 'base64url'),
    ]),
  }
}

export const newCredentialId = (): string => randomBytes(32).toString('base64url')
