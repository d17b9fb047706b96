import { createDecipheriv } from 'node:crypto'
import type { DatabaseConnection } from '../src/kernel/vantage.ts'
import type { Candidate } from './stolen-dump.fixture.ts'

/** Something that is stored sealed, and what it is sealed as: whoever has the source knows that. */
export interface Sealed {
  readonly bytes: Buffer
  /** `totp 0190…` */
  readonly context: string
}

export async function sealedIn(admin: DatabaseConnection): Promise<readonly Sealed[]> {
  const { rows } = await admin.query(
    `select 'totp ' || account_id as context, sealed_secret as bytes from holdfast.totp where sealed_secret is not null
     union all select 'totp-offer ' || account_id, offered_secret from holdfast.totp where offered_secret is not null
     union all select 'mail ' || id, decode(data ->> 'sealed', 'base64') from holdfast_jobs.job where name = 'mail'`,
  )
  return rows as unknown as readonly Sealed[]
}

/** AES-256-GCM, without asking the code that seals. `null` where it does not open. */
export function unseal({ bytes, context }: Sealed, key: Buffer): Buffer | null {
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(5, 17), { authTagLength: 16 })
  cipher.setAAD(Buffer.concat([bytes.subarray(0, 5), Buffer.from(context)]))
  cipher.setAuthTag(bytes.subarray(-16))
  try {
    return Buffer.concat([cipher.update(bytes.subarray(17, -16)), cipher.final()])
  } catch {
    return null
  }
}

/** The different bytes among what is tried, with where they are from. */
export const keysIn = (candidates: readonly Candidate[]): readonly (readonly [Buffer, string])[] => [
  ...new Map(candidates.map(({ bytes, place }) => [bytes.toString('hex'), [bytes, place] as const])).values(),
]
