import { uuidv7 } from '../../../kernel/id.ts'
import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import { ALGORITHMS, readClientData, verifyAttestation, WebauthnMismatch } from '../../../platform/webauthn/index.ts'
import type { PasskeyCreation, PasskeyKind, PasskeyParts, PasskeyPurpose, Passkeys } from './passkeys.ts'
import { MOST_PASSKEYS } from './passkeys.ts'
import { CHALLENGE_LIFETIME, makeChallenge, readChallenge, spentChallenge } from './passkeys-challenge.ts'
import { descriptorsOf, expectedFrom, PasskeyFault, refusing, rpIdAt } from './passkeys-expected.ts'
import { userHandleOf } from './passkeys-rules.ts'

/** Makes, lists, renames and removes passkeys. */
export function createPasskeyStore(
  parts: PasskeyParts,
): Pick<Passkeys, 'creation' | 'proveNew' | 'add' | 'list' | 'rename' | 'remove'> {
  const { accounts, clock, events, passkeyRules: rules } = parts
  const refuse = refusing(parts)

  return {
    async creation(account, at, kind) {
      return {
        challenge: makeChallenge(parts, { purpose: purposeOf(kind), accountId: account.id }),
        rp: { id: rpIdAt(parts, at), name: parts.title },
        user: { id: userHandleOf(account.id), name: account.email, displayName: account.name },
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
        timeout: CHALLENGE_LIFETIME * 1000,
        excludeCredentials: await descriptorsOf(parts, account.id),
        authenticatorSelection: SELECTION[kind],
        attestation: 'none',
      }
    },

    async proveNew(answer, accountId, kind, origin) {
      try {
        const { challenge, origin: page } = readClientData(answer.response.clientDataJSON)
        const made = await verifyAttestation(answer, expectedFrom(parts, page, kind))
        if (!rules.isOurs(readChallenge(parts, { purpose: purposeOf(kind), accountId }, challenge)))
          throw new PasskeyFault('challenge')
        return { ...made, kind, challenge, transports: answer.response.transports ?? [] }
      } catch (error) {
        if (error instanceof PasskeyFault || error instanceof WebauthnMismatch)
          throw refuse(error, { ...origin, accountId })
        throw error
      }
    },

    async add(tx, accountId, name, made, origin) {
      // Held until the commit, so that two at once do not both find room.
      const account = await tx
        .selectFrom('holdfast.account')
        .select('disabled_at')
        .where('id', '=', accountId)
        .forUpdate()
        .executeTakeFirst()
      const failed = (reason: PasskeyFault['fault']): Refusal =>
        refuse(new PasskeyFault(reason), { ...origin, accountId })
      if (account === undefined || !rules.mayBeProved(account.disabled_at)) throw failed('disabled')
      const { hash, until } = spentChallenge(parts, made.challenge)
      if (!(await rules.spend(tx, hash, until))) throw failed('used')
      const { count } = await tx
        .selectFrom('holdfast.passkey')
        .select((row) => row.fn.countAll().as('count'))
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow()
      if (Number(count) >= MOST_PASSKEYS)
        throw new Refusal('conflict', `An account has ${MOST_PASSKEYS} passkeys at most`)
      const now = clock.now()
      const added = await tx
        .insertInto('holdfast.passkey')
        .values({
          id: uuidv7(now, parts.random),
          kind: made.kind,
          account_id: accountId,
          credential_id: made.credentialId,
          public_key: made.publicKey,
          counter: made.counter,
          transports: made.transports,
          backed_up: made.backedUp,
          name,
          created_at: new Date(now),
          used_at: null,
        })
        .onConflict((conflict) => conflict.column('credential_id').doNothing())
        .returning('id')
        .executeTakeFirst()
      if (added === undefined) throw failed('taken')
      await events.stage(tx, {
        name: 'authn_factor_added',
        result: 'success',
        fields: { factor: made.kind },
        ...origin,
        object: `account ${accountId}`,
      })
      return { id: added.id, kind: made.kind, name, createdAt: now, usedAt: null, backedUp: made.backedUp }
    },

    async list(accountId) {
      const rows = await accounts
        .as(NOBODY)
        .selectFrom('holdfast.passkey')
        .select(['id', 'kind', 'name', 'created_at', 'used_at', 'backed_up'])
        .where('account_id', '=', accountId)
        .orderBy('created_at')
        .orderBy('id')
        .limit(MOST_PASSKEYS)
        .execute()
      return rows.map((row) => ({
        id: row.id,
        kind: row.kind,
        name: row.name,
        createdAt: row.created_at.getTime(),
        usedAt: row.used_at?.getTime() ?? null,
        backedUp: row.backed_up,
      }))
    },

    async rename(accountId, passkeyId, name) {
      const { numUpdatedRows } = await accounts
        .as(NOBODY)
        .updateTable('holdfast.passkey')
        .set({ name })
        .where('id', '=', passkeyId)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async remove(tx, accountId, passkeyId, origin) {
      const removed = await tx
        .deleteFrom('holdfast.passkey')
        .where('id', '=', passkeyId)
        .where('account_id', '=', accountId)
        .returning(['name', 'kind'])
        .executeTakeFirst()
      if (removed === undefined) return null
      await events.stage(tx, {
        name: 'authn_factor_removed',
        result: 'success',
        fields: { factor: removed.kind },
        ...origin,
        object: `account ${accountId}`,
      })
      return removed
    },
  }
}

/** A challenge for one kind makes none of the other. */
const purposeOf = (kind: PasskeyKind): PasskeyPurpose => (kind === 'passkey' ? 'register' : 'register-security-key')

/** A security key keeps no name and has no way to check its owner: the oldest ones do. */
const SELECTION: Readonly<Record<PasskeyKind, PasskeyCreation['authenticatorSelection']>> = {
  passkey: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  'security-key': { residentKey: 'discouraged', requireResidentKey: false, userVerification: 'discouraged' },
}
