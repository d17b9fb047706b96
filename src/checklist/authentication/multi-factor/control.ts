import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import { type Clock, hours, type Seconds } from '../../../kernel/time.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import type { Events } from '../../../platform/events/events.ts'
import type { Sealer } from '../../../platform/keys/index.ts'
import type { MultiFactor } from './multi-factor.ts'
import { beginPending, createPending } from './pending.ts'
import { createRecoveryCodes } from './recovery-codes.ts'
import { type RequirementParts, requirement } from './requirement.ts'
import { createResets } from './resets.ts'
import { createTotp } from './totp.ts'

export interface MultiFactorOptions extends Pick<RequirementParts, 'lineageOf' | 'permissionsOf'> {
  /** The way of the accounts role. */
  readonly accounts: Pick<Database<HoldfastTables>, 'as' | 'transaction'>
  readonly sealer: Sealer
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
  readonly events: Pick<Events, 'stage' | 'report'>
  /** The service as people know it, for the app's list. */
  readonly serviceName: string
  /** Roles of which no permission is effective before a second factor is proved. Owner, admin and auditor always. Default no more. */
  readonly requiredBy?: readonly string[]
  /** How long a reset that an administrator starts waits. At least, and by default, 24 h, or 72 h where a role requires a second factor. */
  readonly resetWait?: Seconds
}

/** With its defaults filled in. */
export type MultiFactorParts = Omit<MultiFactorOptions, 'resetWait'> & { readonly resetWait: Seconds }

/** The second factors of one server. */
export function createMultiFactor(options: MultiFactorOptions): MultiFactor {
  const parts: MultiFactorParts = { ...options, resetWait: options.resetWait ?? hours(24) }
  const requires = requirement({ ...options, requiredBy: options.requiredBy ?? [] })
  const isRequired = (roles: readonly string[]): boolean => roles.some(requires)
  const { accounts } = parts

  return {
    effectiveRoles: (roles, assurance) => (assurance >= 2 ? roles : roles.filter((role) => !requires(role))),
    isRequired,

    async factorsOf(accountId, tx = accounts.as(NOBODY)) {
      const row = await tx
        .selectNoFrom((from) => [
          from
            .selectFrom('holdfast.totp')
            .select((count) => count.fn.countAll<number>().as('n'))
            .where('account_id', '=', accountId)
            .where('confirmed_at', 'is not', null)
            .as('totp'),
          from
            .selectFrom('holdfast.passkey')
            .select((count) => count.fn.countAll<number>().as('n'))
            .where('account_id', '=', accountId)
            .as('passkeys'),
          from
            .selectFrom('holdfast.recovery_code')
            .select((count) => count.fn.countAll<number>().as('n'))
            .where('account_id', '=', accountId)
            .where('used_at', 'is', null)
            .as('recoveryCodes'),
        ])
        .executeTakeFirstOrThrow()
      return { totp: Number(row.totp) > 0, passkeys: Number(row.passkeys), recoveryCodes: Number(row.recoveryCodes) }
    },

    async admit(tx, { accountId, method, assurance }) {
      if (method === 'passkey') {
        // Without user verification it proves that somebody has the key, and not who.
        if (assurance < 2) throw new Refusal('passkey-refused')
        return { kind: 'session', assurance }
      }
      const factors = await this.factorsOf(accountId, tx)
      // One factor is one factor, whatever the way in says of itself.
      if (!factors.totp && factors.passkeys === 0) return { kind: 'session', assurance: 1 }
      return { kind: 'second-factor', ...(await beginPending(parts, tx, accountId, method)), factors }
    },

    ...createPending(parts),
    ...createTotp(parts),
    ...createRecoveryCodes(parts),
    ...createResets(parts, isRequired),

    async tidy(tx, accountId) {
      const { totp, passkeys } = await this.factorsOf(accountId, tx)
      if (totp || passkeys > 0) return
      await tx.deleteFrom('holdfast.recovery_code').where('account_id', '=', accountId).execute()
      await this.endPending(tx, accountId)
    },

    async lock(tx, accountId) {
      // A sign-in that saw no factor must not make its session behind the back of the one being added.
      await tx
        .selectFrom('holdfast.account')
        .select('id')
        .where('id', '=', accountId)
        .forNoKeyUpdate()
        .executeTakeFirst()
    },

    countedAs: (accountId) => accountId,
  }
}
