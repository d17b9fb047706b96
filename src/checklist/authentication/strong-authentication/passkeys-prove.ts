import { NOBODY } from '../../../kernel/principal.ts'
import type { Refusal } from '../../../kernel/refusal.ts'
import { readClientData, verifyAssertion, WebauthnMismatch } from '../../../platform/webauthn/index.ts'
import type { PasskeyAsked, PasskeyKind, PasskeyParts, PasskeyRequest, Passkeys, ProvedPasskey } from './passkeys.ts'
import { CHALLENGE_LIFETIME, makeChallenge, readChallenge, spentChallenge } from './passkeys-challenge.ts'
import { descriptorsOf, expectedFrom, PasskeyFault, refusing, rpIdAt } from './passkeys-expected.ts'

/** Asks for a passkey, and judges the answer. */
export function createPasskeyProof(parts: PasskeyParts): Pick<Passkeys, 'request' | 'prove' | 'use'> {
  const { clock, passkeyRules: rules } = parts
  const refuse = refusing(parts)

  const judge = async (
    answer: Parameters<Passkeys['prove']>[0],
    asked: PasskeyAsked,
    found: (row: StoredPasskey) => void,
  ): Promise<ProvedPasskey> => {
    const { challenge, origin } = readClientData(answer.response.clientDataJSON)
    const row = await stored(parts, Buffer.from(answer.id, 'base64url'))
    if (row !== undefined) found(row)
    const { signed, counter, backedUp, deviceBound } = await verifyAssertion(
      answer,
      row?.public_key ?? NOBODYS_KEY,
      expectedFrom(parts, origin, row?.kind ?? 'passkey'),
    )
    if (row === undefined) throw new PasskeyFault('unknown')
    if (!rules.isSigned(signed)) throw new PasskeyFault('signature')
    if (!rules.isOurs(readChallenge(parts, asked, challenge))) throw new PasskeyFault('challenge')
    if (asked.accountId !== null && asked.accountId !== row.account_id) throw new PasskeyFault('another-account')
    // Who is known already may come with a security key that keeps no name.
    const named = asked.accountId === null || answer.response.userHandle !== undefined
    if (named && !rules.isOwner(answer.response.userHandle, row.account_id)) throw new PasskeyFault('owner')
    if (asked.purpose === 'sign-in' && !rules.standsAlone(row.kind)) throw new PasskeyFault('kind')
    if (!rules.mayBeProved(row.disabled_at)) throw new PasskeyFault('disabled')
    const account = { id: row.account_id, email: row.email, name: row.account_name }
    return { account, kind: row.kind, passkeyId: row.id, challenge, counter, backedUp, deviceBound }
  }

  return {
    async request(asked, at): Promise<PasskeyRequest> {
      return {
        challenge: makeChallenge(parts, asked),
        rpId: rpIdAt(parts, at),
        // What a stranger is asked with is the same for everybody.
        userVerification:
          asked.accountId !== null && (await hasKeys(parts, asked.accountId)) ? 'preferred' : 'required',
        timeout: CHALLENGE_LIFETIME * 1000,
        allowCredentials: asked.accountId === null ? [] : await descriptorsOf(parts, asked.accountId),
      }
    },

    async prove(answer, asked, origin) {
      let accountId = asked.accountId ?? undefined
      try {
        return await judge(answer, asked, (row) => {
          accountId ??= row.account_id
        })
      } catch (error) {
        if (error instanceof PasskeyFault || error instanceof WebauthnMismatch)
          throw refuse(error, { ...origin, accountId })
        throw error
      }
    },

    async use(tx, proved, origin) {
      const failed = (reason: PasskeyFault['fault']): Refusal =>
        refuse(new PasskeyFault(reason), { ...origin, accountId: proved.account.id })
      const { hash, until } = spentChallenge(parts, proved.challenge)
      if (!(await rules.spend(tx, hash, until))) throw failed('used')
      const row = await tx
        .selectFrom('holdfast.passkey as kept')
        .innerJoin('holdfast.account as account', 'account.id', 'kept.account_id')
        .select(['kept.counter', 'account.disabled_at'])
        .where('kept.id', '=', proved.passkeyId)
        .where('kept.account_id', '=', proved.account.id)
        .forUpdate('kept')
        .forShare('account')
        .executeTakeFirst()
      if (row === undefined) throw failed('unknown')
      if (!rules.mayBeProved(row.disabled_at)) throw failed('disabled')
      if (!rules.counterGrows(row.counter, proved.counter)) throw failed('counter')
      await tx
        .updateTable('holdfast.passkey')
        .set({ counter: proved.counter, backed_up: proved.backedUp, used_at: new Date(clock.now()) })
        .where('id', '=', proved.passkeyId)
        .execute()
    },
  }
}

interface StoredPasskey {
  readonly id: string
  readonly kind: PasskeyKind
  readonly account_id: string
  readonly public_key: Buffer
  readonly email: string
  readonly account_name: string
  readonly disabled_at: Date | null
}

/** Whether somebody has a security key. */
async function hasKeys({ accounts }: PasskeyParts, accountId: string): Promise<boolean> {
  const row = await accounts
    .as(NOBODY)
    .selectFrom('holdfast.passkey')
    .select('id')
    .where('account_id', '=', accountId)
    .where('kind', '=', 'security-key')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

const stored = ({ accounts }: PasskeyParts, credentialId: Buffer): Promise<StoredPasskey | undefined> =>
  accounts
    .as(NOBODY)
    .selectFrom('holdfast.passkey')
    .innerJoin('holdfast.account', 'holdfast.account.id', 'holdfast.passkey.account_id')
    .select([
      'holdfast.passkey.id',
      'holdfast.passkey.kind',
      'holdfast.passkey.account_id',
      'holdfast.passkey.public_key',
      'holdfast.account.email',
      'holdfast.account.name as account_name',
      'holdfast.account.disabled_at',
    ])
    .where('holdfast.passkey.credential_id', '=', credentialId)
    .executeTakeFirst()

/** The base point of P-256 as a key: what answers of unknown passkeys are compared with, at the same cost. COSE, ES256. */
const NOBODYS_KEY = Buffer.from(
  'a5010203262001215820' +
    '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
    '225820' +
    '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  'hex',
)
