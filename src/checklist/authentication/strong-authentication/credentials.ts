import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Secret } from '../../../kernel/secret.ts'
import { whoAsks } from './asker.ts'
import { createDecoy } from './decoy.ts'
import { normaliseEmail } from './email.ts'
import type { AccountView, Origin, Parts, StrongAuthentication } from './strong-authentication.ts'

/** Compares passwords with what is stored. */
export function createCredentials(
  parts: Parts,
): Pick<StrongAuthentication, 'expectTurn' | 'signIn' | 'stillStands' | 'confirm'> {
  const { accounts, hasher, events } = parts
  const decoy = createDecoy(parts)
  // What each sign-in was proved against, for `stillStands`; forgotten with the object.
  const proved = new WeakMap<AccountView, string>()

  /** Compares always, also where there is nothing to compare with: the time must not tell. */
  const compare = async (row: StoredRow | undefined, password: Secret, origin: Origin): Promise<Comparison> => {
    const who = whoAsks(origin)
    if (row === undefined || row.hash === null || row.pepper_version === null) {
      const { phc, pepperVersion } = await decoy()
      await hasher.verify(password, phc, pepperVersion, who)
      return { failure: row === undefined ? 'unknown-account' : 'wrong-password' }
    }
    const { ok, stale } = await hasher.verify(password, row.hash, row.pepper_version, who)
    if (!ok) return { failure: 'wrong-password' }
    return row.disabled_at === null ? { failure: null, row, hash: row.hash, stale } : { failure: 'disabled' }
  }

  /**
   * Makes a stale hash anew from the password just proved. The sign-in stands whether or not this succeeds.
   *
   * @returns the hash that is stored now, as far as it is known.
   */
  const renew = async ({ row, hash, stale }: Proved, password: Secret, origin: Origin): Promise<string> => {
    if (stale === null) return hash
    try {
      const fresh = await hasher.hash(password, parts.parameters, whoAsks(origin))
      return await accounts.transaction(NOBODY, async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('holdfast.password')
          .set({ hash: fresh.phc, pepper_version: fresh.pepperVersion })
          .where('account_id', '=', row.id)
          // A password changed meanwhile must not be put back.
          .where('hash', '=', hash)
          .executeTakeFirst()
        if (numUpdatedRows !== 1n) return hash
        await events.stage(tx, {
          name: 'authn_hash_upgraded',
          result: 'success',
          fields: { reason: stale },
          accountId: row.id,
        })
        return fresh.phc
      })
    } catch (error) {
      // Too busy, or the database gone: the next sign-in tries again.
      if (error instanceof Refusal) return hash
      throw error
    }
  }

  return {
    expectTurn: (origin) => hasher.expectRoom(whoAsks(origin)),

    async signIn({ email, password }, origin) {
      const address = normaliseEmail(email)
      const row =
        address === null
          ? undefined
          : await stored(parts).where('holdfast.account.email', '=', address).executeTakeFirst()
      const result = await compare(row, password, origin)
      if (result.failure !== null) {
        const fields = { reason: result.failure }
        events.report({ name: 'authn_login_fail', result: 'failure', fields, ...origin, accountId: row?.id })
        throw new Refusal('credentials-wrong')
      }
      const account = { id: result.row.id, email: result.row.email, name: result.row.name }
      proved.set(account, await renew(result, password, origin))
      events.report({
        name: 'authn_login_success',
        result: 'success',
        fields: { method: 'password' },
        ...origin,
        accountId: account.id,
      })
      return account
    },

    async stillStands(tx, account) {
      const row = await tx
        .selectFrom('holdfast.password')
        .innerJoin('holdfast.account', 'holdfast.account.id', 'holdfast.password.account_id')
        .select(['holdfast.password.hash', 'holdfast.account.disabled_at'])
        .where('holdfast.account.id', '=', account.id)
        .forShare()
        .executeTakeFirst()
      const stands = row !== undefined && row.disabled_at === null && row.hash === proved.get(account)
      if (!stands) throw new Refusal('credentials-wrong')
    },

    async confirm(accountId, password, origin) {
      const result = await compare(
        await stored(parts).where('holdfast.account.id', '=', accountId).executeTakeFirst(),
        password,
        origin,
      )
      const proof = { fields: { method: 'password' }, ...origin, accountId } as const
      if (result.failure !== null) {
        events.report({ name: 'authn_step_up_fail', result: 'failure', ...proof })
        throw new Refusal('credentials-wrong')
      }
      await renew(result, password, origin)
      events.report({ name: 'authn_step_up', result: 'success', ...proof })
    },
  }
}

/** The account with its password, if it has one: one statement, whichever of the two is missing. */
const stored = ({ accounts }: Parts) =>
  accounts
    .as(NOBODY)
    .selectFrom('holdfast.account')
    .leftJoin('holdfast.password', 'holdfast.password.account_id', 'holdfast.account.id')
    .select([
      'holdfast.account.id',
      'holdfast.account.email',
      'holdfast.account.name',
      'holdfast.account.disabled_at',
      'holdfast.password.hash',
      'holdfast.password.pepper_version',
    ])

interface StoredRow {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly disabled_at: Date | null
  readonly hash: string | null
  readonly pepper_version: number | null
}

interface Proved {
  readonly failure: null
  readonly row: StoredRow
  readonly hash: string
  readonly stale: null | 'parameters' | 'pepper'
}

type Comparison = Proved | { readonly failure: 'unknown-account' | 'wrong-password' | 'disabled' }
