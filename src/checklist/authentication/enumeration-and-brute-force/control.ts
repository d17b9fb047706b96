import type { Clock } from '../../../kernel/time.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import type { Events } from '../../../platform/events/events.ts'
import type { Sealer } from '../../../platform/keys/index.ts'
import type { Guessing } from './guessing.ts'

export interface GuessingOptions {
  /** The way of the accounts role. */
  readonly accounts: Pick<Database<HoldfastTables>, 'as' | 'transaction' | 'batch'>
  readonly sealer: Sealer
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
  readonly events: Pick<Events, 'stage' | 'report'>
}

export function createGuessing(_options: GuessingOptions): Guessing {
  return {
    admit: async (attempt) => ({ attempt, passwordLocked: false, knownDevice: false }),
    failed: async () => undefined,
    succeeded: async () => ({}),
    forget: async () => undefined,
    challenge: () => ({ challenge: null, expiresAt: 0 }),
    sweep: async () => 0,
  }
}
