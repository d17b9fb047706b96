import { createHash } from 'node:crypto'
import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import { Secret } from '../../../kernel/secret.ts'
import { after, type Moment, minutes } from '../../../kernel/time.ts'
import type { MultiFactorParts } from './control.ts'
import type { FactorTransaction, FirstMethod, MultiFactor, PendingSignIn } from './multi-factor.ts'

/** Sign-ins whose second step is to come. Their tokens are good for that step and look like nothing to the rest of the server. */
export function createPending({
  accounts,
  clock,
}: MultiFactorParts): Pick<MultiFactor, 'pending' | 'complete' | 'endPending'> {
  return {
    async pending(token) {
      const row = await living(accounts.as(NOBODY), token, clock.now()).executeTakeFirst()
      return row === undefined ? null : shown(row)
    },

    async complete(tx, token) {
      const now = clock.now()
      const row = await living(tx, token, now).executeTakeFirst()
      if (row === undefined) throw new Refusal('authentication-required')
      const used = await tx
        .updateTable('holdfast.pending_sign_in')
        .set({ used_at: new Date(now) })
        .where('token_hash', '=', hashOf(token))
        .where('used_at', 'is', null)
        .executeTakeFirst()
      if (used.numUpdatedRows !== 1n) throw new Refusal('authentication-required')
      return shown(row)
    },

    async endPending(tx, accountId) {
      await tx.deleteFrom('holdfast.pending_sign_in').where('account_id', '=', accountId).execute()
    },
  }

  function shown(row: { account_id: string; method: FirstMethod; expires_at: Date }): PendingSignIn {
    return { accountId: row.account_id, method: row.method, expiresAt: row.expires_at.getTime() }
  }
}

/** Begins one; the account's oldest beyond a few go. */
export async function beginPending(
  { clock, random }: MultiFactorParts,
  tx: FactorTransaction,
  accountId: string,
  method: Exclude<FirstMethod, 'passkey'>,
): Promise<{ readonly token: Secret; readonly expiresAt: Moment }> {
  const now = clock.now()
  const expiresAt = after(now, LIFETIME)
  const token = random(TOKEN_BYTES).toString('base64url')
  const older = tx
    .selectFrom('holdfast.pending_sign_in')
    .select('token_hash')
    .where('account_id', '=', accountId)
    .where('used_at', 'is', null)
    .where('expires_at', '>', new Date(now))
    .orderBy('created_at', 'desc')
    .limit(MOST - 1)
  await tx
    .deleteFrom('holdfast.pending_sign_in')
    .where('account_id', '=', accountId)
    .where('token_hash', 'not in', older)
    .execute()
  await tx
    .insertInto('holdfast.pending_sign_in')
    .values({
      token_hash: hashOf(token),
      account_id: accountId,
      method,
      created_at: new Date(now),
      expires_at: new Date(expiresAt),
      used_at: null,
    })
    .execute()
  return { token: new Secret(token), expiresAt }
}

/** One that was not used, is not over, and whose first factor still stands. */
const living = (tx: FactorTransaction, token: string, now: Moment) =>
  tx
    .selectFrom('holdfast.pending_sign_in')
    .innerJoin('holdfast.account', 'holdfast.account.id', 'holdfast.pending_sign_in.account_id')
    .leftJoin('holdfast.password', 'holdfast.password.account_id', 'holdfast.pending_sign_in.account_id')
    .select([
      'holdfast.pending_sign_in.account_id',
      'holdfast.pending_sign_in.method',
      'holdfast.pending_sign_in.expires_at',
    ])
    .where('token_hash', '=', hashOf(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', new Date(now))
    .where('holdfast.account.disabled_at', 'is', null)
    // A password that was changed meanwhile is not the one that was proved.
    .where((where) =>
      where.or([
        where('holdfast.pending_sign_in.method', '!=', 'password'),
        where('holdfast.password.changed_at', '<=', where.ref('holdfast.pending_sign_in.created_at')),
      ]),
    )

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

const TOKEN_BYTES = 32
const LIFETIME = minutes(10)
/** Half-finished at once, of one account: a phone and a computer, and one that was abandoned. */
const MOST = 3
