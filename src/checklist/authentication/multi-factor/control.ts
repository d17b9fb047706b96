import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Clock } from '../../../kernel/time.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import type { Events } from '../../../platform/events/events.ts'
import type { Sealer } from '../../../platform/keys/index.ts'
import type { MultiFactor } from './multi-factor.ts'

export interface MultiFactorOptions {
  /** The way of the accounts role. */
  readonly accounts: Pick<Database<HoldfastTables>, 'as' | 'transaction'>
  readonly sealer: Sealer
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
  readonly events: Pick<Events, 'stage' | 'report'>
  /** The service as people know it, for the app's list. */
  readonly serviceName: string
  /** Roles of which no permission is effective before a second factor is proved. Default owner, admin, auditor; these always. */
  readonly requiredBy?: readonly string[]
}

export function createMultiFactor(options: MultiFactorOptions): MultiFactor {
  const required = new Set(['owner', 'admin', 'auditor', ...(options.requiredBy ?? [])])
  const later = (): never => {
    throw new Refusal('unexpected')
  }
  return {
    effectiveRoles: (roles, assurance) => (assurance >= 2 ? roles : roles.filter((role) => !required.has(role))),
    isRequired: (roles) => roles.some((role) => required.has(role)),
    factorsOf: async (accountId) => {
      void options.accounts.as(NOBODY)
      void accountId
      return { totp: false, passkeys: 0, recoveryCodes: 0 }
    },
    admit: async (_tx, { assurance }) => ({ kind: 'session', assurance }),
    pending: async () => null,
    complete: later,
    enrolTotp: later,
    confirmTotp: later,
    removeTotp: later,
    useTotp: later,
    makeRecoveryCodes: later,
    useRecoveryCode: later,
    startReset: later,
    cancelReset: later,
    finishResets: later,
  }
}
